"""What `llmlab generate` draws, then the seconds it took without loading: llmlab_generate.py MODEL PROMPT"""

import secrets
import sys
import time

from llmlab import config
from llmlab.cli.world import World
from llmlab.lab.temperature import Plan, sample
from llmlab.models.engines import open_causal_lm

name, prompt = sys.argv[1:]
model = open_causal_lm(config.load(None), World(), name)
start = time.perf_counter()
drawn = sample(model, prompt, Plan((1.0,), samples=20, max_tokens=20, seed=secrets.randbelow(2**31)))
seconds = time.perf_counter() - start
print(*(one.text for one in drawn.samples), seconds, sep="\n")
