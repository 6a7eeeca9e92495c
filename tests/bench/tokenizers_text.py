"""The tokens of a text by the library tokenizers: arguments are tokenizer.json and the text; prints count, sum."""

import hashlib
import sys
import time
from pathlib import Path

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
text = Path(sys.argv[2]).read_text(encoding="utf-8")
tokenizer.encode(text, add_special_tokens=False)  # both keep what they learn of a text
start = time.perf_counter()
found = tokenizer.encode(text, add_special_tokens=False).ids
seconds = time.perf_counter() - start
print(len(found), hashlib.sha256(str(list(found)).encode()).hexdigest())
print(seconds)
