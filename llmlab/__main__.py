"""python -m llmlab"""

from llmlab.cli import main

main()
