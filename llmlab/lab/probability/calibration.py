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
            Column("P", True, means="mean probability of the likeliest token, in bins of as many positions"),
            Column("came", True, means="share of the positions at which it is the text's own"),
            Column("95 %", means=INTERVAL),
            Column(""),
            Column("positions", True),
        )
        rows = [[*_shares(one), f"{one.positions:,}"] for one in self.found.top]
        return View(f"{self.name}: the likeliest token", columns, rows, self._notes(), self._conclusion())

    def _decades(self) -> View:
        columns = (
            Column("P"),
            Column("expected", True, means="the sum of P over all tokens of the vocabulary at all positions"),
            Column("seen", True, means="so many of the text's own tokens had such a P"),
            Column("95 %", means="where the true number lies, 95 times of 100"),
            Column("seen/expected", True),
        )
        return View("every token, by decade of P", columns, [_counts(one) for one in self.found.decades])

    def _conclusion(self) -> str:
        one = min(self.found.top, key=lambda one: abs(one.said - ASKED))
        low, high = one.interval
        came = f"it comes in {one.share:.1%} of the positions ({low:.1%} to {high:.1%})"
        return f"Where the model gives its likeliest token {one.said:.1%}, {came}."

    def _notes(self) -> tuple[str, ...]:
        low, high = (f"{one:.1%}" for one in self.found.interval)
        error = f"expected calibration error, the mean of |P - came|: {self.found.error:.1%} ({low} to {high})"
        chance = f"{self.found.by_chance:.1%} by chance alone, were every P true"
        few = f"{self.positions:,} positions are few: from {FEW:,} up the intervals say more"
        read = f"{'all' if self.whole else 'the first'} {self.positions:,} positions"
        how = f"{RESAMPLES:,} times blocks of {length(self.positions)} positions drawn again, seed {self.seed}"
        return (f"{error}; {chance}", *([few] if self.positions < FEW else []), f"{read}; {how}", self.origin.line)


def check(bins: int, tokens: int, seed: int) -> None:
    """Raise MisuseError, before a model is opened, for numbers that nothing can be done with."""
    if bins < 1:
        raise MisuseError(f"{bins} bins hold nothing", "give at least 1")
    if 0 < tokens < bins or tokens < 0:
        raise MisuseError(f"{tokens} tokens do not fill {bins} bins", "give more; 0 is the whole text")
    if seed < 0:
        raise MisuseError(f"the seed {seed} is negative", "give a number from 0 up")


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
        raise MisuseError(
            f"{name} is too short for {bins} bins: it has {many(len(read), 'token')}", "give a longer text"
        )
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
