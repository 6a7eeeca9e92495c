"""The log-probability of a text, in nats: llama_prob.py MODEL.gguf TEXT"""

import sys

import numpy as np
from llama_cpp import Llama

path, text = sys.argv[1:]
llama = Llama(path, logits_all=True, verbose=False)
ids = llama.tokenize(text.encode())
llama.eval(ids)
logits = llama.scores[: len(ids) - 1]  # [T - 1, V]; the first token is BOS
top = logits.max(axis=1)
norms = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
print((logits[np.arange(len(ids) - 1), ids[1:]] - norms).sum())
