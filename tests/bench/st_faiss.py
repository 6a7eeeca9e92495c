"""The ten nearest words to a word: st_faiss.py ENCODER_FOLDER INDEX WORDS WORD"""

import sys
from pathlib import Path

import faiss
from sentence_transformers import SentenceTransformer

folder, index_file, words_file, word = sys.argv[1:]
words = Path(words_file).read_text(encoding="utf-8").splitlines()
index = faiss.read_index(index_file)
query = SentenceTransformer(folder, device="cpu").encode([word], normalize_embeddings=True)
scores, rows = index.search(query, 11)
for score, row in zip(scores[0], rows[0], strict=True):
    if words[row] != word:
        print(words[row], f"{score:.4f}")
