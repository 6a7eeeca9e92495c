"""Is 40 % really 40 %? What a model gave the tokens of a text, against how often they came.

The text is read in overlapping windows (windows.py), each position once, after at least half a window where there is
as much. What is counted, and by whose measures, stands in reliability.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from llmlab.backends.base import CausalLM, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.probability.blocks import encoded
from llmlab.lab.probability.charts.calibration import diagram
from llmlab.lab.probability.perplexity import WINDOW
from llmlab.lab.probability.reliability import Bin, Reliability, forecasts, reliability
from llmlab.lab.probability.resampling import RESAMPLES, length
from llmlab.lab.probability.windows import Windows
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import INTERVAL
from llmlab.lab.shown import Shown
from llmlab.lab.text import many, number
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once

BINS, TOKENS = 10, 4000  # unless others are asked for
FEW = 1000  # positions, below which intervals are too wide to say much
ASKED = 0.4  # the bin that the conclusion tells of is the nearest to it


@dataclass(frozen=True)
class Calibration(Shown):
    """How far the probabilities that a model gives the tokens of a text come true."""

    name: str
    positions: int
    whole: bool  # whether the text has no more
    seed: int
    found: Reliability
    origin: Provenance

    def views(self) -> list[View]:
        return [self._top(), self._decades()]

    def records(self) -> list[Record]:
        """A record a bin of the likeliest token, then one a decade of all tokens."""
        return [
            {
                "text": self.name,
                "of": of,
                "probability_from": one.low,
                "probability_to": one.high,
                "positions": one.positions,
                "expected": one.expected,
                "seen": one.seen,
                "mean_probability": one.said,
                "share": one.share,
                "low": one.interval[0],
                "high": one.interval[1],
                **self.origin.columns,
            }
            for of, bins in (("likeliest", self.found.top), ("all", self.found.decades))
            for one in bins
        ]

    def chart(self) -> Chart:
        return diagram(self)

    def document(self) -> Record:
        low, high = self.found.interval
        shared: Record = {"text": self.name, **self.origin.columns}
        return {
            **shared,
            "read": self.positions,
            "whole": self.whole,
            "seed": self.seed,
            "calibration_error": self.found.error,
            "calibration_error_low": low,
            "calibration_error_high": high,
            "calibration_error_by_chance": self.found.by_chance,
            "bins": stated_once(shared, self.records()),
        }

    def values(self) -> list[str]:
        return [repr(self.found.error)]

    def _top(self) -> View:
        columns = (
            Column("P", True, means=tr("mean probability of the likeliest token, in bins of as many positions")),
            Column(tr("came"), True, means=tr("share of the positions at which it is the text's own")),
            Column("95 %", means=tr(INTERVAL)),
            Column(""),
            Column(tr("positions"), True),
        )
        rows = [[*_shares(one), f"{one.positions:,}"] for one in self.found.top]
        title = tr("{name}: the likeliest token", name=self.name)
        return View(title, columns, rows, self._notes(), self._conclusion())

    def _decades(self) -> View:
        columns = (
            Column("P"),
            Column(tr("expected"), True, means=tr("the sum of P over all tokens of the vocabulary at all positions")),
            Column(tr("seen"), True, means=tr("so many of the text's own tokens had such a P")),
            Column("95 %", means=tr("where the true number lies, 95 times of 100")),
            Column(tr("seen/expected"), True),
        )
        return View(tr("every token, by decade of P"), columns, [_counts(one) for one in self.found.decades])

    def _conclusion(self) -> str:
        one = min(self.found.top, key=lambda one: abs(one.said - ASKED))
        low, high = one.interval
        return tr(
            "Where the model gives its likeliest token {said:.1%}, "
            "it comes in {share:.1%} of the positions ({low:.1%} to {high:.1%}).",
            said=one.said,
            share=one.share,
            low=low,
            high=high,
        )

    def _notes(self) -> tuple[str, ...]:
        low, high = self.found.interval
        error = tr(
            "expected calibration error, the mean of |P - came|: {error:.1%} ({low:.1%} to {high:.1%}); "
            "{chance:.1%} by chance alone, were every P true",
            error=self.found.error,
            low=low,
            high=high,
            chance=self.found.by_chance,
        )
        few = tr(
            "{count:,} positions are few: from {enough:,} up the intervals say more", count=self.positions, enough=FEW
        )
        return (error, *([few] if self.positions < FEW else []), self._how(), self.origin.line)

    def _how(self) -> str:
        """How far the text was read, and where the intervals come from."""
        how = {"count": self.positions, "times": RESAMPLES, "length": length(self.positions), "seed": self.seed}
        if self.whole:
            return tr(
                "all {count:,} positions; {times:,} times blocks of {length} positions drawn again, seed {seed}", **how
            )
        return tr(
            "the first {count:,} positions; {times:,} times blocks of {length} positions drawn again, seed {seed}",
            **how,
        )


def check(bins: int, tokens: int, seed: int) -> None:
    """Raise MisuseError, before a model is opened, for numbers that nothing can be done with."""
    if bins < 1:
        raise MisuseError(tr("{bins} bins hold nothing", bins=bins), tr("give at least 1"))
    if 0 < tokens < bins or tokens < 0:
        few = tr("{tokens} tokens do not fill {bins} bins", tokens=tokens, bins=bins)
        raise MisuseError(few, tr("give more; 0 is the whole text"))
    if seed < 0:
        raise MisuseError(tr("the seed {seed} is negative", seed=seed), tr("give a number from 0 up"))


def calibration(
    model: CausalLM,
    name: str,
    blocks: Iterable[str],
    *,
    bins: int = BINS,
    tokens: int = TOKENS,
    seed: int = 0,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Calibration:
    """Read a text that comes in blocks, as far as so many tokens; 0 is all of it.

    Raises MisuseError for numbers that nothing can be done with, and for a text of fewer positions than bins.
    """
    check(bins, tokens, seed)
    read, whole = _read(model, blocks, allow_special, tokens)
    count = len(read) - (0 if model.info.bos else 1)  # those that something stands before
    if count < bins:
        short = tr(
            "{name} is too short for {bins} bins: it has {tokens}",
            name=name,
            bins=bins,
            tokens=many(len(read), "token"),
        )
        raise MisuseError(short, tr("give a longer text"))
    windows = Windows.of(model.info, min(WINDOW, model.info.context))
    given = forecasts(model, list(windows.cut([read])), progress)
    return Calibration(name, count, whole, seed, reliability(given, bins, seed), of_text(model.info))


def _read(model: CausalLM, blocks: Iterable[str], allow_special: bool, most: int) -> tuple[Tokens, bool]:
    """The first so many tokens of a text, or all, and whether it has no more."""
    rest = iter(blocks)
    first = after_bos(model, next(rest, ""), allow_special)
    read = Tokens((), ())
    for part in encoded(lambda text: model.encode(text, allow_special=allow_special), chain([first], rest)):
        read += part
        if most and len(read) > most:
            return read[:most], False
    return read, True


def _shares(one: Bin) -> list[Cell]:
    low, high = one.interval
    return [f"{one.said:.1%}", f"{one.share:.1%}", f"{low:.1%} - {high:.1%}", Bar(one.share)]


def _counts(one: Bin) -> list[Cell]:
    low, high = (f"{share * one.positions:,.0f}" for share in one.interval)
    ratio = number(one.seen / one.expected, 2) if one.expected else ""
    return [one.span, f"{one.expected:,.1f}", f"{one.seen:,}", f"{low} - {high}", ratio]
