"""Log-probabilities of sentences by minicons: minicons_prob.py MODEL_FOLDER TEXTS [BATCH [DTYPE]]

Prints a line a sentence (its sum in nats and how many tokens that is), the peak memory in MiB, and last the seconds
of scoring without start and loading. The batch size is the fastest of 1, 2, 4, 8, 16 and 32 on two cores.
"""

import resource
import sys
import time
from pathlib import Path

import torch
from minicons.scorer import IncrementalLMScorer

folder, path, *options = sys.argv[1:]
size = int(options[0]) if options else 32
dtype = getattr(torch, options[1]) if options[1:] else torch.float32
texts = Path(path).read_text(encoding="utf-8").splitlines()
model = IncrementalLMScorer(folder, "cpu", dtype=dtype)
if model.tokenizer("a").input_ids[0] != model.tokenizer.bos_token_id:
    sys.exit("the tokenizer puts no BOS before a text: the sums would not be comparable")
start = time.perf_counter()
scores = []
for begin in range(0, len(texts), size):
    batch = model.prepare_text(texts[begin : begin + size])
    scores += model.compute_stats(batch, return_tensors=True)
sums = [score.sum().item() for score in scores]
seconds = time.perf_counter() - start
for total, score in zip(sums, scores, strict=True):
    print(total, len(score))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
print(seconds)
