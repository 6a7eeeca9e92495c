"""Vectors of words through llmlab's encoder: arguments are a file of words and one for the vectors."""

import sys
import time
from pathlib import Path

import numpy as np

from llmlab import config as configuration
from llmlab.cli.world import World
from llmlab.models.engines import open_encoder

words = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
encoder = open_encoder(configuration.load(None), World())
encoder.encode(words[:100])
start = time.perf_counter()
vectors = encoder.encode(words)
seconds = time.perf_counter() - start
np.save(sys.argv[2], vectors)
print(sys.argv[2])
print(seconds)
