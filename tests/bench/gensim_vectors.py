"""Word vectors of a text by gensim alone; arguments are the text, and a file for the vectors. Prints the seconds."""

import re
import sys
import time
from pathlib import Path

from gensim.models import Word2Vec

from llmlab.lab.training.skipgram import FREQUENT, LAST_RATE, NEGATIVE, PASSES, RATE, WINDOW
from llmlab.lab.training.word_sentences import MET

start = time.perf_counter()
text = Path(sys.argv[1]).read_text(encoding="utf-8").lower()
sentences = [re.findall(r"\w+", line) for line in re.split(r"[.!?\n]", text)]
model = Word2Vec(
    sentences, vector_size=50, window=WINDOW, negative=NEGATIVE, sample=FREQUENT, sg=1, workers=1, seed=1,
    alpha=RATE, min_alpha=LAST_RATE, min_count=MET, epochs=PASSES,
)  # fmt: skip
model.wv.save_word2vec_format(sys.argv[2])
print(time.perf_counter() - start)
