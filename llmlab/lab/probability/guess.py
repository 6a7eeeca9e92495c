"""Shannon's game: guess a text symbol by symbol, beside what the model knows of it (Shannon 1951).

A game is a state, and `guess` gives the next one: nothing is read and nothing is printed here. A guess counts once
however often it is repeated; capitals count. What is given up is told, and costs the player the model's bits.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import regex

from llmlab.lab.probability.charts.guess import symbols as drawn
from llmlab.lab.probability.parts import PART
from llmlab.lab.probability.passage import Passage
from llmlab.lab.probability.shannon import Bounds, bounds
from llmlab.lab.shown import Shown
from llmlab.lab.text import finite, many, number, show
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

MISSING = 1e-3  # share of P that is worth a word
FEW = 100  # symbols below which bounds are rough: so many were guessed in the paper
FORMULA = later(
    "sum n (q_n - q_n+1) log2 n <= F <= - sum q_n log2 q_n, q_n the share that took n guesses (Shannon 1951)"
)
PLACE = {
    "word": later("its place among the model's words by probability; - : not among those found"),
    "character": later("its place among the model's characters by probability; - : not among those found"),
}
AT_A_TIME = {"word": later("one word at a time"), "character": later("one character at a time")}


@dataclass(frozen=True)
class Settled:
    """A symbol that the player knows now."""

    text: str
    bits: float  # the model's surprisal
    rank: int | None  # its place among the model's guesses; None where it is not among those found
    wrong: tuple[str, ...]  # what was guessed before it was right, or given up
    given_up: bool = False

    @property
    def guesses(self) -> int | None:
        """How many it took; None where it was given up."""
        return None if self.given_up else len(self.wrong) + 1


@dataclass(frozen=True)
class PlayerTally:
    """What one player's guesses of some symbols come to, a character of the text."""

    name: str
    first: float  # share that was right at once
    given_up: int
    bounds: Bounds  # bits a character


@dataclass(frozen=True)
class GuessingGame(Shown):
    """What was guessed so far; as a result, of the symbols that are settled."""

    passage: Passage
    settled: tuple[Settled, ...] = ()
    wrong: tuple[str, ...] = ()  # guesses of the symbol that is asked

    @property
    def over(self) -> bool:
        return len(self.settled) == len(self.passage.bits)

    @property
    def asked(self) -> str:
        """The symbol that is to be guessed."""
        return self.passage.excerpt.asked[len(self.settled)]

    @property
    def known(self) -> str:
        """The text as far as the player knows it."""
        return self.passage.excerpt.before + "".join(one.text for one in self.settled)

    @property
    def characters(self) -> int:
        """Of what is settled."""
        return sum(len(regex.findall(r"\X", one.text)) for one in self.settled)

    @property
    def model_bits(self) -> float:
        """Bits a character of what is settled, by the model's probabilities."""
        total = math.fsum(one.bits for one in self.settled)
        return total / self.characters if self.characters else math.nan

    @property
    def player(self) -> PlayerTally:
        return self._tally(tr("you"), [one.guesses for one in self.settled])

    @property
    def model(self) -> PlayerTally:
        """The same of guesses by probability; what the model was not followed to, it gives up."""
        return self._tally(tr("the model"), [one.rank for one in self.settled])

    def views(self) -> list[View]:
        columns = (
            Column(tr("who")),
            Column(tr("at once"), True, means=tr("share of symbols right at the first guess")),
            Column(tr("given up"), True, means=tr("symbols that were told instead, for the model's bits")),
            Column(tr("at least"), True, means=tr("bits a character by the numbers of guesses, lower bound")),
            Column(tr("at most"), True, means=tr("upper bound")),
            Column(tr("bits"), True, means=tr("a character, by the model's probabilities")),
        )
        rows = [self._cells(self.player, math.nan), self._cells(self.model, self.model_bits)]
        title = f"{'… ' if self.passage.excerpt.cut else ''}{visible(self.known)}"
        return [View(title, columns, rows, (), self._conclusion), self._symbols()]

    def records(self) -> list[Record]:
        asked = self.passage.excerpt
        return [
            {
                "text": asked.name,
                "seed": asked.seed,
                "position": position,
                asked.by: one.text,
                "wrong": list(one.wrong),
                "guesses": one.guesses,
                "model_rank": one.rank,
                "model_bits": finite(one.bits),
                **self.passage.origin.columns,
            }
            for position, one in enumerate(self.settled)
        ]

    def document(self) -> Record:
        asked = self.passage.excerpt
        shared: Record = {"text": asked.name, "seed": asked.seed, **self.passage.origin.columns}
        who = {"player": self._document(self.player), "model_guesses": self._document(self.model)}
        whole = {"by": asked.by, "before": asked.before, "model_bits_per_character": finite(self.model_bits)}
        return {**shared, **whole, **who, "guessed": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [repr(self.player.bounds.upper)]

    def chart(self) -> Chart:
        return drawn(self)

    def _tally(self, name: str, guesses: Sequence[int | None]) -> PlayerTally:
        found = bounds(guesses, [one.bits for one in self.settled])
        first = guesses.count(1) / len(guesses) if guesses else math.nan
        return PlayerTally(name, first, guesses.count(None), found.per(len(guesses), self.characters))

    def _cells(self, of: PlayerTally, bits: float) -> list[Cell]:
        first = "-" if math.isnan(of.first) else f"{of.first:.0%}"
        return [of.name, first, of.given_up, number(of.bounds.lower), number(of.bounds.upper), number(bits)]

    def _document(self, of: PlayerTally) -> Record:
        found = {
            "lower_bits_per_character": finite(of.bounds.lower),
            "upper_bits_per_character": finite(of.bounds.upper),
        }
        return {"right_at_once": finite(of.first), "given_up": of.given_up, **found}

    def _symbols(self) -> View:
        by = self.passage.excerpt.by
        columns = (
            Column(tr(PART[by]), wide=True),
            Column(tr("guesses"), True, means=tr("how many it took you; - : given up")),
            Column(tr("model's"), True, means=tr(PLACE[by])),
            Column(tr("bits"), True, means=tr("its surprisal, -log2 P, for the model")),
            Column(tr("you tried"), wide=True),
        )
        rows: list[list[Cell]] = [
            [
                show(one.text.encode()),
                one.guesses or "-",
                one.rank or "-",
                number(one.bits, 2),
                " ".join(show(guess.encode()) for guess in one.wrong),
            ]
            for one in self.settled
        ]
        return View("", columns, rows, self._notes)

    @property
    def _conclusion(self) -> str:
        if not self.settled:
            return tr("Nothing was guessed.")
        bits = number(self.model_bits, 2)
        if self.player.given_up == len(self.settled):
            return tr("All was given up, which costs what the model needs: {bits} bits a character.", bits=bits)
        found = self.player.bounds
        return tr(
            "By your guesses the text has between {lower} and {upper} bits a character; the model needs {bits}.",
            lower=number(found.lower, 2),
            upper=number(found.upper, 2),
            bits=bits,
        )

    @property
    def _notes(self) -> tuple[str, ...]:
        count, left, asked = len(self.settled), self.passage.left_out, self.passage.excerpt
        notes = [tr(FORMULA)]
        if self._gave_up:
            notes.append(tr("a symbol given up is an outcome of its own; at most it costs the model's bits"))
        if 0 < count < FEW:
            of = many(count, "symbol")
            notes.append(tr("bounds of {symbols} are rough and too low: the paper has {few}", symbols=of, few=FEW))
        if left > MISSING:
            notes.append(tr("left out of the model's sums: about {left:.1g} of P", left=left))
        return (*notes, tr("{name}, seed {seed}", name=asked.name, seed=asked.seed), self.passage.origin.line)

    @property
    def _gave_up(self) -> bool:
        return bool(self.player.given_up or self.model.given_up)


def guess(game: GuessingGame, answer: str) -> GuessingGame:
    """The game after an answer: a guess, or nothing to be told the symbol. What is refused leaves it as it is."""
    if game.over or refusal(game, answer):
        return game
    own = _plain(game, answer)
    if not own or own == _plain(game, game.asked):
        number = len(game.settled)
        known = Settled(game.asked, game.passage.bits[number], game.passage.rank(number), game.wrong, not own)
        return replace(game, settled=(*game.settled, known), wrong=())
    return replace(game, wrong=(*game.wrong, own))


def played(game: GuessingGame, answers: Iterable[str]) -> GuessingGame:
    """The game after some answers."""
    return reduce(guess, answers, game)


def refusal(game: GuessingGame, answer: str) -> str:
    """Why an answer is no guess and costs nothing; "" for one that is."""
    by = game.passage.excerpt.by
    own = _plain(game, answer)
    parts = regex.findall(r"\X", own) if by == "character" else own.split()
    if len(parts) > 1:
        return tr(AT_A_TIME[by])
    return tr("you have tried that") if own in game.wrong else ""


def _plain(game: GuessingGame, text: str) -> str:
    """A guess without the spaces around a word."""
    composed = unicodedata.normalize("NFC", text)
    return composed.strip() if game.passage.excerpt.by == "word" else composed
