"""What llmlab draws, 20 tokens long, then the seconds it took without loading.

llmlab_generate.py MODEL PROMPT TEMPERATURES SAMPLES
"""

import secrets
import sys
import time

from llmlab import config
from llmlab.cli.world import World
from llmlab.lab.generation import Plan, sample
from llmlab.lab.prompt import read
from llmlab.models.engines import open_causal_lm

name, text, temperatures, samples = sys.argv[1:]
model = open_causal_lm(config.load(None), World(), name)
plan = Plan(tuple(map(float, temperatures.split(","))), int(samples), 20, secrets.randbelow(2**31))
start = time.perf_counter()
drawn = list(sample(model, read(model, text), plan))
seconds = time.perf_counter() - start
print(*(one.text for one in drawn), seconds, sep="\n")
