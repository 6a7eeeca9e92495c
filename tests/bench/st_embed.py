"""The vector of a word: st_embed.py ENCODER_FOLDER WORD"""

import sys

from sentence_transformers import SentenceTransformer

folder, word = sys.argv[1:]
vector = SentenceTransformer(folder, device="cpu").encode(word)
print(vector.shape, vector[:4], vector[-4:])
