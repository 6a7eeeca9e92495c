"""What llmlab draws, 20 tokens long, then the seconds it took without loading.

llmlab_generate.py MODEL PROMPT TEMPERATURES SAMPLES
"""

import secrets
import sys
import time

from llmlab.cli.world import World
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample

name, text, temperatures, samples = sys.argv[1:]
model = World().library().causal_lm(name)
plan = Plan(tuple(map(float, temperatures.split(","))), int(samples), 20, secrets.randbelow(2**31))
start = time.perf_counter()
drawn = list(sample(model, read(model, text), plan, plan.places))
seconds = time.perf_counter() - start
print(*(one.text for one in drawn), seconds, sep="\n")
