"""The counts behind the next token of an n-gram model: all that it takes to work its probability out by hand.

P of an order is (c(hw) - D) / c(h) + γ(h) x P of the order below, from 1 / V up; see backends/ngram/kneser_ney.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from llmlab.backends.base import CausalLM
from llmlab.backends.ngram.kneser_ney import CountStep
from llmlab.backends.ngram.model import NgramLM
from llmlab.backends.settings import Settings
from llmlab.errors import MisuseError
from llmlab.lab.probability.next import PLAIN, Next
from llmlab.lab.shown import Shown
from llmlab.lab.text import raw, show
from llmlab.language import later, tr
from llmlab.view import Cell, Chart, Column, Panel, Record, View, stated_once

FORMULA = later(
    "P of n = (c(hw) - D) / c(h) + γ(h) x P of n - 1; D is D1, D2 or D3 by c(hw), 1, 2, or 3 and more; 0 for none"
)
TRAINED = later("llmlab train ngram NAME --text FILE makes one")
FOLLOWED = (
    later("how many tokens have the count 1 after h"),
    later("how many tokens have the count 2 after h"),
    later("how many tokens have the count 3 or more after h"),
)
DISCOUNTED = (
    later("is taken off a count of 1"),
    later("is taken off a count of 2"),
    later("is taken off a count of 3 or more"),
)
OF_TOKENS = {
    "character": later("--counts are of tokens, not of a character"),
    "word": later("--counts are of tokens, not of a word"),
}


@dataclass(frozen=True)
class Behind:
    """How the probability of one token comes about."""

    token: bytes
    steps: tuple[CountStep, ...]  # from the unigrams up


@dataclass(frozen=True)
class CountedNext(Shown):
    """The likeliest next tokens, and the counts behind each."""

    next: Next
    contexts: tuple[bytes, ...]  # h of each order, from the unigrams up
    discounts: tuple[tuple[float, float, float], ...]  # D1, D2, D3 of each
    lowest: float  # P below the unigrams
    listed: tuple[Behind, ...]

    def views(self, *, measures: bool = False) -> list[View]:
        return [*self.next.views(measures=measures), self._contexts(), self._tokens()]

    def records(self) -> list[Record]:
        """A record a token, with its orders."""
        found = zip(self.next.records(), self.listed, strict=True)
        return [{**one, "lowest": self.lowest, "counts": self._steps(behind)} for one, behind in found]

    def document(self) -> Record:
        known = self.next.document()
        shared = {**{key: value for key, value in known.items() if key not in ("cuts", "next")}, "lowest": self.lowest}
        return {**known, "lowest": self.lowest, "next": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return self.next.values()

    def panels(self) -> list[Panel]:
        return self.next.panels()

    def chart(self) -> Chart:
        return self.next.chart()

    def _contexts(self) -> View:
        """What is the same for every token: a row an order."""
        columns = (
            Column("n", True, means=tr("tokens of an n-gram")),
            Column("h", means=tr("what stands before the next token")),
            Column("c(h)", True, means=tr("the sum of the counts after h; 0 where h was never seen")),
            *(Column(f"N{k}", True, means=tr(means)) for k, means in enumerate(FOLLOWED, 1)),
            *(Column(f"D{k}", True, means=tr(means)) for k, means in enumerate(DISCOUNTED, 1)),
            Column("γ(h)", True, means=tr("(D1 N1 + D2 N2 + D3 N3) / c(h): what goes to the order below")),
        )
        steps = self.listed[0].steps
        rows: list[list[Cell]] = [
            [
                one.order,
                show(h),
                f"{one.total:,}",
                *map(str, one.follow),
                *(f"{d:.6f}" for d in own),
                f"{one.weight:.6f}",
            ]
            for one, h, own in zip(steps, self.contexts, self.discounts, strict=True)
        ]
        return View("", columns, rows, (tr("below n = 1 stands 1 / V = {lowest:.4g}", lowest=self.lowest),))

    def _tokens(self) -> View:
        """c(hw) and P of each token, order by order."""
        columns = [Column(tr("next token"), wide=True)]
        for step in self.listed[0].steps:
            columns += [
                Column(f"c{step.order}", True, means=f"c(hw), n = {step.order}"),
                Column(f"P{step.order}", True, means=tr("probability by n-grams up to n = {n}", n=step.order)),
            ]
        rows: list[list[Cell]] = []
        for one in self.listed:
            row: list[Cell] = [show(one.token)]
            for step in one.steps:
                row += [f"{step.count:,}", f"{step.probability:.6f}"]
            rows.append(row)
        return View("", tuple(columns), rows, (tr(FORMULA),))

    def _steps(self, behind: Behind) -> list[Record]:
        return [
            {
                "n": one.order,
                "context": raw(h),
                "count": one.count,
                "total": one.total,
                "followed": list(one.follow),
                "discounts": list(own),
                "discount": one.discount,
                "weight": one.weight,
                "probability": one.probability,
            }
            for one, h, own in zip(behind.steps, self.contexts, self.discounts, strict=True)
        ]


def check(by: str | None, temperatures: Sequence[float], filters: Settings) -> None:
    """Raise MisuseError for what is not the model's own probability of a token."""
    if by in OF_TOKENS:
        raise MisuseError(tr(OF_TOKENS[by]), tr("leave out --by"))
    if tuple(temperatures) != (1.0,) or filters != PLAIN:
        hint = tr("leave out --temperature, filters and the penalty")
        raise MisuseError(tr("--counts are behind P at T = 1"), hint)


def counted(model: CausalLM, found: Next) -> CountedNext:
    """The counts behind each listed token. Raises MisuseError for a model that has none."""
    if not isinstance(model, NgramLM):
        none = tr("{model} is no n-gram model, and has no counts", model=model.info.name)
        raise MisuseError(none, tr(TRAINED))
    context = found.context.tokens
    listed = [Behind(piece, model.steps(context, token)) for token, piece in zip(found.ids, found.pieces, strict=True)]
    contexts = [b"".join(map(model.piece, step.context)) for step in listed[0].steps]
    return CountedNext(found, tuple(contexts), model.discounts, model.lowest, tuple(listed))
