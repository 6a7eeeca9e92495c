"""The same by llmlab's tokenizer of the default model: the argument is the text."""

import hashlib
import sys
import time
from pathlib import Path

from llmlab.cli.world import World

tokenizer = World().library().tokenizer()
text = Path(sys.argv[1]).read_text(encoding="utf-8")
tokenizer.encode(text)  # which looks at the vocabulary once
start = time.perf_counter()
found = tokenizer.encode(text).ids
seconds = time.perf_counter() - start
print(len(found), hashlib.sha256(str(list(found)).encode()).hexdigest())
print(seconds)
