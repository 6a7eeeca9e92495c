"""What lies on the desk when the screen is opened: models, spaces, where to begin; and the voice of what is opened."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from llmlab.explore.walk import Walk
from llmlab.models.library import Library
from llmlab.progress import Progress, Reporter
from llmlab.spaces.shelf import Shelf

INSTRUCT = "smollm2-135m-instruct"  # of the catalogue: what a base model is compared with


class Voice:
    """A reporter that speaks on the terminal until the screen is up, and on the screen from then on."""

    def __init__(self, to: Reporter) -> None:
        self.to = to

    def say(self, message: str) -> None:
        self.to.say(message)

    def detail(self, message: Callable[[], str]) -> None:
        self.to.detail(message)

    @contextmanager
    def progress(self, label: str) -> Iterator[Progress]:
        with self.to.progress(label) as update:
            yield update


@dataclass(frozen=True)
class Desk:
    """Everything of the outside world that the screen uses."""

    shelf: Shelf
    voice: Voice
    model: str
    walk: Walk  # before its first word
    seed: int
    text: str = ""
    word: str = ""
    start: tuple[str, ...] = ("llmlab",)  # how a command begins
    engine: tuple[str, ...] = ()  # options of what computes, as a command says them
    bos: tuple[str, ...] = ()  # and of how a language model reads
    folder: Path = Path()  # where pictures go

    @property
    def library(self) -> Library:
        return self.shelf.library

    def other(self, model: str) -> str:
        """What a model is compared with: the instruct model, and that with the one that was asked for."""
        if model != INSTRUCT:
            return INSTRUCT
        return self.model if self.model != INSTRUCT else self.library.config.model

    def options(self, model: str) -> tuple[str, ...]:
        """Of a command that asks a model: nothing for the settings' own."""
        named = () if model == self.library.config.model else ("--model", model)
        return (*named, *self.engine, *self.bos)
