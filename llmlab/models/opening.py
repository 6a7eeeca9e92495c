"""What a run opens, told to who asks to be told more: which file, which model, what computes, how long it took."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from llmlab import cache
from llmlab.language import tr
from llmlab.progress import Reporter

if TYPE_CHECKING:  # what opens them has loaded it
    from llmlab.backends.base import ModelInfo, Tokenizer

P = ParamSpec("P")
T = TypeVar("T")


class Informed(Protocol):
    """A language model or an encoder."""

    @property
    def info(self) -> "ModelInfo": ...


def timed(opens: Callable[P, T], told: Callable[[T, float], str], reporter: Reporter) -> Callable[P, T]:
    """The same, which tells of what it opened and of the seconds that it took."""

    def opened(*asked: P.args, **more: P.kwargs) -> T:
        begun = time.perf_counter()
        found = opens(*asked, **more)
        seconds = time.perf_counter() - begun
        reporter.detail(lambda: told(found, seconds))
        return found

    return opened


def model(opened: Informed, seconds: float) -> str:
    info = opened.info
    return tr(
        "{name} ({revision}) is open: {engine}, {dtype}, {library}; {seconds:.2f} s",
        name=info.name,
        revision=info.revision,
        engine=info.engine,
        dtype=info.dtype,
        library=info.library,
        seconds=seconds,
    )


def tokenizer(opened: "Tokenizer", seconds: float) -> str:
    info = opened.info
    return tr(
        "the tokenizer of {name} ({revision}) is open: {library}; {seconds:.2f} s",
        name=info.name,
        revision=info.revision,
        library=info.library,
        seconds=seconds,
    )


def file(path: Path, reporter: Reporter) -> Path:
    """A file or a folder that is about to be read, told with its size."""

    def told() -> str:
        size = cache.size(path) if path.is_dir() else path.stat().st_size
        return tr("reading {path}: {size:,.1f} MiB", path=path, size=size / 2**20)

    reporter.detail(told)
    return path
