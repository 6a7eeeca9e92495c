"""What all methods of a lab work with."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct, structs

from llmlab.backends.base import CausalLM
from llmlab.backends.spellings import Spellings
from llmlab.config import Config, Dtype
from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.files.records import Kind
from llmlab.language import tr
from llmlab.models.library import Library
from llmlab.models.several import chosen
from llmlab.progress import Lines, Progress, Reporter, Watch
from llmlab.render.safe import harmless
from llmlab.spaces.shelf import Shelf

T = TypeVar("T", bound=Struct)
Told = Path | str | Iterable[Mapping[str, Any]]  # a file of records, or the records
Texts = str | Sequence[str]  # one text, or several
Heats = float | Sequence[float]  # one temperature, or several


class Notes:
    """A reporter to stderr: what a command says there, and a line now and then of long work."""

    def say(self, message: str) -> None:
        print(harmless(f"llmlab: {' '.join(message.split())}"), file=sys.stderr, flush=True)

    def detail(self, message: Callable[[], str]) -> None:
        """A program asks what it wants to know of what was opened."""

    @contextmanager
    def progress(self, label: str) -> Iterator[Progress]:
        watch = Watch(Lines(self.say, label))
        try:
            yield watch.update
        finally:
            watch.end()


@dataclass(frozen=True)
class Opened:
    """Models, spaces and files, over one set of settings."""

    library: Library
    shelf: Shelf
    files: Files
    bos: bool | None  # as it was asked for

    @property
    def config(self) -> Config:
        """The settings, with what was chosen when the lab was opened."""
        return self.library.config

    @property
    def _reporter(self) -> Reporter:
        return self.library.reporter

    def _models(self, model: Texts, dtype: Texts) -> list["Named"]:
        """Those named, else the lab's own alone. Raises MisuseError as `chosen` does."""
        found = chosen(listed(model), listed(dtype))
        return [Named(self._of_dtype(kind) if kind else self.library, name) for name, kind in found]

    @cached_property
    def _of_dtype(self) -> Callable[[Dtype], Library]:
        """The same models in another number type, each opened once."""
        return cache(lambda kind: Library(structs.replace(self.config, dtype=kind), self._reporter))

    def _model(self) -> CausalLM:
        return self.library.causal_lm()

    def _spellings(self) -> Spellings:
        """The model's vocabulary by its bytes."""
        return self.library.spellings()

    def _scoring(self) -> Any:
        return self._reporter.progress(tr("scoring"))

    def _records(self, told: Told, kind: Kind[T]) -> list[T]:
        """Records of a file, or of a program's own. Raises MisuseError naming the one that is none."""
        return self.files.records(told, kind) if isinstance(told, Path | str) else kind.of_mappings(told)


@dataclass(frozen=True)
class Named:
    """A model that is opened when it is asked."""

    library: Library
    name: str

    def causal_lm(self) -> CausalLM:
        return self.library.causal_lm(self.name)

    def spellings(self) -> Spellings:
        return self.library.spellings(self.name)


def check_texts(*texts: object) -> None:
    """Raise MisuseError for what is no text, such as a list of them."""
    for one in texts:
        if not isinstance(one, str):
            raise MisuseError(
                tr("{given!r} is no text", given=one), tr("give strings, several one after the other: lab.prob(a, b)")
            )


def heats(temperature: Heats) -> tuple[float, ...]:
    """One temperature or several as several. Raises MisuseError for a text."""
    if isinstance(temperature, str):
        raise MisuseError(
            tr("the temperature {temperature!r} is a text", temperature=temperature),
            tr("give a number, or several: [0.2, 1]"),
        )
    return (temperature,) if isinstance(temperature, int | float) else tuple(map(float, temperature))


def listed(texts: Texts) -> list[str]:
    """One text or several as several."""
    return [texts] if isinstance(texts, str) else list(texts)
