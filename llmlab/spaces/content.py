"""What a space is made of, block by block: an encoder's vectors of words, a model's table, or a file of vectors."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends.base import UNKNOWN, Encoder
from llmlab.backends.known import told_ids
from llmlab.cache import sha256
from llmlab.config import SpaceEntry
from llmlab.errors import MisuseError
from llmlab.files.on_disk import FirstWith
from llmlab.language import later, tr
from llmlab.models import prepare
from llmlab.models.library import Library
from llmlab.progress import Reporter
from llmlab.spaces import formats, vocabulary
from llmlab.spaces.formats.rows import Block
from llmlab.spaces.reading import Reading
from llmlab.view import Record

ENCODED = 4_096  # words encoded at a time: what an interrupt can lose
COPIED = 50_000
NAMED = 5  # words that a message names
UNKNOWN_WORDS = (
    later("{name}: left out {count:,} word that it does not know: {words}"),
    later("{name}: left out {count:,} words that it does not know: {words}"),
)
ALIKE = (
    later("{name}: left out {count:,} word that it cannot tell from a word before: {words}"),
    later("{name}: left out {count:,} words that it cannot tell from a word before: {words}"),
)


@dataclass(frozen=True)
class Content:
    """Words and vectors to come."""

    dimension: int
    blocks: Callable[[int], Iterator[Block]]  # from this row on
    facts: Callable[[], Record]  # where they come from; asked when all are read


def of_model(library: Library, entry: SpaceEntry) -> Content:
    """The vectors that a model has, or computes, of a vocabulary."""
    origin, reporter = library.origin(entry.model), library.reporter
    facts: Record = {
        "kind": entry.vectors,
        "model": entry.model,
        "revision": origin.revision,
        "source": dict(origin.fingerprint),
        "vocabulary": entry.vocabulary,
        "languages": list(entry.languages),
    }
    if entry.vectors == "encoder":
        encoder = library.encoder(entry.model)
        words, left_out = _known(encoder, vocabulary.words(entry.vocabulary, reporter), reporter)
        facts |= {"engine": encoder.info.engine, "dtype": encoder.info.dtype, **left_out}
        return Content(encoder.info.dimension, lambda start: _encoded(encoder, words, start, reporter), lambda: facts)
    known, rows, table = _table(library, entry)
    if entry.vocabulary != "model":
        known, rows = _restricted(known, rows, vocabulary.words(entry.vocabulary, reporter), entry.model, reporter)
    facts |= {"engine": entry.vectors, "dtype": "float32"}
    return Content(table.shape[1], lambda start: _copied(known, rows, table, start), lambda: facts)


def of_table(words: Sequence[str], table: Floats, facts: Record) -> Content:
    """A word's row in a table [N, D], for each of the words, in their order."""
    return Content(table.shape[1], lambda start: _copied(words, range(len(words)), table, start), lambda: facts)


def of_file(reading: Reading) -> Content:
    """The words and vectors of a file."""
    file = formats.read(reading)
    facts: Record = {
        "kind": "file",
        "model": reading.path.name,
        "revision": sha256(reading.path)[:12],
        "engine": "file",
        "dtype": "float32",
        "vocabulary": "file",
        "languages": [reading.language] if reading.language else [],
        "format": file.format,
        "dimensions": list(file.dimensions),
        "means": list(file.means),
        "deviations": list(file.deviations),
    }
    facts |= {"case": reading.case} if reading.case else {}

    def told() -> Record:
        return facts | {"notes": list(file.notes), "left_out": list(file.left_out.notes)}

    return Content(file.dimension, lambda start: _skipped(file.blocks, start), told)


def _known(encoder: Encoder, words: Sequence[str], reporter: Reporter) -> tuple[list[str], Record]:
    """The words that an encoder can tell from all others, and how many it cannot: those without a vector of their own.

    All of an encoder that does not tell its tokens. Raises MisuseError where it knows none.
    """
    name = encoder.info.name
    if told_ids(encoder, words[:1]) is None:
        reporter.say(tr("{name} does not tell which words it knows: all of them are taken", name=name))
        return list(words), {}
    known, unknown, alike, firsts = list[str](), list[str](), list[str](), FirstWith()
    for word, ids in _with_ids(encoder, words):
        if UNKNOWN in ids or not ids:
            unknown.append(word)
        elif (first := firsts.add(repr(ids), word)) != word:
            alike.append(f"{word} = {first}")
        else:
            known.append(word)
    if not known:
        hint = tr("choose another encoder: `llmlab models list`")
        raise MisuseError(tr("{name} knows none of the {words:,} words", name=name, words=len(words)), hint)
    for left_out, why in ((unknown, UNKNOWN_WORDS), (alike, ALIKE)):
        if left_out:
            some = tr(", ").join(left_out[:NAMED]) + (" ..." if len(left_out) > NAMED else "")
            reporter.say(tr(why[len(left_out) > 1], name=name, count=len(left_out), words=some))
    return known, {"unknown": len(unknown), "alike": len(alike)}


def _with_ids(encoder: Encoder, words: Sequence[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Words with their tokens, some at a time: those of a million take more memory than the words."""
    for first in range(0, len(words), ENCODED):
        some = words[first : first + ENCODED]
        yield from zip(some, encoder.token_ids(some), strict=True)


def _encoded(encoder: Encoder, words: Sequence[str], start: int, reporter: Reporter) -> Iterator[Block]:
    with reporter.progress(tr("encoding {words:,} words", words=len(words))) as progress:
        for first in range(start, len(words), ENCODED):
            some = words[first : first + ENCODED]
            yield list(some), encoder.encode(some)
            progress(first + len(some), len(words))


def _table(library: Library, entry: SpaceEntry) -> tuple[Sequence[str], Sequence[int], Floats]:
    """All words of a table, the row of each, and the table."""
    if entry.vectors == "static":
        words, vectors = prepare.static_vectors(library.source(entry.model))
        return words, range(len(words)), vectors
    folded, rows = vocabulary.fold(library.causal_lm(entry.model).vocabulary())
    return folded, rows, library.read_table(entry.model)


def _restricted(
    known: Sequence[str], rows: Sequence[int], wanted: Sequence[str], model: str, reporter: Reporter
) -> tuple[Sequence[str], Sequence[int]]:
    """Those of the wanted words that a table has, in their order."""
    row_of = dict(zip(known, rows, strict=True))
    folded = [word if word in row_of else word.lower() for word in wanted]
    found = list(dict.fromkeys(word for word in folded if word in row_of))
    if not found:
        raise MisuseError(
            tr("{model} has none of the {wanted:,} words", model=model, wanted=len(wanted)),
            tr("choose another vocabulary"),
        )
    if len(found) < len(wanted):
        reporter.say(
            tr(
                "{model} has {found:,} of the {wanted:,} words; the others are left out",
                model=model,
                found=len(found),
                wanted=len(wanted),
            )
        )
    return found, [row_of[word] for word in found]


def _copied(words: Sequence[str], rows: Sequence[int], table: Floats, start: int) -> Iterator[Block]:
    for first in range(start, len(words), COPIED):
        some = slice(first, first + COPIED)
        yield list(words[some]), np.asarray(table[list(rows[some])], np.float32)


def _skipped(blocks: Iterator[Block], start: int) -> Iterator[Block]:
    """The blocks without their first rows: those were written before an interrupt."""
    for words, vectors in blocks:
        skip = min(start, len(words))
        start -= skip
        if skip < len(words):
            yield words[skip:], vectors[skip:]
