"""A process that runs one command of llmlab after another: what one has opened, the next finds open.

Asked by a line of JSON, [arguments, language]; answered by one: the exit code, what a user sees on a terminal of 80
cells, and the top-level modules that are loaded by then.
"""

import atexit
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Answer(NamedTuple):
    code: int
    said: str
    modules: list[str]


class Desk:
    """The process, which ends with this one."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen([sys.executable, __file__], **pipes, cwd=ROOT, env=environment)
        atexit.register(self.close)

    def ask(self, argv: list[str], language: str = "en") -> Answer:
        print(json.dumps([argv, language]), file=self._process.stdin, flush=True)
        return Answer(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate()
        atexit.unregister(self.close)


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
        modules = sorted({name.partition(".")[0] for name in sys.modules})
        print(json.dumps([code, said.getvalue(), modules]), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    serve()
