"""Vectors of words through SentenceTransformer.encode, with the batch size that is fastest for a tenth of them.

Arguments: the model's folder, a file of words, one for the vectors.
"""

import sys
import time
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(sys.argv[1], device="cpu")
words = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()


def seconds(texts: list[str], batch: int) -> float:
    start = time.perf_counter()
    vectors = model.encode(texts, batch_size=batch, show_progress_bar=False)
    took = time.perf_counter() - start
    np.save(sys.argv[3], vectors)
    return took


best = min((32, 64, 128, 256), key=lambda batch: min(seconds(words[::10], batch) for _ in range(2)))
took = seconds(words, best)
print(f"{sys.argv[3]} batch {best}")
print(took)
