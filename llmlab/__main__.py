"""python -m llmlab"""

from llmlab.cli import run

run()
