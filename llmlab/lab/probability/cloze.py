"""Blanks: which words fill the [?] of a sentence, by what stands before them and by what follows.

log P(sentence) is split at the first blank: the words in the blanks given what stands before them, and the rest of
the sentence given those words. Candidates come from the reader, or the model proposes them from the left context
alone (a beam search over word pieces); either way the whole sentence ranks them, right context included.
"""

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.backends.sampling import top
from llmlab.errors import MisuseError
from llmlab.lab.probability import windows
from llmlab.lab.probability.choose import normalised
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.text import finite, number
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Column, Record, View, stated_once

BLANK = "[?]"
PROPOSED = 50  # words proposed for one blank
PROPOSED_OF_SEVERAL = 8  # for each of several: all combinations are ranked
POOL = 8  # next tokens looked at for each word wanted: many are no words
PIECES = 3  # most tokens of a proposed word
MOST = 10_000  # fillings ranked
SHOWN = 20  # fillings in the table
WORD = re.compile(r"\w+(?:['’-]\w+)*")

Span = tuple[int, int]


@dataclass(frozen=True)
class Filling:
    """The sentence with its blanks filled."""

    words: tuple[str, ...]
    text: str
    before: float  # nats: of what stands before the first blank; 0 when it stands first
    fill: float  # nats: of the words in the blanks, given what stands before each
    rest: float  # nats: of everything else after the first blank
    merged: bool  # a token spans a word and what surrounds it

    @property
    def total(self) -> float:
        """log P of the sentence, nats."""
        return self.before + self.fill + self.rest


@dataclass(frozen=True)
class Cloze:
    """The fillings of one sentence, the likeliest sentence first."""

    sentence: str
    fillings: tuple[Filling, ...]
    proposed: bool
    origin: Provenance

    def views(self) -> list[View]:
        columns = (
            Column("#", True),
            Column("filling", wide=True),
            Column("word | left", True),
            Column("right | word", True),
            Column("sentence", True),
            Column("share", True),
            Column(""),
        )
        rows = [self._cells(*found) for found in zip(range(1, SHOWN + 1), self.fillings, self._shares(), strict=False)]
        notes = ["log P in nats: of the filling after its left context, of the rest after it, of all; share: of these"]
        if any(one.merged for one in self.fillings):
            notes.append("* a token spans the word and what surrounds it: boundary merged")
        if self.proposed:
            notes.append(
                f"{len(self.fillings)} candidates proposed from the left context alone, ranked by the sentence"
            )
        return [View(visible(self.sentence), columns, rows, (*notes, self.origin.line))]

    def records(self) -> list[Record]:
        order = sorted(self.fillings, key=lambda one: -one.fill)
        by_left = {one.words: rank for rank, one in enumerate(order, 1)}
        return [
            {
                "sentence": self.sentence,
                "rank": rank,
                "rank_by_left": by_left[one.words],
                "words": list(one.words),
                "text": one.text,
                "left_logprob_nats": finite(one.before),
                "words_logprob_nats": finite(one.fill),
                "right_logprob_nats": finite(one.rest),
                "logprob_nats": finite(one.total),
                "share": finite(share),
                "proposed": self.proposed,
                "boundary": "merged" if one.merged else "clean",
                **self.origin.columns,
            }
            for rank, (one, share) in enumerate(zip(self.fillings, self._shares(), strict=True), 1)
        ]

    def document(self) -> Record:
        shared = {"sentence": self.sentence, "proposed": self.proposed, **self.origin.columns}
        return {**shared, "fillings": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [" | ".join(self.fillings[0].words)]

    def _shares(self) -> tuple[float, ...]:
        return normalised([one.total for one in self.fillings])

    def _cells(self, rank: int, one: Filling, share: float) -> list[Cell]:
        words = visible(" | ".join(one.words)) + ("*" if one.merged else "")
        return [rank, words, number(one.fill), number(one.rest), number(one.total), f"{share:.4f}", Bar(share)]


def cloze(
    model: CausalLM,
    sentence: str,
    candidates: Sequence[str] = (),
    *,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Cloze:
    """Fill the blanks of a sentence: with every combination of the candidates, or of what the model proposes.

    Raises MisuseError for a sentence without a blank, an empty candidate, and too many combinations.
    """
    sentence = after_bos(model, sentence, allow_special)
    count = blanks(sentence, candidates)
    parts = sentence.split(BLANK)
    given = list(dict.fromkeys(candidates))
    fillings = list(itertools.product(given, repeat=count)) if given else _propose_all(model, parts, allow_special)
    if not fillings:
        raise MisuseError("the model proposes no word for the blank", "give some with --candidate")
    texts = [fill(parts, words) for words in fillings]
    tokens = [model.encode(text, allow_special=allow_special) for text, _ in texts]
    stats = windows.score(model, [ScoreRequest(one) for one in tokens], progress)
    found = [
        _filling(words, *text, own, one.logprobs.tolist())
        for words, text, own, one in zip(fillings, texts, tokens, stats, strict=True)
    ]
    return Cloze(sentence, tuple(sorted(found, key=lambda one: -one.total)), not candidates, of_text(model.info))


def blanks(sentence: str, candidates: Sequence[str]) -> int:
    """How many blanks there are. Raises MisuseError as `cloze` does."""
    count = sentence.count(BLANK)
    if not count:
        raise MisuseError(f"{sentence!r} has no blank", f'mark it with {BLANK}, for example "He likes {BLANK}."')
    if not all(candidates):
        raise MisuseError("a candidate is empty", "give at least one character")
    if len(candidates) ** count > MOST:
        raise MisuseError(f"{len(candidates)} candidates in {count} blanks are too many", f"at most {MOST:,} fillings")
    return count


def fill(parts: Sequence[str], words: Sequence[str]) -> tuple[str, list[Span]]:
    """The sentence with words in its blanks, and where each word stands in it, in characters."""
    text, spans = parts[0], []
    for word, after in zip(words, parts[1:], strict=True):
        spans.append((len(text), len(text) + len(word)))
        text += word + after
    return text, spans


def _filling(words: tuple[str, ...], text: str, blanks: list[Span], tokens: Tokens, logprobs: list[float]) -> Filling:
    """Each token counts to the word it overlaps, else to what stands before the first blank or to the rest."""
    sums = {"before": 0.0, "fill": 0.0, "rest": 0.0}
    merged = False
    for (start, end), logprob in zip(tokens.spans, logprobs, strict=True):
        inside = any(start < blank_end and end > blank_start for blank_start, blank_end in blanks)
        place = "fill" if inside else "before" if end <= blanks[0][0] else "rest"
        sums[place] += 0.0 if math.isnan(logprob) else logprob  # the first token of a model without BOS
        outside = text[start:end].lstrip(" ")  # a word's own token holds the space before it
        merged |= inside and not any(a <= end - len(outside) and end <= b for a, b in blanks)
    return Filling(words, text, sums["before"], sums["fill"], sums["rest"], merged)


def _propose_all(model: CausalLM, parts: Sequence[str], allow_special: bool) -> list[tuple[str, ...]]:
    """Words for each blank, left to right, in all the combinations that their left contexts propose."""
    count = PROPOSED if len(parts) == 2 else PROPOSED_OF_SEVERAL
    fillings: list[tuple[str, ...]] = [()]
    for blank in range(1, len(parts)):
        grown: list[tuple[str, ...]] = []
        for words in fillings:
            left, _ = fill(parts[: len(words) + 1], words)
            grown += [(*words, word) for word in propose(model, left, count, allow_special=allow_special)]
        fillings = grown
        if len(fillings) * count > MOST and blank < len(parts) - 1:
            raise MisuseError(f"{len(parts) - 1} blanks are too many to propose for", "give some with --candidate")
    return fillings


def propose(model: CausalLM, left: str, count: int, *, allow_special: bool = False) -> list[str]:
    """The `count` likeliest words after a left context, of up to PIECES tokens: a beam search as wide.

    A context that ends with a space asks for words that begin with it, as most vocabularies write them.
    """
    stem = left.removesuffix(" ")
    space = b" " if stem != left else b""
    context = model.encode(stem, allow_special=allow_special) if stem else Tokens((), ())
    beams = [(0.0, context, b"")]
    words: dict[str, float] = {}
    for _ in range(PIECES):
        grown = []
        for (logprob, tokens, raw), logprobs in zip(beams, model.next([one for _, one, _ in beams]), strict=True):
            for token in top(logprobs, POOL * count).tolist():
                piece = model.piece(token)
                if _begins_word(raw + piece, space) and not model.is_end(token):
                    longer = tokens + Tokens((token,), (piece,))
                    grown.append((logprob + float(logprobs[token]), longer, raw + piece))
        beams = sorted(grown, key=lambda beam: -beam[0])[:count]
        for logprob, _, raw in beams:
            word = raw.removeprefix(space).decode(errors="replace")
            if WORD.fullmatch(word):
                words[word] = max(logprob, words.get(word, -math.inf))
        if not beams:
            break
    return _likeliest(words.items(), count)


def _begins_word(raw: bytes, space: bytes) -> bool:
    """Whether bytes are the beginning of the space and a word; the last character may still be cut."""
    if not raw.startswith(space):
        return space.startswith(raw)
    word = raw[len(space) :].decode(errors="ignore")
    return not word or re.fullmatch(r"\w[\w'’-]*", word) is not None


def _likeliest(words: Iterable[tuple[str, float]], count: int) -> list[str]:
    return [word for word, _ in sorted(words, key=lambda item: -item[1])[:count]]
