"""Records of users' files: JSON objects a line, or rows of a table whose columns are found by their names."""

import itertools
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from re import Pattern
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from llmlab.errors import MisuseError
from llmlab.files.tables import SEPARATORS, Row, normal, reads_like_names, unpadded
from llmlab.language import later, retold, tr

T = TypeVar("T", bound=Struct)
Filled = Annotated[str, Meta(min_length=1)]  # a text that must be there
GROUP = ("uid", "group", "field", "组")  # the first of these that a record has names its group
SEEN = 50  # rows that tell whether the first one is of names
REASONS = {
    r"Object missing required field `(?P<field>\w+)`": later("it has no {field}"),
    r"Expected `(?:int \| )?str` of length >= 1 - at `\$\.(?P<field>\w+)`": later("its {field} is empty"),
    r"Expected `(?:int \| )?str`, got .* - at `\$\.(?P<field>\w+)`": later("its {field} is no text"),
    r"Invalid enum value (?P<value>.*) - at `\$\.(?P<field>\w+)`": later("its {field} is {value}"),
    r"Expected `float`, got .* - at `\$\.(?P<field>\w+)`": later("its {field} is no number"),
    r"(?:JSON is malformed|Input data was truncated|Expected `object`).*": later("it is no JSON object on one line"),
    r"maximum recursion depth.*": later("it is nested too deeply"),
    r"(?P<reason>.*) - at `\$`": "{reason}",
}
JSON = (  # what json says
    later("Expecting value"),
    later("Expecting {mark} delimiter"),
    later("Expecting property name enclosed in double quotes"),
    later("Illegal trailing comma before end of {kind}"),
    later("Unterminated string starting at"),
    later("Invalid control character at"),
    later("Invalid \\escape"),
    later("Invalid \\uXXXX escape"),
    later("Extra data"),
)
BETWEEN = re.compile(r"[\s,]*")  # the items of a JSON list
OBJECT = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Layout:
    """Where the fields stand in a row."""

    width: int
    places: Mapping[str, int]
    families: Mapping[str, Sequence[int]] = field(default_factory=dict)
    rest: str = ""  # the field of the cells after these


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """What the records of a file are, and by what names their parts may go, each as `normal` writes it.

    A family is a field of several columns.
    """

    name: str
    example: str
    row: type[T]  # what a record is decoded to; it raises ValueError for what is none
    names: Mapping[str, Sequence[str]]  # field -> names of its column or key; the first of them found
    order: Sequence[str]  # the fields of a table without names
    rest: str = ""  # the field of the cells after those; without one they are refused, or passed over
    passes_over: bool = False
    families: Mapping[str, Pattern[str]] = field(default_factory=dict)
    strips: bool = False  # spaces around a cell are no part of it
    separators: str = SEPARATORS
    comment: str = ""  # what begins a line that is left out

    def of_objects(self, lines: Iterable[tuple[int, str]], name: str) -> Iterator[T]:
        """Records of JSON objects, one a line. Raises MisuseError naming the line that is none."""
        fields = cache(self._fields)
        for number, line in lines:
            try:
                found = OBJECT.decode(line)
                record = {own: found[key] for own, key in fields(tuple(found)).items()}
                yield msgspec.convert(record, self.row, strict=False)
            except (msgspec.DecodeError, ValueError, RecursionError) as error:
                raise self._none(tr("{name} line {number:,}", name=name, number=number), error) from None

    def of_mappings(self, records: Iterable[Mapping[str, Any]]) -> list[T]:
        """Records of a program's own, under the same names. Raises MisuseError for none, or counting to the bad one."""
        found = []
        for number, one in enumerate(records, 1):
            try:
                record = {own: one[key] for own, key in self._fields(tuple(one)).items()}
                found.append(msgspec.convert(record, self.row, strict=False))
            except (AttributeError, TypeError, ValueError) as error:
                raise self._none(tr("record {number:,}", number=number), error) from None
        if not found:
            raise MisuseError(tr("there are no {kind}s", kind=tr(self.name)), tr(self.example))
        return found

    def of_table(self, rows: Iterator[Row], name: str, say: Callable[[str], None]) -> Iterator[T]:
        """Records of the rows of a table; `say` is told of one without names.

        Raises MisuseError naming the line that is none, or the columns.
        """
        first = next(rows, None)
        if first is None:
            return
        seen = list(itertools.islice(rows, SEEN))
        named = self._named(first[1], [cells for _, cells in seen], name)
        layout = named or self._in_order
        for number, cells in itertools.chain([] if named else [first], seen, rows):
            try:
                yield self._of_row(layout, cells)
            except ValueError as error:
                raise self._none(tr("{name} line {number:,}", name=name, number=number), error) from None
        if not named and self._is_record(["a", "b", "c"]):  # so names would be one too
            unnamed = later("{name} has no names of columns: line {number:,} is read as a {kind}")
            say(tr(unnamed, name=name, number=first[0], kind=tr(self.name)))

    def _fields(self, given: Sequence[str]) -> dict[str, str]:
        """The fields that are there, and what each is called."""
        known = {normal(name): name for name in reversed(given)}
        found = {own: next((known[one] for one in names if one in known), None) for own, names in self.names.items()}
        return {own: name for own, name in found.items() if name is not None}

    @property
    def _in_order(self) -> Layout:
        return Layout(len(self.order), {own: place for place, own in enumerate(self.order)}, rest=self.rest)

    @property
    def _required(self) -> set[str]:
        return {one.name for one in msgspec.structs.fields(self.row) if one.required}

    def _named(self, first: Sequence[str], others: Sequence[Sequence[str]], name: str) -> Layout | None:
        """The layout that a first row of names says; None where it is a record."""
        if self._required <= set(self._fields(first)):
            return self._layout(first, name)
        unlike = not self._is_record(first) and others and self._is_record(others[0])
        if unlike or reads_like_names(first, others):
            raise self._unknown(first, name)
        return None

    def _layout(self, columns: Sequence[str], name: str) -> Layout:
        """Raises MisuseError where a column of a table with families is of none."""
        fields = self._fields(columns).items()
        called = {own: columns.index(column) for own, column in fields if own not in self.families}
        families = {own: self._members(columns, pattern) for own, pattern in self.families.items()}
        families = {own: places for own, places in families.items() if places}
        known = {*called.values(), *itertools.chain(*families.values())}
        unknown = [column for place, column in enumerate(columns) if column.strip() and place not in known]
        if self.families and unknown:
            raise self._unknown(columns, name)
        twice = [column for place, column in enumerate(columns) if place not in known and self._fields([column])]
        if twice:
            raise MisuseError(
                tr("{name} has several columns called {column!r}", name=name, column=twice[0]),
                tr("give each its own name"),
            )
        return Layout(len(columns), called, families)

    def _members(self, columns: Sequence[str], pattern: Pattern[str]) -> list[int]:
        """The columns of a family, choice 2 before choice 10."""
        found = [place for place, column in enumerate(columns) if pattern.fullmatch(normal(column))]
        return sorted(found, key=lambda place: _natural(normal(columns[place])))

    def _of_row(self, layout: Layout, cells: Sequence[str]) -> T:
        cells = [cell.strip() for cell in cells] if self.strips else cells
        record: dict[str, Any] = {own: cells[place] for own, place in layout.places.items() if place < len(cells)}
        for own, places in layout.families.items():
            record[own] = unpadded([cells[place] for place in places if place < len(cells)])
        if layout.rest:
            record[layout.rest] = unpadded(cells[layout.width :])
        elif len(cells) > layout.width and not self.passes_over and unpadded(cells[layout.width :]):
            raise ValueError(tr("it has {count} cells, not {width}", count=len(cells), width=layout.width))
        return msgspec.convert(record, self.row, strict=False)

    def _is_record(self, cells: Sequence[str]) -> bool:
        try:
            self._of_row(self._in_order, cells)
        except ValueError:
            return False
        return True

    def _unknown(self, first: Sequence[str], name: str) -> MisuseError:
        given = ", ".join(repr(cell) for cell in first)
        message = tr(
            "the columns of {name} are not those of {kind}s: {given}", name=name, kind=tr(self.name), given=given
        )
        return MisuseError(message, tr(self.example))

    def _none(self, place: str, error: Exception) -> MisuseError:
        message = tr("{place} is no {kind}: {reason}", place=place, kind=tr(self.name), reason=_plain(str(error)))
        return MisuseError(message, tr(self.example))


def listed(lines: Iterable[tuple[int, str]], name: str) -> Iterator[tuple[int, str]]:
    """The objects of a JSON list, each with the number of the line where it begins. Raises MisuseError for no list."""
    numbers, texts = zip(*lines, strict=True)
    text = "".join(texts)
    begins = list(itertools.accumulate(map(len, texts), initial=0))  # of each line in the text

    def line(place: int) -> int:
        return int(numbers[bisect_right(begins, place, hi=len(numbers)) - 1])

    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        message = tr(
            "{name} line {number:,} breaks the JSON list off: {error}",
            name=name,
            number=line(error.pos),
            error=retold(error.msg, *JSON),
        )
        raise MisuseError(message, tr("mend it, or write one object a line")) from None
    except RecursionError:
        raise MisuseError(
            tr("{name} is a list that is nested too deeply", name=name), tr("write one object a line")
        ) from None
    decoder, place = json.JSONDecoder(), text.index("[") + 1
    while text[place := BETWEEN.match(text, place).end()] != "]":  # type: ignore[union-attr]
        _, end = decoder.raw_decode(text, place)
        yield line(place), text[place:end]
        place = end


def _plain(reason: str) -> str:
    """What msgspec says, in words of the file."""
    for pattern, words in REASONS.items():
        if found := re.fullmatch(pattern, reason):
            return tr(words, **found.groupdict()) if found.groups() else tr(words)
    return reason


def _natural(name: str) -> list[tuple[str, int]]:
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
