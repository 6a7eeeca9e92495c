"""The sessions of both READMEs are what the commands print. `python tests/test_readme.py` writes them anew."""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?"
PASSING = re.compile(r"llmlab: (.*: \d+ %|.* once\)|.*\(once\))")  # what a slow machine, or a first run, says more
TOLERANCE = 0.02  # processors round differently; bars and the last digits follow


def sessions(readme: Path) -> list[tuple[str, str]]:
    """(command, output) of each `$ ` line in the console blocks."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output.rstrip("\n")))
    return found


@functools.cache
def printed(command: str) -> str:
    """What a user sees: messages and data, lines without trailing spaces."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
        cwd=ROOT, env=os.environ | {"PATH": path, "COLUMNS": "80"},
    )  # fmt: skip
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "\n".join(line for line in lines if not PASSING.fullmatch(line))


def rewrite(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    for command, output in sessions(readme):
        old = f"$ {command}\n{output}" if output else f"$ {command}"
        text = text.replace(old, f"$ {command}\n{printed(command)}", 1)
    readme.write_text(text, encoding="utf-8")


def steady(command: str, output: str) -> str:
    """What every processor prints: of drawn samples, only what T = 0 says; a rounding may draw another token."""
    if "--seed" not in command:
        return output
    return "\n".join(line for line in output.splitlines() if re.match(r"\s*(T |0 |seed|Question)", line))


@pytest.mark.models
@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_sessions_are_what_the_commands_print(readme):
    shown = sessions(readme)
    assert len(shown) > 10
    for command, output in shown:
        wanted, now = steady(command, output), steady(command, printed(command))
        words, found = (re.sub(r"[█▏▎▍▌▋▊▉ ─]+", " ", re.sub(NUMBER, "0", text)) for text in (wanted, now))
        assert found == words, command
        for one, other in zip(re.findall(NUMBER, wanted), re.findall(NUMBER, now), strict=True):
            pair = [float(number.replace(",", "")) for number in (one, other)]
            assert pair[1] == pytest.approx(pair[0], rel=TOLERANCE, abs=TOLERANCE), command


def test_both_readmes_show_the_same_sessions():
    english, chinese = ([command for command, _ in sessions(readme)] for readme in READMES)
    assert english == chinese


if __name__ == "__main__":
    for one in READMES:
        rewrite(one)
