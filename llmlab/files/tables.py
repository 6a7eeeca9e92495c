"""Tables between commas, semicolons or tabs, as spreadsheets and other tools write them."""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from llmlab.errors import MisuseError
from llmlab.files.opening import LONGEST
from llmlab.language import later, retold, tr

DELIMITERS = {".csv": ",", ".tsv": "\t"}
SEPARATORS = "\t,;"
SAMPLE = 100  # lines that the separator is found from
DECLARED = re.compile(r'"?sep=(.)"?\s*')  # a first line of Excel's
CSV = (
    later("unexpected end of data"),
    later("{mark} expected after {quote}"),
    later("line contains NUL"),
    later("field larger than field limit ({limit})"),
)
WORD = re.compile(r"[\w-]+")

csv.field_size_limit(LONGEST)  # a text may be long; one whose quote never ends would be the whole file

Row = tuple[int, list[str]]  # the line it begins on, and its cells


@dataclass(frozen=True)
class Parsed:
    """The rows of a table, blank ones too, the header among them."""

    separator: str
    rows: Iterator[Row]


def parse(lines: Iterable[tuple[int, str]], name: str, usual: str = "", separators: str = SEPARATORS) -> Parsed:
    """A table from numbered lines; `usual` is the separator that its name's ending says.

    Raises MisuseError naming the line that is no row.
    """
    lines = iter(lines)
    sample = list(itertools.islice(lines, SAMPLE))
    declared = DECLARED.fullmatch(sample[0][1]) if sample else None
    if declared:
        sample = sample[1:]
    separator = declared[1] if declared else separator_of([text for _, text in sample], usual, separators)
    return Parsed(separator, _rows(itertools.chain(sample, lines), separator, name))


def separator_of(lines: Sequence[str], usual: str, separators: str = SEPARATORS) -> str:
    """The separator that cuts every line, and into as many cells; of equals one that no space follows, or the usual.

    csv.Sniffer looks at how often characters are met, and takes the commas of sentences between tabs for separators.
    """

    def fit(separator: str) -> tuple[bool, float, bool, bool, bool, int]:
        rows = _cut(lines, separator)
        widths = [len(row) for row in rows]
        cut = sum(width > 1 for width in widths) / max(len(widths), 1)
        bare = not any(cell.startswith(" ") for row in rows for cell in row[1:])
        whole = not any("\t" in cell for row in rows for cell in row)
        even = cut == 1 and len(set(widths)) == 1
        return even, cut, whole, bare, separator == usual, -separators.index(separator)

    return max(separators, key=fit)


def _cut(lines: Sequence[str], separator: str) -> list[list[str]]:
    """The rows of a sample that hold something; none where quotes are not those of a table."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=separator, skipinitialspace=separator == " ", strict=True):
            rows += [row] if any(row) else []
    except csv.Error as error:
        return rows if len(lines) == SAMPLE and "end of data" in str(error) else []
    return rows[:-1] if len(lines) == SAMPLE else rows  # the last may go on after the sample


def _rows(lines: Iterable[tuple[int, str]], separator: str, name: str) -> Iterator[Row]:
    begin = end = 0  # lines of the row

    def fed() -> Iterator[str]:
        nonlocal begin, end
        for number, text in lines:
            begin, end = begin or number, number
            yield text

    reader = csv.reader(fed(), delimiter=separator, skipinitialspace=separator == " ", strict=True)
    while True:
        begin = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = tr('double a quote inside quotes: "he said ""yes"""')
            raise MisuseError(
                tr(
                    "{name} line {number:,} is no row of a table: {error}",
                    name=name,
                    number=begin or end,
                    error=retold(str(error), *CSV),
                ),
                hint,
            ) from None
        yield begin, cells


def unpadded(cells: Sequence[str]) -> Sequence[str]:
    """Cells without the empty ones at the end: a spreadsheet fills its rows up to the longest."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def is_blank(cells: Sequence[str]) -> bool:
    return not "".join(cells).strip()


def normal(name: str) -> str:
    """A column's name whatever its case: "Sentence Good" is sentence_good."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def reads_like_names(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a first row is of single words, and every other one holds a longer text."""
    return (
        bool(others)
        and all(WORD.fullmatch(cell.strip()) for cell in first)
        and not any(all(WORD.fullmatch(cell.strip()) for cell in row if cell) for row in others)
    )
