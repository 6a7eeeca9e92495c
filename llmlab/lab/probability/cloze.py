"""Blanks: which words fill the [?] of a sentence, by what stands before them and by what follows.

log P(sentence) is split in three: the first tokens that all fillings share, the words in the blanks given those, and
the rest of the sentence given those words. A token may span a blank's edge, as 很好 does after 今天天气: its filling is
scored from the same common tokens as 很 冷, each in the tokenizer's own tokenisation, so that rows compare like with
like and their order is that of the sentences. Candidates come from the reader, from word classes (kinds.py), or from
the model (proposals.py); the whole sentence ranks them, right context included.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability import windows
from llmlab.lab.probability.charts.cloze import in_parts
from llmlab.lab.probability.choose import normalised
from llmlab.lab.probability.filling import Filling, Sum, class_columns, columns, totals
from llmlab.lab.probability.kinds import for_blank
from llmlab.lab.probability.parts import CLASS, CLASSES
from llmlab.lab.probability.proposals import BLANK, MOST, OF_SEVERAL, Span, fill, for_blanks
from llmlab.lab.probability.whole import written_in
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import finite, number, probability, quoted, times
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Record, View, stated_once

SHOWN = 20  # fillings in the table
COMMONEST = {
    "en": later("of each class the {count} commonest English words that are of no other class"),
    "zh": later("of each class the {count} commonest Chinese words that are of no other class"),
}


@dataclass(frozen=True)
class Cloze(Shown):
    """The fillings of one sentence, the likeliest sentence first."""

    sentence: str
    fillings: tuple[Filling, ...]
    proposed: bool
    origin: Provenance

    def views(self) -> list[View]:
        kinds = bool(self._sums())
        told = tuple(columns(kinds=kinds, follows=self._follows()))
        rows = [self._cells(*found) for found in zip(range(1, SHOWN + 1), self.fillings, self._shares(), strict=False)]
        notes = [tr("log P in nats")]
        if any(one.merged for one in self.fillings[:SHOWN]):
            notes.append(tr("* one token spans the word and what surrounds it; rows compare all the same"))
        if self.proposed:
            notes.append(self._proposals())
        view = View(visible(self.sentence), told, rows, (*notes, self.origin.line), self._conclusion())
        return [view] if not kinds else [self._classes(), structs.replace(view, conclusion="")]

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
                **({"class": one.kind} if one.kind else {}),
                "boundary": "merged" if one.merged else "clean",
                **self.origin.columns,
            }
            for rank, (one, share) in enumerate(zip(self.fillings, self._shares(), strict=True), 1)
        ]

    def chart(self) -> Chart:
        return in_parts(self)

    def document(self) -> Record:
        shared = {"sentence": self.sentence, "proposed": self.proposed, **self.origin.columns}
        classes = {"classes": [one.record() for one in self._sums()]} if self._sums() else {}
        return {**shared, **classes, "fillings": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [" | ".join(self.fillings[0].words)]

    def _shares(self) -> tuple[float, ...]:
        return normalised([one.total for one in self.fillings])

    def _conclusion(self) -> str:
        first, *others = (quoted(" | ".join(one.words)) for one in self.fillings)
        if not others:
            return ""
        ratio = times(self.fillings[0].total - self.fillings[1].total)
        return tr(
            "{filling} is the likeliest filling: {ratio} as likely as {other}",
            filling=first,
            ratio=ratio,
            other=others[0],
        )

    def _follows(self) -> bool:
        """Whether anything follows the first blank that is not in it."""
        return any(one.rest for one in self.fillings)

    def _proposals(self) -> str:
        if len(self.fillings[0].words) == 1:
            return tr(
                "{count} words proposed by both sides of the blank, ranked by the whole sentence",
                count=len(self.fillings),
            )
        return tr(
            "{count} combinations of words, up to {each} a blank, proposed by what stands before it, "
            "ranked by the whole sentence",
            count=len(self.fillings),
            each=OF_SEVERAL,
        )

    def _sums(self) -> list[Sum]:
        return totals(self.fillings) if self.fillings[0].kind else []

    def _classes(self) -> View:
        """What each class comes to, the likeliest first."""
        first, *others = sums = self._sums()
        note = tr(COMMONEST[written_in(self.sentence)], count=first.words)
        rows, told = [one.cells(compared=bool(others)) for one in sums], class_columns(compared=bool(others))
        return View(visible(self.sentence), tuple(told), rows, (note,), _compared(first, others))

    def _cells(self, rank: int, one: Filling, share: float) -> list[Cell]:
        words = visible(" | ".join(one.words)) + ("*" if one.merged else "")
        kind = [tr(CLASS[one.kind])] if one.kind else []
        right = [number(one.rest)] if self._follows() else []
        return [rank, words, *kind, number(one.fill), *right, number(one.total), f"{share:.4f}", Bar(share)]


def _compared(first: Sum, others: Sequence[Sum]) -> str:
    """How likely the likeliest class is beside the others, or by itself."""
    if not others:
        return tr(
            "{kinds} stand here with P = {p}; {best} is the likeliest",
            kinds=tr(CLASSES[first.kind]),
            p=probability(first.logprob),
            best=quoted(first.best),
        )
    said = [
        tr(
            "{kinds} are {ratio} as likely here as {others}",
            kinds=tr(CLASSES[first.kind]),
            ratio=times(first.logprob - one.logprob),
            others=tr(CLASSES[one.kind]),
        )
        for one in others
    ]
    return tr("; ").join(said)


def fillings(sentence: str, words: Sequence[str], kind: str) -> tuple[list[str], dict[str, str]]:
    """The words that are tried, and the class of each where classes are asked for; no words: the model proposes some.

    Raises MisuseError, before a model is opened, for what cannot be tried.
    """
    if kind and words:
        raise MisuseError(tr("--kind and --candidate are two ways to give words"), tr("give one of them"))
    blanks(sentence, words)
    kinds = for_blank(kind, sentence) if kind else {}
    return [*words] or [*kinds], kinds


def cloze(
    model: CausalLM,
    sentence: str,
    candidates: Sequence[str] = (),
    *,
    kinds: Mapping[str, str] | None = None,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Cloze:
    """Fill the blanks of a sentence: with every combination of the candidates, or of what the model proposes.

    `kinds`: the class of each candidate, which are then summed by class.
    Raises MisuseError for a sentence without a blank, an empty candidate, too many combinations, and for fillings
    whose first tokens differ and have no probability.
    """
    sentence = after_bos(model, sentence, allow_special)
    count = blanks(sentence, candidates)
    parts = sentence.split(BLANK)
    given = list(dict.fromkeys(candidates))
    fillings = list(itertools.product(given, repeat=count))
    if not given:
        fillings = for_blanks(model, parts, allow_special=allow_special)
    if not fillings:
        raise MisuseError(tr("the model proposes no word for the blank"), tr("give some with --candidate"))
    texts = [fill(parts, words) for words in fillings]
    tokens = [model.encode(text, allow_special=allow_special) for text, _ in texts]
    _check_first(model, tokens)
    shared = _shared(tokens, len(parts[0]))
    stats = windows.score(model, [ScoreRequest(one) for one in tokens], progress)
    found = [
        _filling(words, *text, own, shared, one.logprobs.tolist())
        for words, text, own, one in zip(fillings, texts, tokens, stats, strict=True)
    ]
    if kinds:
        found = [replace(one, kind=kinds[one.words[0]]) for one in found]
    return Cloze(sentence, tuple(sorted(found, key=lambda one: -one.total)), not candidates, of_text(model.info))


def blanks(sentence: str, candidates: Sequence[str]) -> int:
    """How many blanks there are. Raises MisuseError as `cloze` does."""
    count = sentence.count(BLANK)
    if not count:
        hint = tr('mark it with [?], for example "He likes [?]."')
        raise MisuseError(tr("{sentence!r} has no blank", sentence=sentence), hint)
    if not all(candidates):
        raise MisuseError(tr("a candidate is empty"), tr("give at least one character"))
    if len(candidates) ** count > MOST:
        many = tr("{words} candidates in {blanks} blanks are too many", words=len(candidates), blanks=count)
        raise MisuseError(many, tr("at most {most:,} fillings", most=MOST))
    return count


def _check_first(model: CausalLM, texts: Sequence[Tokens]) -> None:
    """Without BOS a first token is what the rest is conditioned on: the same in all rows, or they do not compare."""
    if model.info.bos or len({one.ids[:1] for one in texts}) == 1:
        return
    message = tr(
        "{model} has no BOS, and the fillings differ in their first token, which has no probability",
        model=model.info.name,
    )
    raise MisuseError(message, tr("put a word before the blank, or use --bos where the model names one"))


def _shared(texts: Sequence[Tokens], characters: int) -> int:
    """How many tokens all texts begin with, within so many characters."""
    places = zip(*(one.ids for one in texts), strict=False)
    common = sum(1 for _ in itertools.takewhile(lambda tokens: len(set(tokens)) == 1, places))
    return min(common, sum(end <= characters for _, end in texts[0].spans))


def _filling(
    words: tuple[str, ...], text: str, blanks: list[Span], tokens: Tokens, shared: int, logprobs: list[float]
) -> Filling:
    """Each token counts to the shared beginning, to the words and what is not shared before them, or to the rest."""
    sums = {"before": 0.0, "fill": 0.0, "rest": 0.0}
    merged = False
    for at, ((start, end), logprob) in enumerate(zip(tokens.spans, logprobs, strict=True)):
        inside = any(start < blank_end and end > blank_start for blank_start, blank_end in blanks)
        place = "before" if at < shared else "fill" if inside or end <= blanks[0][0] else "rest"
        sums[place] += 0.0 if math.isnan(logprob) else logprob  # the first token of a model without BOS
        outside = text[start:end].lstrip(" ")  # a word's own token holds the space before it
        merged |= inside and not any(a <= end - len(outside) and end <= b for a, b in blanks)
    return Filling(words, text, sums["before"], sums["fill"], sums["rest"], merged)
