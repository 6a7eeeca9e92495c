"""The command line in this process, in a world of its own: streams, environment, cache and settings."""

import io
import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import servers
from boxes import Box
from cli.bulk_verbs import ask, inputs  # noqa: F401  (fixtures)
from lesson_pages import lessons  # noqa: F401  (a fixture)

from llmlab.cli import main
from llmlab.cli.world import World


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all: a conversion is made once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def environ(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the command finds in its environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))  # platformdirs asks the process
    size = ("COLUMNS", "LINES")  # which tests set themselves
    own = {name: value for name, value in os.environ.items() if name not in size}
    return {**own, "LLMLAB_CACHE": str(cache), "LLMLAB_STATE": str(tmp_path / "state")}


@pytest.fixture
def run(environ: dict[str, str]):
    """Run `llmlab` with arguments and bytes on stdin."""

    def run(*arguments: str, stdin: bytes = b"") -> Run:
        out, err = io.StringIO(), io.StringIO()
        source = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)), encoding="utf-8")
        code = main(World(argv=arguments, environ=environ, stdin=source, stdout=out, stderr=err))
        return Run(code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def models(lm_folder: Path, encoder_folder: Path, gguf_file: Path) -> dict[str, list[str]]:
    """What stands for the tiny models in a line: LM on whatever engine, MODEL on torch, or their places."""
    return {
        "LM_FOLDER": [str(lm_folder)],
        "GGUF_FILE": [str(gguf_file)],
        "ENCODER_FOLDER": [str(encoder_folder)],
        "LM": ["--model", str(lm_folder)],
        "MODEL": ["--model", str(lm_folder), "--engine", "torch"],
        "GGUF": ["--model", str(gguf_file)],
        "ENCODER": ["--model", str(encoder_folder)],
        "LONG": ["the cat " * 300],  # more than the tiny models read
    }


@pytest.fixture(scope="session")
def box(gguf_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Somebody's server of the tiny model."""
    servers.skip_without_wheel()
    with Box(gguf_file, tmp_path_factory.mktemp("box")) as one:
        yield one


@pytest.fixture
def lab(run, models):
    """Run a line as it is typed into a shell, without the `llmlab` before it."""

    def lab(line: str, stdin: bytes = b"") -> Run:
        words = shlex.split(line)
        return run(*(word for one in words for word in models.get(one, [one])), stdin=stdin)

    return lab


class Terminal(io.StringIO):
    """A terminal that is only written to."""

    def isatty(self) -> bool:
        return True


class Typed(io.TextIOWrapper):
    """A terminal at which this is typed."""

    def __init__(self, text: str) -> None:
        super().__init__(io.BufferedReader(io.BytesIO(text.encode())), encoding="utf-8")

    def isatty(self) -> bool:
        return True


@pytest.fixture
def at(environ):
    """Run `llmlab` at a terminal at which something is typed."""

    def at(*arguments: str, typed: str = "") -> Run:
        out, err = Terminal(), Terminal()
        code = main(World(arguments, {**environ, "TERM": "xterm"}, Typed(typed), out, err))
        return Run(code, out.getvalue(), err.getvalue())

    return at


@pytest.fixture
def tells(lab):
    """A line ends well, its output holds these texts, and nothing that steers a terminal."""

    def tells(line: str, stdin: bytes, expected: Sequence[str]) -> None:
        done = lab(line, stdin)
        assert done.code == 0, done.err
        for text in expected:
            assert text in done.out
        assert "\x1b" not in done.out

    return tells


@pytest.fixture
def refuses(lab):
    """A line is misuse: one line on stderr that holds this text, and nothing on stdout."""

    def refuses(line: str, stdin: bytes, expected: str, code: int = 2) -> None:
        done = lab(line, stdin)
        assert expected in done.err
        assert done.err.startswith("llmlab: ")
        assert done.err.count("\n") == 1
        assert (done.code, done.out) == (code, "")

    return refuses


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is free of this machine, which doctor tells, stays as it is from one command to the next."""
    monkeypatch.setattr("llmlab.machine.memory", lambda: 2.0**33)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2**34))


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run where configs lies."""
    monkeypatch.chdir(Path(__file__).parents[2])
