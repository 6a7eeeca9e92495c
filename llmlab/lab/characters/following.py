"""What comes next after a text, character by character: P(c | text) = P(text c) / P(text), over all of its covers.

A token that covers the text's end may go on beyond it: the first character that it goes on with is the next one. A
token that ends with the text is followed by another, whose first character is. Bytes that are no whole character are
followed to the tokens after them. At a temperature the text stays as it was read and what comes after it is drawn from
softmax(z / T), a covering token from softmax(z / T) over those that cover, as `generate` draws.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from llmlab.arrays import Doubles, Floats, Ints
from llmlab.backends.base import CausalLM, Tokens
from llmlab.backends.sampling import logsumexp, temper
from llmlab.backends.spellings import INVALID, UNFINISHED, Spellings
from llmlab.lab.characters.covers import Covers
from llmlab.language import later

BEYOND = 0.1  # mass of tokens that go beyond the text's end which makes its end no token boundary
FOLLOWED = 3e-4  # an unfinished character of so much mass is followed
TOGETHER = 16  # at a time


@dataclass(frozen=True)
class Ending:
    """A place where the text's last token may begin, with what covers the rest of the text from there."""

    tokens: Tokens  # the context before it
    rest: bytes  # of the text; empty where the text's own tokens end
    share: float  # of the mass that covers the text
    nexts: Floats  # [V] log-probabilities after the context, nats
    places: range  # of the tokens that cover the rest, among the spellings


@dataclass(frozen=True)
class Branch:
    """Tokens that reach beyond the text, and the bytes that they add to it."""

    tokens: Tokens  # all that the model reads
    added: bytes
    mass: float


@dataclass(frozen=True)
class Following:
    """The next character's distribution; all masses sum to 1."""

    temperature: float
    characters: dict[str, float]
    end: float  # mass of the tokens that end the text
    control: float  # of other control tokens
    invalid: float  # of bytes that are no character
    rest: float  # of what was not followed: unfinished characters, contexts that were not read

    @property
    def others(self) -> dict[str, float]:
        return {
            later("end of text"): self.end,
            later("control token"): self.control,
            later("invalid bytes"): self.invalid,
        }

    @property
    def entropy(self) -> float:
        """H in nats over the characters and the other outcomes (Shannon 1948); what was not followed is one of them."""
        masses = np.array([*self.characters.values(), *self.others.values(), self.rest])
        known = masses[masses > 0]
        return float(-(known * np.log(known)).sum()) + 0.0


def endings(spellings: Spellings, covers: Covers) -> list[Ending]:
    """Where the text's last token may begin; their shares sum to 1, but for what ends with the text."""
    found = []
    for one in covers.reaching:
        rest = covers.text[one.end :]
        places = spellings.within(rest)
        mass = logsumexp(one.nexts[spellings.ids[places.start : places.stop]]) if rest else 0.0
        found.append(Ending(one.tokens, rest, math.exp(one.logprob + mass - covers.logprob), one.nexts, places))
    return found


def drawn(spellings: Spellings, covers: Covers, temperature: float) -> list[Ending]:
    """The same as they are drawn from; at T = 0 only the likeliest."""
    found = endings(spellings, covers)
    if temperature > 0 or not any(one.rest for one in found):
        return found
    best = max((one for one in found if one.rest), key=lambda one: one.share)
    return [replace(best, share=1.0), *(one for one in found if not one.rest)]


def beyond(spellings: Spellings, covers: Covers) -> float:
    """Share of the mass that covers the text on tokens that go on beyond its end; 0 where nothing is covered."""
    inside = 0.0
    found = [one for one in endings(spellings, covers) if one.rest]
    for one in found:
        exact = spellings.exact(one.rest, one.places)
        logprobs = one.nexts[spellings.ids[one.places.start : one.places.stop]]
        last = len(exact)
        if last:
            inside += one.share * math.exp(logsumexp(logprobs[:last]) - logsumexp(logprobs))
    return max(sum(one.share for one in found) - inside, 0.0)


def following(model: CausalLM, spellings: Spellings, covers: Covers, temperature: float = 1.0) -> Following:
    """The distribution of the next character at a temperature."""
    found = _Sums(model, spellings, temperature)
    found.start(drawn(spellings, covers, temperature))
    while some := found.unfinished():
        found.follow(some)
    return found.result()


def branches(spellings: Spellings, ending: Ending, temperature: float) -> tuple[Ints, Doubles]:
    """The tokens that cover the rest of the text, in the order of their bytes, and their masses: they sum to 1."""
    ids = spellings.ids[ending.places.start : ending.places.stop]
    return ids, np.exp(temper(ending.nexts[ids], temperature).astype(np.float64))


def arrive(endings: Sequence[Ending], spellings: Spellings, temperature: float) -> dict[tuple[int, ...], float]:
    """The mass of each context that ends with the text: that of the exact token before it."""
    arrived: dict[tuple[int, ...], float] = defaultdict(float)
    if all(not one.rest for one in endings):  # nothing is covered: the text's end is given
        return {one.tokens.ids: one.share for one in endings}
    for one in endings:
        if one.rest:
            ids, masses = branches(spellings, one, temperature)
            for place in range(len(spellings.exact(one.rest, one.places))):
                arrived[(*one.tokens.ids, int(ids[place]))] += one.share * float(masses[place])
    return arrived


class _Sums:
    """Mass by character while tokens are followed."""

    def __init__(self, model: CausalLM, spellings: Spellings, temperature: float) -> None:
        self._model, self._spellings, self._temperature = model, spellings, temperature
        self._characters: dict[int, float] = defaultdict(float)
        self._ends = [token for token in spellings.silent(model.info.vocabulary).tolist() if model.is_end(token)]
        self._masses = {"end": 0.0, "control": 0.0, "invalid": 0.0}
        self._pending: list[Branch] = []

    def start(self, endings: Sequence[Ending]) -> None:
        arrived = arrive(endings, self._spellings, self._temperature)
        for one in endings:
            if one.rest:
                self._cover(one)
            else:
                self._whole(one.tokens, one.nexts, arrived.get(one.tokens.ids, 0.0))

    def unfinished(self) -> list[Branch]:
        """The heaviest of those worth following."""
        ordered = sorted(self._pending, key=lambda one: -one.mass)
        self._pending = ordered[TOGETHER:]
        return ordered[:TOGETHER]

    def follow(self, some: Sequence[Branch]) -> None:
        """Read the tokens after unfinished characters."""
        for one, nexts in zip(some, self._model.next([one.tokens for one in some]), strict=True):
            tempered = np.exp(temper(nexts, self._temperature).astype(np.float64))
            spelt = 0.0
            for first in range(0x80, 0xC0):  # what may go on with a character
                places = self._spellings.within(bytes([first]))
                ids = self._spellings.ids[places.start : places.stop].tolist()
                for token, piece in zip(ids, self._spellings[places.start : places.stop], strict=True):
                    mass = one.mass * float(tempered[token])
                    spelt += mass
                    self._place(one.tokens, token, one.added + piece, mass)
            self._masses["end"] += one.mass * float(tempered[self._ends].sum())
            self._masses["invalid"] += one.mass * (1 - float(tempered[self._ends].sum())) - spelt

    def result(self) -> Following:
        characters = {chr(point): mass for point, mass in self._characters.items() if mass > 0}
        known = sum(characters.values()) + sum(self._masses.values())
        return Following(self._temperature, characters, **self._masses, rest=max(1 - known, 0.0))

    def _cover(self, ending: Ending) -> None:
        """Tokens that go on beyond the text."""
        ids, masses = branches(self._spellings, ending, self._temperature)
        exact = len(self._spellings.exact(ending.rest, ending.places))
        places = range(ending.places.start + exact, ending.places.stop)
        self._heads(ending.tokens, places, ending.share * masses[exact:], len(ending.rest), ids[exact:])

    def _whole(self, tokens: Tokens, nexts: Floats, mass: float) -> None:
        """All tokens after a context that ends with the text."""
        tempered = mass * np.exp(temper(nexts, self._temperature).astype(np.float64))
        ids = self._spellings.ids
        self._heads(tokens, range(len(self._spellings)), tempered[ids], 0, ids)
        end = float(tempered[self._ends].sum())
        self._masses["end"] += end
        self._masses["control"] += max(mass - end - float(tempered[ids].sum()), 0.0)

    def _heads(self, tokens: Tokens, places: range, masses: Doubles, skip: int, ids: Ints) -> None:
        """Add masses by the first character after `skip` bytes; tokens of one character stand side by side."""
        if not len(places):
            return
        heads = self._spellings.heads(places, skip)
        starts = np.flatnonzero(np.diff(heads, prepend=heads[0] - 1))
        for head, mass in zip(heads[starts].tolist(), np.add.reduceat(masses, starts).tolist(), strict=True):
            if head >= 0:
                self._characters[head] += mass
            elif head == INVALID:
                self._masses["invalid"] += mass
        for place in np.flatnonzero((heads == UNFINISHED) & (masses >= FOLLOWED)).tolist():
            piece = self._spellings[places.start + place]
            self._pending.append(self._branch(tokens, int(ids[place]), piece[skip:], float(masses[place])))

    def _place(self, tokens: Tokens, token: int, added: bytes, mass: float) -> None:
        """Add the mass of one token after an unfinished character."""
        head = first_character(added)
        if head is None:
            if mass >= FOLLOWED:
                self._pending.append(self._branch(tokens, token, added, mass))
        elif head:
            self._characters[ord(head)] += mass
        else:
            self._masses["invalid"] += mass

    def _branch(self, tokens: Tokens, token: int, added: bytes, mass: float) -> Branch:
        return Branch(tokens + Tokens((token,), (self._model.piece(token),)), added, mass)


def first_character(raw: bytes) -> str | None:
    """The first character of some bytes; "" for bytes that are none, None for the beginning of one."""
    one = Spellings.of([raw])
    head = int(one.heads(range(1))[0])
    return None if head == UNFINISHED else "" if head == INVALID else chr(head)
