"""Making anew what is damaged: from an installed package, from the file that it was read from, or at its next use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from llmlab import cache
from llmlab.cache import record
from llmlab.errors import LabError
from llmlab.language import later, tr
from llmlab.models import prepare
from llmlab.models.library import Library
from llmlab.models.sources import installed
from llmlab.spaces import again, build
from llmlab.spaces.reading import Reading
from llmlab.spaces.shelf import AGAIN, Shelf
from llmlab.store.checking import Examined, Health
from llmlab.store.kept import Kept
from llmlab.view import Column, Record, View

State = Literal["made", "removed", "damaged"]
MADE, REMOVED = later("made anew"), later("removed: its next use makes it anew")
TRAIN = later("it is made of a text alone: train it again with --replace, or llmlab models remove {name}")
UNKNOWN = later("it says nothing of what it is; delete {folder} if you do not need it")


@dataclass(frozen=True)
class Mended:
    """What became of something damaged; where it is damaged still, `said` is why, and what to do."""

    kept: Kept
    state: State
    said: str


@dataclass(frozen=True)
class Repairs:
    """What became of all that was damaged."""

    mended: tuple[Mended, ...]

    @property
    def damaged(self) -> list[Mended]:
        return [one for one in self.mended if one.state == "damaged"]

    def views(self) -> list[View]:
        columns = (Column(tr("name"), wide=True), Column(tr("what became of it"), wide=True))
        rows = [[one.kept.name, one.said] for one in self.mended]
        return [View("", columns if rows else (), rows, (), self._conclusion())]

    def _conclusion(self) -> str:
        if not self.mended:
            return tr("Nothing in the cache is damaged.")
        whole = len(self.mended) - len(self.damaged)
        return tr("{whole} of {count} damaged things are mended.", whole=whole, count=len(self.mended))

    def records(self) -> list[Record]:
        return [{**one.kept.record(), "state": one.state, "said": one.said} for one in self.mended]

    def document(self) -> Record:
        return {"entries": self.records()}

    def values(self) -> list[str]:
        return [one.kept.name for one in self.damaged]


def repair(shelf: Shelf, health: Health) -> Repairs:
    """Make anew what was found damaged, models before the spaces of them. The shelf is a thorough one."""
    return Repairs(tuple(_mended(shelf, one) for one in health.damaged))


def _mended(shelf: Shelf, one: Examined) -> Mended:
    kept = one.kept
    ways = {"model": _model, "space": _space, "file": _derived, "trained": _trained}
    try:
        state, said = ways[kept.kind](shelf, kept)
        return Mended(kept, state, said)
    except LabError as error:
        hint = error.hint or tr(AGAIN, name=kept.name)
        return Mended(kept, "damaged", error.message + tr("; ") + hint)


def _model(shelf: Shelf, kept: Kept) -> tuple[State, str]:
    """What is made of a model: anew where the model is installed, else when it is used again."""
    slug, _, what = kept.name.partition("/")
    library = shelf.library
    if slug in library.config.models and installed(library.config.models[slug]):
        way = _ways_to_make(library, slug).get(what.partition("-")[0])
        if way:
            way(what)
            return "made", tr(MADE)
    return _derived(shelf, kept)


def _ways_to_make(library: Library, name: str) -> Mapping[str, Callable[[str], object]]:
    """How a folder of a model is made, by its name, or by what stands before the number type in it."""
    shop, source = library.shop, library.source(name)
    return {
        "gguf": lambda what: prepare.gguf_as(shop, source, what[5:]) if "-" in what else prepare.gguf(shop, source),
        "torch": lambda _: prepare.transformers_folder(shop, source),
        "tokenizer": lambda _: prepare.tokenizer(shop, source),
        "ctranslate2": lambda _: prepare.ctranslate2_folder(shop, source),
        "numpy": lambda _: prepare.use_folder(shop, source),
        "table": lambda _: library.table(name),
    }


def _derived(shelf: Shelf, kept: Kept) -> tuple[State, str]:
    """What any use makes anew is taken away, so that none meets it damaged."""
    if not (kept.folder / record.RECORD).is_file():
        return "damaged", tr(UNKNOWN, folder=kept.folder)
    cache.remove(kept.folder, shelf.reporter)
    return "removed", tr(REMOVED)


def _space(shelf: Shelf, kept: Kept) -> tuple[State, str]:
    """One of the settings as it is made at first use; one of the user's own from what it was made of."""
    made_from = kept.noted.fingerprint if kept.noted else {}
    if kept.name in shelf.config.spaces and {"file", "engine"}.isdisjoint(made_from):
        shelf.open(kept.name)
    elif "file" in made_from:
        shelf.from_file(Reading.again(made_from), kept.name, made_from["precision"])  # type: ignore[arg-type]
    elif "engine" in made_from:
        how = {name: made_from[name] for name in ("engine", "dtype")}
        library = Library(replace(shelf.config, **how), shelf.reporter, thorough=True)
        own = (made_from["model"], made_from["vocabulary"], made_from["precision"])
        build.build(Shelf(library, thorough=True), kept.name, *own)  # type: ignore[arg-type]
    else:
        typed = again.command(kept.name, made_from)
        return "damaged", tr(AGAIN, name=kept.name) + (f": {typed}" if typed else "")
    return "made", tr(MADE)


def _trained(_: Shelf, kept: Kept) -> tuple[State, str]:
    return "damaged", tr(TRAIN, name=kept.name)
