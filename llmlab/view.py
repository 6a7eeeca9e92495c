"""What a result shows to people: titled tables of plain cells, strips of shaded text, and a picture.

How they are drawn is render's business.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from llmlab.language import later, tr

Record = dict[str, Any]
Chart = dict[str, Any]  # a Vega-Lite specification, without what the theme adds: plain data


class Vector(list[float]):
    """The numbers of a vector in a record: json has them as a list, csv and tsv in a column for each of its axes."""

    def __init__(self, values: Iterable[float], axes: Sequence[str]) -> None:
        super().__init__(values)
        self.axes = axes


class Bar(Struct, frozen=True):
    """A cell drawn as a bar; `share` is in [0, 1]."""

    share: float
    width: int = 20  # cells of a whole bar


class Shade(Struct, frozen=True):
    """A cell whose text is shaded where the terminal has colours; `share` is in [0, 1]."""

    text: str
    share: float


class Heat(Struct, frozen=True):
    """A row of small cells, one for each value in [-1, 1]: below 0 blue or low, above 0 red or high."""

    values: tuple[float, ...]


Cell = str | int | Bar | Shade | Heat


class Column(Struct, frozen=True):
    name: str
    number: bool = False  # numbers are set flush right
    wide: bool = False  # a text that may be folded between its words when the terminal is narrow
    tail: int = 0  # show at most the last so many cells of a text; 0: all of it
    head: int = 0  # or the first
    means: str = ""  # what its figures say, in a few words, for the legend


class View(Struct, frozen=True):
    """One table: a line above it, what it shows in a plain sentence, and notes below."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = ()
    conclusion: str = ""
    shades: Sequence[tuple[str, float]] = ()  # what the shades of its cells say, for terminals with colours


class Strip(Struct, frozen=True):
    """Running text whose parts are shaded: a line above, what it shows, a legend and notes below."""

    title: str
    parts: Sequence[tuple[str, float]]  # text, and its shade in [0, 1]
    legend: Sequence[tuple[str, float]]
    notes: tuple[str, ...] = ()
    conclusion: str = ""


class Seen(Struct, frozen=True):
    """How often what was drawn at a temperature is each of the tokens that have a bar."""

    temperature: float
    draws: int
    shares: Sequence[float]


class TemperatureSlider(Struct, frozen=True):
    """A distribution that a page makes anew at any temperature: softmax(z / T) over all tokens."""

    title: str
    tokens: Sequence[str]  # for the eye, the likeliest first: those that have a bar
    logprobs: Sequence[float]  # nats at T = 1, of these and of the likeliest after them, falling
    rest: Sequence[tuple[int, float]]  # the others in bins: how many, and the mean of their nats, falling
    temperatures: Sequence[float]  # those that were asked for
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    seen: Sequence[Seen] = ()
    note: str = ""  # what must be said of it beside the rest


class Shaded(Struct, frozen=True):
    """A part of a text, and what is told of it where it is pointed at."""

    text: str
    share: float  # of the full shade, in [0, 1]
    facts: Sequence[tuple[str, str]]  # what it is, and its figure
    others: Sequence[Sequence[str]] = ()  # what else might have come: a row each, of `Shading.columns`


class Shading(Struct, frozen=True):
    """A text to point at, shaded part by part."""

    title: str
    parts: Sequence[Shaded]
    legend: Sequence[tuple[str, float]]
    columns: Sequence[str] = ()


Picture = View | Strip
Panel = TemperatureSlider | Shading


class Result(Protocol):
    """What every experiment returns: it knows its own columns."""

    def views(self) -> Sequence[Picture]:
        """Tables and strips for people."""
        ...

    def records(self) -> list[Record]:
        """Flat records for jsonl, csv and tsv, each with its provenance."""
        ...

    def document(self) -> Record:
        """The whole result as one JSON object, of one shape for one thing that was asked and for many."""
        ...

    def values(self) -> Sequence[str]:
        """The one value that a script wants; of several things that were asked, one each, in their order."""
        ...


@runtime_checkable
class Pictured(Result, Protocol):
    """A result that can be looked at."""

    def chart(self) -> Chart:
        """Its picture; the data are those of its records."""
        ...


@runtime_checkable
class Interactive(Pictured, Protocol):
    """A result that a page lets its reader play with."""

    def panels(self) -> Sequence[Panel]:
        """What stands above its picture."""
        ...


DRAWN = 12  # results below each other in a picture
OF = (later("queries"), later("prompts"))  # what several results are of


class Several(Struct, frozen=True):
    """Several results of one kind, one after the other."""

    name: str  # what a result is about
    results: Sequence[Pictured]

    def views(self) -> list[Picture]:
        return [view for one in self.results for view in one.views()]

    def records(self) -> list[Record]:
        return [record for one in self.results for record in one.records()]

    def document(self) -> Record:
        return {self.name: [one.document() for one in self.results]}

    def values(self) -> list[str]:
        return [value for one in self.results for value in one.values()]

    def chart(self) -> Chart:
        if len(self.results) == 1:
            return self.results[0].chart()
        own = {"scale": {"color": "independent"}}  # and so does a legend stand beside what it is of
        drawn: Chart = {"vconcat": [one.chart() for one in self.results[:DRAWN]], "resolve": own}
        left = len(self.results) - DRAWN
        return drawn if left <= 0 else {"title": _first(self.name, len(self.results)), **drawn}

    def panels(self) -> list[Panel]:
        return [panel for one in self.results if isinstance(one, Interactive) for panel in one.panels()]


def _first(name: str, count: int) -> str:
    return tr("the first {drawn} of {count:,} {name}", drawn=DRAWN, count=count, name=tr(name))


def stated_once(shared: Record, rows: Sequence[Record]) -> list[Record]:
    """Records without the columns that their document states for all of them."""
    return [{key: value for key, value in row.items() if key not in shared} for row in rows]
