"""Tiny models and spaces as the screen's state and the screen itself have them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llmlab.backends.base import CausalLM
from llmlab.explore.play import Play
from llmlab.explore.reader import Reader
from llmlab.models.library import Library
from llmlab.spaces.reading import Reading as FileReading
from llmlab.spaces.shelf import Shelf

TABLE = """word,size,fur,legs
cat,0.3,0.9,4
dog,0.5,0.8,4
ant,0.1,0.1,6
bus,9,0,0
car,5,0,0
猫,0.3,0.9,4.1
"""


@pytest.fixture(params=["torch", "llama.cpp"])
def lm(request: pytest.FixtureRequest, library: Library, lm_folder: Path, gguf_file: Path) -> CausalLM:
    """A tiny model on either engine."""
    return library.causal_lm(str(lm_folder if request.param == "torch" else gguf_file))


@pytest.fixture
def reader(lm: CausalLM) -> Reader:
    return Reader(lm)


@pytest.fixture
def play(library: Library, gguf_file: Path) -> Play:
    """A game with the tiny model and the seed 7."""
    return Play(str(gguf_file), library.causal_lm(str(gguf_file)), 7)


@pytest.fixture
def read(play: Play) -> Callable[[], None]:
    """Let the model read where one stands, as the screen does."""

    def read() -> None:
        assert play.take(play.side.reader.read(play.tokens))

    return read


@pytest.fixture
def animals(shelf: Shelf, tmp_path: Path) -> str:
    """A space of six words and three columns, by its name."""
    path = tmp_path / "animals.csv"
    path.write_text(TABLE, encoding="utf-8")
    shelf.from_file(FileReading.of(str(path)), "animals")
    return "animals"
