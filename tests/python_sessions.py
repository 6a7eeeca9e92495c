"""The Python of the lessons: what an interpreter prints of the lines after `>>> `, all of a page in one process."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
FAR = r".*[:：] ?[\d,]+(( of | / )[\d,]+)?(, [\d.,e+]+/s.*|，每秒 .*)?"  # how far long work is
PASSING = re.compile(rf"llmlab: ({FAR}|.*(once|一次)[)）]|\w+ ?(\.\.\.|……))|.*(\(once\)|（一次）)")
REPLAY = """
import contextlib, io, json, sys
names, said = {}, []
for line in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            exec(compile(line, "<lesson>", "single"), names)
        except Exception as error:
            print(f"{type(error).__module__}.{type(error).__name__}: {error}")
    said.append(out.getvalue())
print(json.dumps(said))
"""


def examples(text: str) -> list[tuple[str, str]]:
    """(line, output) of each `>>> ` of a page."""
    parts = [part for block in BLOCK.findall(text) for part in re.split(r"^>>> ", block, flags=re.MULTILINE)[1:]]
    return [(line, output.rstrip("\n")) for line, _, output in (part.partition("\n") for part in parts)]


@functools.cache
def printed(lines: tuple[str, ...], offline: str) -> list[str]:
    """What is printed of each line."""
    path = os.pathsep.join([offline, str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", REPLAY], input=json.dumps(lines), capture_output=True, text=True, check=True,
        cwd=ROOT, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    outputs = json.loads(done.stdout.splitlines()[-1])
    return [lasting(output) for output in outputs]


def lasting(said: str) -> str:
    """Lines without spaces at their ends, and without what a slow machine, or a first run, says more."""
    lines = [line.rstrip() for line in said.splitlines()]
    return "\n".join(line for line in lines if not PASSING.fullmatch(line))


def rewritten(text: str, offline: str) -> str:
    """A page with what its lines print now."""
    found = examples(text)
    for (line, old), new in zip(found, printed(tuple(line for line, _ in found), offline), strict=True):
        before, after = (f">>> {line}\n{output}\n" if output else f">>> {line}\n" for output in (old, new))
        text = text.replace(before, after, 1)
    return text
