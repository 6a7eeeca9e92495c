"""A hidden word, found by similarity: each guess is told its cosine to it and its place among all words of the space.

A game is a state, and `guess` gives the next one: nothing is read and nothing is printed here. A guess counts once,
whatever its case; a word that the space lacks counts nothing.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import islice

import numpy as np

from llmlab.arrays import Doubles, Ints
from llmlab.config import Config
from llmlab.errors import MisuseError
from llmlab.lab import languages
from llmlab.lab.provenance import of_space
from llmlab.lab.shown import Shown
from llmlab.lab.text import finite, quoted
from llmlab.lab.vectors import filters
from llmlab.lab.vectors.charts.secret import path
from llmlab.lab.vectors.metrics import METRICS
from llmlab.lab.vectors.nearest import scored
from llmlab.lab.vectors.question import refuse_nameless
from llmlab.language import tr, tr_many
from llmlab.render.safe import visible
from llmlab.spaces.lookup import Query, row_of
from llmlab.spaces.space import Space
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once

COMMON = (4.2, 5.8)  # Zipf frequencies of the words that are hidden: known to all, and no "the"
POOL = 2_000  # words that one is drawn from
SHORTEST = {"zh": 2, "ja": 2, "ko": 2}  # letters of a hidden word; of others 4
HINT, GIVE_UP = "?", "!"
FIRST_HINT = 1_000  # place of a first hint, unless a nearer word is known
NEAREST = 10  # words that are told at the end


@dataclass(frozen=True)
class Hidden:
    """A word, and how near each word of its space is."""

    space: Space
    seed: int
    language: str
    row: int
    cosines: Doubles = field(compare=False, repr=False)  # [N] nan of a zero vector
    places: Ints = field(compare=False, repr=False)  # [N] 1 is nearest; 0 is the word itself

    @property
    def word(self) -> str:
        return self.space.words[self.row]

    def at(self, place: int) -> int:
        """The row of a place."""
        return int(np.flatnonzero(self.places == place)[0])


@dataclass(frozen=True)
class Guess:
    """A word of the space that was named, by the player or as a hint."""

    row: int
    hint: bool = False


@dataclass(frozen=True)
class SecretGame(Shown):
    """What was guessed so far."""

    hidden: Hidden
    guesses: tuple[Guess, ...] = ()
    given_up: bool = False

    @property
    def found(self) -> bool:
        return bool(self.guesses) and self.guesses[-1].row == self.hidden.row

    @property
    def over(self) -> bool:
        return self.found or self.given_up

    @property
    def hints(self) -> int:
        return sum(one.hint for one in self.guesses)

    @property
    def best(self) -> int | None:
        """The place of the nearest guess; None before the first."""
        return min((int(self.hidden.places[one.row]) for one in self.guesses), default=None)

    def views(self) -> list[View]:
        others = len(self.hidden.places) - 1
        columns = (
            Column("#", True),
            Column(tr("guess"), wide=True),
            Column("cosine", True, means=tr("to the hidden word: {meaning}", meaning=METRICS["cosine"].meaning)),
            Column(tr("place"), True, means=tr("among the {count:,} other words, 1 is nearest", count=others)),
            Column(""),
            Column(""),
        )
        rows: list[list[Cell]] = []
        for number, record in enumerate(self._records(), 1):
            place = tr("found") if record["place"] == 0 else f"{record['place']:,}"
            cosine, told = record["cosine"], tr("hint") if record["hint"] else ""
            shown = "-" if cosine is None else f"{cosine:z.4f}"  # a zero vector has none
            rows.append([number, visible(record["word"]), shown, place, told, Bar(max(cosine or 0.0, 0.0))])
        return [View("", columns, rows, (), self._conclusion), self._nearest()]

    def records(self) -> list[Record]:
        shared = {"seed": self.hidden.seed, **of_space(self.hidden.space).columns}
        return [{**record, **shared} for record in self._records()]

    def document(self) -> Record:
        shared = {"seed": self.hidden.seed, **of_space(self.hidden.space).columns}
        end: Record = {"secret": self.hidden.word, "language": self.hidden.language, "found": self.found}
        near = [{"place": place, "word": word, "cosine": cosine} for place, word, cosine in self.nearest()]
        return {**shared, **end, "guesses": stated_once(shared, self.records()), "nearest": near}

    def values(self) -> list[str]:
        """How many guesses it took; nan where the word was not found."""
        return [str(len(self.guesses)) if self.found else "nan"]

    def chart(self) -> Chart:
        return path(self)

    def nearest(self) -> list[tuple[int, str, float]]:
        """Place, word and cosine of the words nearest to the hidden one."""
        hidden = self.hidden
        rows = [hidden.at(place) for place in range(1, min(NEAREST, len(hidden.places) - 1) + 1)]
        found = [(place, hidden.space.words[row], float(hidden.cosines[row])) for place, row in enumerate(rows, 1)]
        return [one for one in found if math.isfinite(one[2])]

    def _records(self) -> list[Record]:
        hidden = self.hidden
        return [
            {
                "guess": number,
                "word": hidden.space.words[one.row],
                "cosine": finite(hidden.cosines[one.row]),
                "place": int(hidden.places[one.row]),
                "hint": one.hint,
            }
            for number, one in enumerate(self.guesses, 1)
        ]

    def _nearest(self) -> View:
        near = tr("nearest to {word}", word=visible(self.hidden.word))
        columns = (Column(tr("place"), True), Column(near, wide=True))
        rows: list[list[Cell]] = [[place, visible(word), f"{cosine:z.4f}"] for place, word, cosine in self.nearest()]
        notes = (tr("seed {seed}", seed=self.hidden.seed), of_space(self.hidden.space).line)
        return View("", (*columns, Column("cosine", True)), rows, notes)

    @property
    def _conclusion(self) -> str:
        told = {"word": quoted(self.hidden.word), "hints": "", "best": ""}
        if self.hints:
            told["hints"] = tr_many(", {count} of them a hint", ", {count} of them hints", self.hints)
        if self.found:
            return tr_many(
                "The word is {word}: found in {count} guess{hints}.",
                "The word is {word}: found in {count} guesses{hints}.",
                len(self.guesses),
                **told,
            )
        if self.guesses:
            told["best"] = tr("; the nearest guess was in place {place:,}", place=self.best)
        return tr_many(
            "The word is {word}: not found in {count} guess{hints}{best}.",
            "The word is {word}: not found in {count} guesses{hints}{best}.",
            len(self.guesses),
            **told,
        )


def space_for(config: Config, space: str | None, language: str) -> str:
    """The space that is played in. Raises MisuseError for an empty name, or a language that no text is told to be."""
    refuse_nameless(space)
    known = ["en", *languages.NAMES]
    if language and language not in known:
        message = tr("no language is called {name!r}", name=language)
        raise MisuseError(message, tr("one of: {names}", names=tr(", ").join(known)))
    return space or languages.space_of(config, language)


def hide(space: Space, seed: int, language: str = "") -> Hidden:
    """A word of a space, drawn by the seed from its common words of a language; without one the space's own.

    Raises MisuseError for a space without such words, and for a language whose frequencies are not known.
    """
    tongue = language or filters.language_of(space, "")
    words = pool(space, tongue)
    drawn = (space.words.find(words[place]) for place in np.random.default_rng(seed).permutation(len(words)).tolist())
    row = next((one for one in drawn if one is not None and space.vector(one).any()), None)
    if row is None or len(space.words) < 2:
        own, hint = space.facts.name, tr("give another --space, or --language")
        message = tr("the space {space} has no words to hide of the language {language!r}", space=own, language=tongue)
        raise MisuseError(message, hint)
    metric, every = METRICS["cosine"], np.arange(len(space.words))
    cosines = scored(space, Query("", space.vector(row), row), every, metric)
    places = np.empty(len(every), np.int64)
    places[metric.order(np.where(every == row, np.inf, cosines), every)] = every
    return Hidden(space, seed, tongue, row, np.where(np.isfinite(cosines), cosines, np.nan), places)


def pool(space: Space, language: str) -> list[str]:
    """The words that may be hidden: the first of the vocabulary that are plain and neither rare nor in every sentence.

    Of a space that has no such words, as a table of people, its first plain ones. Raises MisuseError for a language
    whose frequencies are not known.
    """
    low, high = COMMON
    common = (one for one in _plain(space, language) if low <= filters.frequency(one, language) <= high)
    return list(islice(common, POOL)) or list(islice(_plain(space, language), POOL))


def _plain(space: Space, language: str) -> Iterator[str]:
    """The words of a language that are letters alone, and not too few."""
    own, least = "" if language == "en" else language, SHORTEST.get(language, 4)
    for word in map(space.words.__getitem__, range(len(space.words))):
        if word.isalpha() and word == word.lower() and len(word) >= least and languages.language(word) == own:
            yield word


def guess(game: SecretGame, answer: str) -> SecretGame:
    """The game after an answer: a word, ? for a hint, ! to give up. What is refused leaves it as it is."""
    text = answer.strip()
    if game.over or refusal(game, text):
        return game
    if text == GIVE_UP:
        return replace(game, given_up=True)
    row = _hint(game) if text == HINT else row_of(game.hidden.space, text)
    assert row is not None
    return replace(game, guesses=(*game.guesses, Guess(row, text == HINT)))


def played(game: SecretGame, answers: Iterable[str]) -> SecretGame:
    """The game after some answers."""
    return reduce(guess, answers, game)


def refusal(game: SecretGame, answer: str) -> str:
    """Why an answer counts nothing; "" for one that counts."""
    text = answer.strip()
    if not text:
        return tr("name a word, {hint} for a hint, {give_up} to give up", hint=HINT, give_up=GIVE_UP)
    if text == GIVE_UP:
        return ""
    if text == HINT:
        return tr("no hint is left: you have the nearest word") if game.best == 1 else ""
    row = row_of(game.hidden.space, text)
    if row is None:
        return tr("{space} has no word {word}", space=game.hidden.space.facts.name, word=visible(text))
    tried = row in {one.row for one in game.guesses}
    return tr("you have tried {word}", word=visible(text)) if tried else ""


def _hint(game: SecretGame) -> int:
    """The row of a word half as far from the hidden one as the nearest guess."""
    far = min(game.best or 2 * FIRST_HINT, 2 * FIRST_HINT, len(game.hidden.places) - 1)
    return game.hidden.at(max(far // 2, 1))
