"""Log-probabilities of sentences by llmlab's torch engine: llmlab_prob.py MODEL_FOLDER TEXTS [DTYPE]

Prints what minicons_prob.py prints.
"""

import resource
import sys
import time
from pathlib import Path

from llmlab.backends.base import ScoreRequest
from llmlab.backends.torch.causal import HuggingFaceLM

folder, path, *options = sys.argv[1:]
texts = Path(path).read_text(encoding="utf-8").splitlines()
model = HuggingFaceLM(Path(folder), "bench", dtype=options[0] if options else "float32")
start = time.perf_counter()
stats = model.score([ScoreRequest(model.encode(text)) for text in texts])
sums = [one.logprobs.sum() for one in stats]
seconds = time.perf_counter() - start
for total, one in zip(sums, stats, strict=True):
    print(total, len(one.logprobs))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
print(seconds)
