"""Word order: every order of a sentence's words, ranked by probability.

Words are parted by spaces, or by `|` where the text has marks (我|喜欢|电影); Chinese without either is cut into words
by jieba's dictionary. Punctuation at the end stays there. All orders of up to EXACT words are scored; of a longer
sentence, a sample with a stated seed.
"""

import itertools
import re
from dataclasses import dataclass

import numpy as np

from llmlab.backends.base import CausalLM
from llmlab.errors import MisuseError
from llmlab.lab.languages import UNSPACED, language
from llmlab.lab.probability.charts.orders import likeliest_orders
from llmlab.lab.probability.scored import Scored, likeliest_first, score
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import alike, number, probability, quoted, times
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

EXACT = 8  # words; 8! = 40,320 orders
SAMPLED = 5_000  # orders of a longer sentence
SHOWN = 10  # orders in the table


@dataclass(frozen=True)
class Orders(Shown):
    """The orders of one sentence, likeliest first."""

    original: str
    texts: tuple[Scored, ...]
    sampled: bool
    seed: int
    origin: Provenance

    @property
    def place(self) -> int:
        """Where the original stands, from 1."""
        return 1 + [one.text for one in self.texts].index(self.original)

    def views(self) -> list[View]:
        columns = (
            Column("#", True),
            Column(tr("order"), wide=True),
            Column("log P", True, means=tr("in nats")),
            Column("P", True, means=tr("the probability of the whole sentence")),
            Column(tr("x original"), True, means=tr("so many times as likely as the original, which has an arrow")),
        )
        reference = self.texts[self.place - 1].total
        shown = [*range(min(SHOWN, len(self.texts)))]
        shown += [self.place - 1] if self.place - 1 not in shown else []
        rows: list[list[Cell]] = [
            [
                f"{'→ ' if i == self.place - 1 else ''}{i + 1}",
                visible(self.texts[i].text),
                number(self.texts[i].total),
                probability(self.texts[i].total),
                times(self.texts[i].total - reference),
            ]
            for i in shown
        ]
        return [View(visible(self.original), columns, rows, (self.origin.line,), self._conclusion())]

    def _conclusion(self) -> str:
        best, original = self.texts[0], self.texts[self.place - 1]
        apart = best.total - (original if self.place > 1 else self.texts[1]).total
        said = {"place": self.place, "orders": self._orders(), "best": quoted(best.text), "ratio": times(apart)}
        if self.place == 1 and alike(apart):
            return tr("The original is the likeliest of {orders}, as likely as the next.", **said)
        if self.place == 1:
            return tr("The original is the likeliest of {orders}, {ratio} likelier than the next.", **said)
        if alike(apart):
            return tr("The original is number {place:,} of {orders}: {best} is as likely as it.", **said)
        return tr("The original is number {place:,} of {orders}: {best} is {ratio} likelier than it.", **said)

    def _orders(self) -> str:
        """What was ranked."""
        count = len(self.texts)
        if self.sampled:
            return tr("a sample of {count:,} orders (seed {seed})", count=count, seed=self.seed)
        return tr("all {count:,} orders", count=count)

    def records(self) -> list[Record]:
        return [
            {"rank": rank, "original": one.text == self.original, **one.summary(), **self.origin.columns}
            for rank, one in enumerate(self.texts, 1)
        ]

    def chart(self) -> Chart:
        return likeliest_orders(self)

    def document(self) -> Record:
        shared = {"sentence": self.original, "place": self.place, "orders": len(self.texts)}
        shared |= {"sampled": self.sampled, "seed": self.seed if self.sampled else None, **self.origin.columns}
        return {**shared, "ranking": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [self.texts[0].text]


def orders(
    model: CausalLM, sentence: str, seed: int = 0, *, allow_special: bool = False, progress: Progress = silent
) -> Orders:
    """Rank the orders of a sentence's words. Raises MisuseError for fewer than two words."""
    sentence = after_bos(model, sentence, allow_special)
    check(sentence, seed)
    words, joint, end = split(sentence)
    original = joint.join(words) + end
    exact = len(words) <= EXACT
    arrangements = itertools.permutations(words) if exact else _sample(words, seed)
    texts = list(dict.fromkeys([original, *(joint.join(order) + end for order in arrangements)]))
    scored = score(model, texts, allow_special=allow_special, progress=progress)
    return Orders(original, likeliest_first(scored), not exact, seed, of_text(model.info))


def check(sentence: str, seed: int = 0) -> None:
    """Raise MisuseError as `orders` does, before a model is opened."""
    if seed < 0:
        raise MisuseError(tr("seed {seed} is negative", seed=seed), tr("give a number from 0 up"))
    if len(split(sentence)[0]) < 2:
        hint = tr("part its words by |, for example 我|喜欢|电影")
        raise MisuseError(tr("{sentence!r} has one word", sentence=sentence), hint)


def split(sentence: str) -> tuple[list[str], str, str]:
    """The words, what stands between them, and the punctuation at the end."""
    found = re.fullmatch(r"(.*?)([\s.!?。！？…]*)", sentence.strip(), re.DOTALL)
    body, end = (found[1], found[2]) if found else (sentence, "")
    spoken = language(body)
    joint = "" if spoken in UNSPACED else " "
    if "|" in body:
        return [word.strip() for word in body.split("|") if word.strip()], joint, end
    if spoken == "zh" and not re.search(r"\s", body):
        import rjieba

        return list(rjieba.cut(body)), joint, end
    return body.split(), " ", end


def _sample(words: list[str], seed: int) -> list[list[str]]:
    generator = np.random.default_rng(seed)
    return [[words[i] for i in generator.permutation(len(words))] for _ in range(SAMPLED)]
