"""Word vectors of a text by `llmlab train vectors` in a cache that is empty: the argument is the text.

Prints the seconds, those of the five moments that are kept and of the result with its neighbours too.
"""

import os
import sys
import tempfile
import time

import faiss  # noqa: F401  # loaded before, as gensim is
import gensim.models  # noqa: F401

from llmlab.cli import main
from llmlab.cli.world import World

with tempfile.TemporaryDirectory() as cache:
    asked = ["train", "vectors", "toy", "--text", sys.argv[1]]
    world = World(argv=asked, environ={**os.environ, "LLMLAB_CACHE": cache})
    start = time.perf_counter()
    code = main(world)
    print(time.perf_counter() - start)
sys.exit(code)
