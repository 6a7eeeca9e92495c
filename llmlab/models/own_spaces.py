"""Spaces of the user's own: built from a model and a vocabulary, imported from a file, listed, checked, exported."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llmlab.config import Config, SpaceEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.models import spaces, vector_export, vocabulary
from llmlab.models.engines import kind
from llmlab.models.vector_rows import Block
from llmlab.progress import Reporter
from llmlab.store import artifacts
from llmlab.store.space import SpaceFiles
from llmlab.view import Cell, Column, Record, View

COPIED = 50_000  # words exported at a time
VECTORS = {"encoder": "encoder", "causal": "table", "static": "static"}  # what a kind of model gives a word


@dataclass(frozen=True)
class Item:
    """A space and its state on this machine."""

    name: str
    made_from: str
    facts: Record  # empty when it is not built yet
    state: str  # its index, flat or ivf; or why there is none
    mib: float
    own: bool


@dataclass(frozen=True)
class Listing:
    items: tuple[Item, ...]

    def views(self) -> list[View]:
        columns = (
            Column("name"),
            Column("words", True),
            Column("dim", True),
            Column("made from", wide=True),
            Column("state"),
            Column("MiB", True),
        )
        rows: list[list[Cell]] = [
            [
                one.name,
                f"{one.facts['words']:,}" if one.facts else "",
                one.facts.get("dimension", ""),
                one.made_from,
                one.state,
                f"{one.mib:,.0f}",
            ]
            for one in self.items
        ]
        return [View("", columns, rows)]

    def records(self) -> list[Record]:
        return [
            {
                "name": one.name,
                "made_from": one.made_from,
                "own": one.own,
                "ready": bool(one.facts),
                "words": one.facts.get("words"),
                "dimension": one.facts.get("dimension"),
                "state": one.state,
                "mib": one.mib,
            }
            for one in self.items
        ]

    def document(self) -> Record:
        return {"spaces": self.records()}


@dataclass(frozen=True)
class Sheet:
    """All that is known of one space."""

    facts: Record

    def views(self) -> list[View]:
        rows: list[list[Cell]] = [
            [key.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value)]
            for key, value in self.facts.items()
            if value not in ([], "") and not isinstance(value, dict)
        ]
        return [View(str(self.facts["name"]), (Column("fact"), Column("", wide=True)), rows)]

    def records(self) -> list[Record]:
        return [self.facts]

    def document(self) -> Record:
        return self.facts


def listing(config: Config) -> Listing:
    """The spaces of the settings, and the user's own."""
    items = [_item(config, name, f"{entry.model}, {entry.vocabulary}") for name, entry in config.spaces.items()]
    return Listing((*items, *(_item(config, name, "") for name in spaces.own_names(config))))


def build(config: Config, reporter: Reporter, name: str, model: str, vocab: str, precision: str = "auto") -> SpaceFiles:
    """A space of a model's vectors of a vocabulary; an interrupted build goes on where it was.

    Raises MisuseError for a name that is taken, or a vocabulary that is none.
    """
    _refuse_name(config, name)
    local = Path(model).expanduser()
    if model not in config.models and local.exists():
        model = str(local.resolve())  # the space may be asked from another folder
    what = VECTORS[kind(config, model)]
    if vocab == "model" and what == "encoder":
        raise MisuseError(f"{model} is an encoder, which has no words of its own", "give --vocab wordfreq:en:50000")
    language = re.fullmatch(r"wordfreq:(\w+):\d+", vocab)
    if vocab != "model":
        vocabulary.words(vocab, reporter)  # before anything is opened or written
    entry = SpaceEntry(model, what, vocab, (language[1],) if language else ("*",))  # type: ignore[arg-type]
    return spaces.from_model(config, reporter, name, entry, precision)


def import_file(
    config: Config,
    reporter: Reporter,
    name: str,
    file: str,
    words: Path | None,
    standardize: bool,
    precision: str,
    case: str,
    language: str,
) -> SpaceFiles:
    """A space of a file's words and vectors. Raises MisuseError for a name that is taken."""
    _refuse_name(config, name)
    return spaces.from_file(config, reporter, file, name, words, standardize, precision, case, language)


def sheet(config: Config, reporter: Reporter, name: str) -> Sheet:
    """What is known of a space: where it comes from, how it is stored, how words are looked up."""
    space = spaces.open_space(config, reporter, name)
    return Sheet({**space.facts, "folder": str(space.folder), "mib": round(artifacts.size(space.folder) / 2**20, 1)})


def remove(config: Config, reporter: Reporter, name: str) -> int:
    """Delete a space of the user's own and return the bytes freed."""
    if name in config.spaces:
        raise MisuseError(f"{name} is a space of the settings", f"llmlab models remove {name} frees its place")
    freed = sum(
        artifacts.remove(folder, reporter)
        for folder in (spaces.own_folder(config, name), *spaces.file_folders(config, name))
    )
    if not freed:
        own = ", ".join(spaces.own_names(config)) or "there are none yet"
        raise MisuseError(f"you have no space called {name!r}", f"yours: {own}")
    return freed


def export(config: Config, reporter: Reporter, name: str, target: Path) -> int:
    """Write a space's words and vectors to a file that other programs read; returns the number of words."""
    space = spaces.open_space(config, reporter, name)
    names = space.facts.get("dimensions") or ()
    vector_export.write(target, len(space.words), space.dimension, _blocks(space), names)
    return len(space.words)


def check(config: Config, reporter: Reporter, name: str) -> SpaceFiles:
    """Verify a space against its record: checksums, as many rows as words, finite numbers, no word twice.

    Raises DamagedError for what does not hold.
    """
    space = spaces.open_space(config, reporter, name)
    if artifacts.find(space.folder, None, thorough=True) is None:
        again = f"llmlab space remove {name}, and make it again"
        hint = f"llmlab models prepare {name} makes it anew" if name in config.spaces else again
        raise DamagedError(f"the space {name} is damaged: it is not what its record says", hint)
    if space.rows_stored != len(space.words):
        message = f"{name} holds {len(space.words):,} words and {space.rows_stored:,} vectors"
        raise DamagedError(message, "make it again")
    seen: set[int] = set()
    for words, vectors in _blocks(space):
        if not np.isfinite(vectors).all():
            raise DamagedError(f"{name} holds values that are not finite numbers", "make it again")
        hashes = [hash(word.encode()) for word in words]  # of a str's own memory, 敢 and be have one hash
        if len(set(hashes)) < len(hashes) or not seen.isdisjoint(hashes):
            raise DamagedError(f"{name} holds a word twice", "make it again")
        seen.update(hashes)
    return space


def _blocks(space: SpaceFiles) -> Iterator[Block]:
    count = len(space.words)
    for start in range(0, count, COPIED):
        rows = np.arange(start, min(start + COPIED, count))
        yield [space.words[int(row)] for row in rows], space.rows(rows)


def _item(config: Config, name: str, made_from: str) -> Item:
    folder = spaces.own_folder(config, name)
    found = artifacts.find(folder, None)
    facts = dict(found.facts) if found else {}
    if facts and not made_from:
        made_from = facts["model"] if facts["kind"] == "file" else f"{facts['model']}, {facts['vocabulary']}"
    begun = artifacts.begun_folder(folder).is_dir()
    state = facts.get("index", "flat") if facts else "unfinished" if begun else "damaged" if folder.is_dir() else ""
    mib = round(artifacts.size(folder) / 2**20, 1)
    return Item(name, made_from, facts, state or "at first use", mib, name not in config.spaces)


def _refuse_name(config: Config, name: str) -> None:
    if name in config.spaces or not spaces.NAME.fullmatch(name):
        raise MisuseError(f"a space of yours cannot be called {name!r}", "letters, digits, - and _, and no name in use")
