"""A sentence with its blanks filled, and what the fillings of one word class come to together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.lab.probability.choose import normalised
from llmlab.lab.probability.parts import CLASS
from llmlab.lab.text import finite, probability
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Column, Record


@dataclass(frozen=True)
class Filling:
    """The sentence with its blanks filled."""

    words: tuple[str, ...]
    text: str
    before: float  # nats: of the tokens before the first blank that all fillings share
    fill: float  # nats: of the words in the blanks, and of what is not shared before the first
    rest: float  # nats: of everything else after the first blank
    merged: bool  # a token spans a word and what surrounds it
    kind: str = ""  # the word's class, where classes are compared

    @property
    def given(self) -> float:
        """log P of the sentence given the shared tokens, nats."""
        return self.fill + self.rest

    @property
    def total(self) -> float:
        """log P of the sentence, nats."""
        return self.before + self.fill + self.rest


@dataclass(frozen=True)
class Sum:
    """What the words of one class come to together."""

    kind: str
    words: int
    logprob: float  # nats, given the tokens that all fillings share
    share: float  # of all classes
    best: str

    def cells(self, compared: bool) -> list[Cell]:
        share: list[Cell] = [f"{self.share:.4f}", Bar(self.share)] if compared else []
        return [tr(CLASS[self.kind]), self.words, probability(self.logprob), *share, visible(self.best)]

    def record(self) -> Record:
        sums = {"logprob_nats": finite(self.logprob), "share": finite(self.share)}
        return {"class": self.kind, "words": self.words, **sums, "likeliest": self.best}


def totals(fillings: Sequence[Filling]) -> list[Sum]:
    """The classes of fillings, likeliest first: P of a class is the sum over its words, each with what follows."""
    of: dict[str, list[Filling]] = defaultdict(list)
    for one in sorted(fillings, key=lambda one: -one.total):
        of[one.kind].append(one)
    logs = {kind: float(np.logaddexp.reduce([one.given for one in own])) for kind, own in of.items()}
    shares = dict(zip(logs, normalised(list(logs.values())), strict=True))
    found = [Sum(kind, len(own), logs[kind], shares[kind], own[0].words[0]) for kind, own in of.items()]
    return sorted(found, key=lambda one: -one.logprob)


def columns(*, kinds: bool, follows: bool) -> list[Column]:
    """What is told of a filling; of its class, and of what follows it, where there is such."""
    told = [Column("#", True), Column(tr("filling"), wide=True)]
    told += [Column(tr("class"))] if kinds else []
    told.append(Column(tr("word | left"), True, means=tr("log P of the word after the tokens that begin all rows")))
    told += [Column(tr("right | word"), True, means=tr("of what follows it"))] if follows else []
    told.append(Column(tr("sentence"), True, means=tr("of the whole")))
    return [*told, Column(tr("share"), True, means=tr("of the probability of these fillings")), Column("")]


def class_columns(*, compared: bool) -> list[Column]:
    """What is told of a class; the share of the only one would be 1."""
    told = [Column(tr("class")), Column(tr("words"), True)]
    told.append(Column("P", True, means=tr("of any of the class's words there, with what follows")))
    told += [Column(tr("share"), True, means=tr("of these classes")), Column("")] if compared else []
    return [*told, Column(tr("likeliest"), wide=True, means=tr("word of the class"))]
