"""The spaces there are, in a table, and all that is known of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from llmlab import cache
from llmlab.spaces.facts import SpaceFacts
from llmlab.spaces.shelf import Shelf, facts_of
from llmlab.view import Cell, Column, Record, View

MEANS = {  # what a fact's name does not say
    "kind": "what a vector comes from",
    "dtype": "the numbers that the model computes with",
    "case": "lower: words are also found in lower case",
    "stored": "the numbers on disk",
    "same_ten_in_float16": "share of words whose ten nearest float16 leaves as they are",
    "longest": "length of the longest vector",
    "unicode": "normal form of the words",
    "index": "flat compares all words, ivf visits a part",
    "lists": "of an ivf index",
    "visited": "lists that a search visits",
    "recall_at_10": "share of the ten nearest that a search finds",
    "recall_sampled": "words that it was measured on",
    "unknown": "words left out, for the encoder lacks some of their tokens",
    "alike": "words left out, for the encoder reads them as a word before",
    "words_read": "by the training, until this table",
    "training": "what it was trained with",
    "mib": "on disk",
}


@dataclass(frozen=True)
class Entry:
    """A space and its state on this machine."""

    name: str
    made_from: str
    facts: SpaceFacts | None  # None when it is not built yet
    state: str  # its index, flat or ivf; or why there is none
    mib: float
    own: bool


@dataclass(frozen=True)
class Listing:
    entries: tuple[Entry, ...]
    default: str  # the space that answers when none is named
    speaking: Mapping[str, str]  # a language that it lacks, and the space that answers for it

    def views(self) -> list[View]:
        columns = (
            Column("name"),
            Column("words", True),
            Column("dim", True, means="numbers a vector"),
            Column("made from", wide=True, means="the model and its words, or a file"),
            Column("state", means="a flat index compares all words, an ivf visits a part"),
            Column("MiB", True, means="on disk"),
        )
        ready = sum(one.facts is not None for one in self.entries)
        built = "all built" if ready == len(self.entries) else f"{ready} of them built, the others at first use"
        conclusion = (
            f"{len(self.entries)} spaces, {built}; {self.default} answers when no other is named{self._spoken}."
        )
        return [View("", columns, [self._row(one) for one in self.entries], conclusion=conclusion)]

    @property
    def _spoken(self) -> str:
        """Which space answers for which languages."""
        spaces = dict.fromkeys(self.speaking.values())
        own = {name: [one for one, space in self.speaking.items() if space == name] for name in spaces}
        return "".join(f", {name} for {', '.join(some)}" for name, some in own.items())

    def records(self) -> list[Record]:
        return [
            {
                "name": one.name,
                "made_from": one.made_from,
                "own": one.own,
                "ready": one.facts is not None,
                "words": one.facts.words if one.facts else None,
                "dimension": one.facts.dimension if one.facts else None,
                "state": one.state,
                "mib": one.mib,
            }
            for one in self.entries
        ]

    def document(self) -> Record:
        return {"spaces": self.records()}

    def values(self) -> list[str]:
        return [one.name for one in self.entries]

    def _row(self, one: Entry) -> list[Cell]:
        size: list[Cell] = [f"{one.facts.words:,}", one.facts.dimension] if one.facts else ["", ""]
        return [one.name, *size, one.made_from, one.state, f"{one.mib:,.0f}"]


@dataclass(frozen=True)
class Sheet:
    """All that is known of one space."""

    facts: SpaceFacts
    folder: Path
    mib: float

    def views(self) -> list[View]:
        rows: list[list[Cell]] = [
            [key.replace("_", " "), _plain(value), MEANS.get(key, "")]
            for key, value in self.document().items()
            if not isinstance(value, dict)
        ]
        columns = (Column("fact"), Column("value", wide=True), Column("what it is", wide=True))
        conclusion = (
            f"{self.facts.words:,} words, each a vector of {self.facts.dimension} numbers, from {self.facts.model}."
        )
        return [View(self.facts.name, columns, rows, conclusion=conclusion)]

    def records(self) -> list[Record]:
        return [self.document()]

    def document(self) -> Record:
        facts: Record = msgspec.to_builtins(self.facts)
        listed = {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}
        return {**listed, "folder": str(self.folder), "mib": self.mib}

    def values(self) -> list[str]:
        return [str(self.facts.words)]


def _plain(value: object) -> str:
    """A fact for the eye."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def listing(shelf: Shelf, languages: Mapping[str, str]) -> Listing:
    """The spaces of the settings, and the user's own. `languages`: their names, by code."""
    given, elsewhere = shelf.config.spaces, shelf.config.languages
    items = [_entry(shelf, name, f"{entry.model}, {entry.vocabulary}") for name, entry in given.items()]
    items += [_entry(shelf, name, "") for name in shelf.own_names]
    has = given[shelf.config.space].languages if shelf.config.space in given else ("*",)
    lacks = {} if "*" in has else {code: space for code, space in elsewhere.items() if code not in has}
    speaking = {languages[code]: space for code, space in lacks.items() if code in languages}
    return Listing(tuple(items), shelf.config.space, speaking)


def sheet(shelf: Shelf, name: str) -> Sheet:
    """What is known of a space: where it comes from, how it is stored, how words are looked up."""
    space = shelf.open(name)
    return Sheet(space.facts, space.folder, _mib(space.folder))


def _entry(shelf: Shelf, name: str, made_from: str) -> Entry:
    folder = shelf.folder(name)
    found = cache.find(folder, None)
    facts = facts_of(found) if found else None
    if facts and not made_from:
        made_from = facts.model if facts.kind == "file" else f"{facts.model}, {facts.vocabulary}"
    begun = cache.begun_folder(folder).is_dir()
    state = facts.index if facts else "unfinished" if begun else "damaged" if folder.is_dir() else "at first use"
    return Entry(name, made_from, facts, state, _mib(folder), name not in shelf.config.spaces)


def _mib(folder: Path) -> float:
    return round(cache.size(folder) / 2**20, 1)
