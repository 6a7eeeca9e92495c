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
from llmlab.lab.text import likelier, number, probability, quoted, times
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
            Column("order", wide=True),
            Column("log P", True, means="in nats"),
            Column("P", True, means="the probability of the whole sentence"),
            Column("x original", True, means="so many times as likely as the original, which has an arrow"),
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
        orders = f"{len(self.texts):,} orders"
        how = f"a sample of {orders} (seed {self.seed})" if self.sampled else f"all {orders}"
        best, original = self.texts[0], self.texts[self.place - 1]
        if self.place > 1:
            ratio = likelier(best.total - original.total)
            return f"The original is number {self.place:,} of {how}: {quoted(best.text)} is {ratio} it."
        return f"The original is the likeliest of {how}, {likelier(best.total - self.texts[1].total)} the next."

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
        raise MisuseError(f"seed {seed} is negative", "give a number from 0 up")
    if len(split(sentence)[0]) < 2:
        raise MisuseError(f"{sentence!r} has one word", "part its words by |, for example 我|喜欢|电影")


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
