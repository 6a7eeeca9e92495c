"""The spaces there are, in a table, and all that is known of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from llmlab import cache
from llmlab.language import later, tr
from llmlab.models.fact_names import fact_name
from llmlab.spaces.facts import SpaceFacts
from llmlab.spaces.notes import told
from llmlab.spaces.shelf import Shelf, facts_of
from llmlab.view import Cell, Column, Record, View

MEANS = {  # what a fact's name does not say
    "kind": later("what a vector comes from"),
    "dtype": later("the numbers that the model computes with"),
    "case": later("lower: words are also found in lower case"),
    "stored": later("the numbers on disk"),
    "same_ten_in_float16": later("share of words whose ten nearest float16 leaves as they are"),
    "longest": later("length of the longest vector"),
    "unicode": later("normal form of the words"),
    "index": later("flat compares all words, ivf visits a part"),
    "lists": later("of an ivf index"),
    "visited": later("lists that a search visits"),
    "recall_at_10": later("share of the ten nearest that a search finds"),
    "recall_sampled": later("words that it was measured on"),
    "unknown": later("words left out, for the encoder lacks some of their tokens"),
    "alike": later("words left out, for the encoder reads them as a word before"),
    "words_read": later("by the training, until this table"),
    "training": later("what it was trained with"),
    "mib": later("on disk"),
}

ALL_BUILT = later("{spaces} spaces, all built; {default} answers when no other is named{others}.")
SOME_BUILT = later(
    "{spaces} spaces, {ready} of them built, the others at first use; {default} answers when no other is named{others}."
)


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
            Column(tr("name")),
            Column(tr("words"), True),
            Column(tr("dim"), True, means=tr("numbers a vector")),
            Column(tr("made from"), wide=True, means=tr("the model and its words, or a file")),
            Column(tr("state"), means=tr("a flat index compares all words, an ivf visits a part")),
            Column("MiB", True, means=tr("on disk")),
        )
        ready = sum(one.facts is not None for one in self.entries)
        sentence = ALL_BUILT if ready == len(self.entries) else SOME_BUILT
        conclusion = tr(sentence, spaces=len(self.entries), ready=ready, default=self.default, others=self._spoken)
        return [View("", columns, [self._row(one) for one in self.entries], conclusion=conclusion)]

    @property
    def _spoken(self) -> str:
        """Which space answers for which languages."""
        spaces = dict.fromkeys(self.speaking.values())
        own = {name: [one for one, space in self.speaking.items() if space == name] for name in spaces}
        return "".join(
            tr(", {space} for {languages}", space=name, languages=tr(", ").join(map(tr, some)))
            for name, some in own.items()
        )

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
        return [one.name, *size, one.made_from, tr(one.state), f"{one.mib:,.0f}"]


@dataclass(frozen=True)
class Sheet:
    """All that is known of one space."""

    facts: SpaceFacts
    folder: Path
    mib: float

    def views(self) -> list[View]:
        rows: list[list[Cell]] = [
            [fact_name(key), _plain(_noted(key, value)), tr(MEANS.get(key, ""))]
            for key, value in self.document().items()
            if not isinstance(value, dict)
        ]
        columns = (Column(tr("fact")), Column(tr("value"), wide=True), Column(tr("what it is"), wide=True))
        of = {"words": self.facts.words, "dimension": self.facts.dimension, "model": self.facts.model}
        conclusion = tr("{words:,} words, each a vector of {dimension} numbers, from {model}.", **of)
        return [View(self.facts.name, columns, rows, conclusion=conclusion)]

    def records(self) -> list[Record]:
        return [self.document()]

    def document(self) -> Record:
        facts: Record = msgspec.to_builtins(self.facts)
        listed = {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}
        return {**listed, "folder": str(self.folder), "mib": self.mib}

    def values(self) -> list[str]:
        return [str(self.facts.words)]


def _noted(key: str, value: object) -> object:
    """Notes as they are told."""
    return list(map(told, value)) if key in ("notes", "left_out") and isinstance(value, list) else value


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
    state = later("damaged") if folder.is_dir() else later("at first use")
    state = facts.index if facts else later("unfinished") if begun else state
    return Entry(name, made_from, facts, state, _mib(folder), name not in shelf.config.spaces)


def _mib(folder: Path) -> float:
    return round(cache.size(folder) / 2**20, 1)
