"""The fault table: after each fault at most one line is said, the cache is whole, the next command answers right."""

import os
import re
import shutil
from contextlib import chdir
from functools import cache
from pathlib import Path

import pytest
from faults.fault import Fault
from faults.how import Desk
from faults.table import TABLE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals, rights and limits of files are others")
NEWS = re.compile(r"once\)$|\.\.\.$|\d/s(, \d+ \w+ left)?$|is left out")  # what is done, and how far it is
NEVER = ("Traceback", "a bug", "Error:")
VECTORS = "king 4 1 3\nqueen 4 -1 3\nman 4 1 0\nwoman 4 -1 0\nparis -5 1 0\n"
TEXT = "the cat sat on the mat\n" * 20 + "".join(f"a man saw word{n % 30} and word{n % 7}\n" for n in range(300))
MADE = (
    "space import mine VEC",
    "train ngram story --text TEXT",
    "prob the --model GGUF --dtype float16 -q",
    "space build table --model GGUF --vocab model",
)


@pytest.fixture(scope="module")
def given(tmp_path_factory, lm_folder, gguf_file, encoder_folder):
    """Files and models by the names that the table gives them."""
    folder = tmp_path_factory.mktemp("given")
    files = {"VEC": ("v.vec", VECTORS), "TEXT": ("text.txt", TEXT), "WORDS": ("words.txt", "the\ncat\nsat\ndog\n")}
    for name, content in files.values():
        (folder / name).write_text(content, encoding="utf-8")
    found = {word: folder / name for word, (name, _) in files.items()}
    found |= {"GGUF": gguf_file, "LM": lm_folder, "ENCODER": encoder_folder}
    return {word: str(path) for word, path in found.items()}


@pytest.fixture(scope="module")
def desk_at(given):
    """A desk in a folder, with its own cache and home."""

    def desk_at(folder: Path) -> Desk:
        own = {"LLMLAB_CACHE": "cache", "LLMLAB_STATE": "state", "XDG_CONFIG_HOME": "settings", "HF_HOME": "hf"}
        clean = {name: one for name, one in os.environ.items() if not name.startswith(("HF_", "LLMLAB_", "COLUMNS"))}
        paths = {name: str(folder / one) for name, one in own.items()}
        return Desk(folder, {**clean, **paths, "LLMLAB_THREADS": "1"}, given)

    return desk_at


@pytest.fixture(scope="module")
def whole(desk_at, tmp_path_factory):
    """A desk whose cache holds something of each kind."""
    desk = desk_at(tmp_path_factory.mktemp("whole"))
    for line in MADE:
        done = desk.run(line)
        assert done.code == 0, done.err
    return desk


@pytest.fixture(scope="module")
def right(whole, desk_at, tmp_path_factory):
    """What lines say, one after the other, where nothing has gone wrong."""

    @cache
    def right(lines: tuple[str, ...]) -> str:
        desk = desk_at(tmp_path_factory.mktemp("right"))
        shutil.copytree(whole.cache, desk.cache)
        with chdir(desk.folder):
            return answer(desk, lines)

    return right


def answer(desk: Desk, lines: tuple[str, ...]) -> str:
    for line in lines:
        done = desk.run(line)
        assert done.code == 0, (line, done.err)
    return done.out


@pytest.fixture
def desk(whole, desk_at, tmp_path, monkeypatch):
    """A desk of its own for each row."""
    desk = desk_at(tmp_path)
    shutil.copytree(whole.cache, desk.cache)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", desk.environ["XDG_CONFIG_HOME"])  # platformdirs asks the process
    return desk


@pytest.mark.parametrize("fault", TABLE, ids=lambda fault: fault.name)
def test_a_fault_is_one_line_and_leaves_all_else_as_it_was(fault: Fault, desk, right):
    expected = right(fault.then)
    done = fault.how(desk, fault.line)
    assert done.code == fault.code, done
    assert fault.said in done.err, done
    complaints = [line for line in done.err.splitlines() if not NEWS.search(line)]
    assert len(complaints) == bool(fault.said), done
    assert not any(never in done.err for never in NEVER), done
    assert done.out == "" if fault.silent else done.out.strip(), done
    checked = desk.run("cache check")
    assert (checked.code == 0) == (not fault.damaged), checked
    assert fault.damaged in checked.out
    if not fault.damaged:
        assert answer(desk, fault.then) == expected


def test_the_table_has_a_row_for_each_fault():
    assert len({fault.name for fault in TABLE}) == len(TABLE) >= 80
