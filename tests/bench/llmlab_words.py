"""Vectors of words through llmlab's encoder: arguments are a file of words and one for the vectors."""

import sys
import time
from pathlib import Path

import numpy as np

from llmlab.cli.world import World

words = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
encoder = World().library().encoder()
encoder.encode(words[:100])
start = time.perf_counter()
vectors = encoder.encode(words)
seconds = time.perf_counter() - start
np.save(sys.argv[2], vectors)
print(sys.argv[2])
print(seconds)
