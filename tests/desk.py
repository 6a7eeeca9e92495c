"""A process that runs one command of llmlab after another: what one has opened, the next finds open.

Asked by a line of JSON, [arguments, language]; answered by one, what a user sees on a terminal of 80 cells.
"""

import io
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def serve() -> None:
    from llmlab.cli import main
    from llmlab.cli.world import World

    keeper = World(stdin=None)
    for line in sys.stdin:
        argv, language = json.loads(line)
        said = io.StringIO()
        keeper.stderr = said
        world = World(argv, {**os.environ, "LLMLAB_LANG": language}, None, said, said)
        world._library, world._shelf = keeper._library, keeper._shelf
        code = main(world)
        print(json.dumps([code, said.getvalue()]), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    serve()
