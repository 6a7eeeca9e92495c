"""The likeliest next tokens that a server lists, and the probability that its list leaves out."""

import math
from dataclasses import dataclass

from llmlab.backends.served.base import UNNUMBERED, NamedToken, Served
from llmlab.errors import UnsupportedError
from llmlab.lab.probability.charts.next import listed
from llmlab.lab.probability.parts import NEXT
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import finite, probability, raw, show
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Record, View, stated_once

BY_TOKEN = later("a server does not show whether the text ends inside a token: by token, after the text as it stands")
BY_TEXT = later("this server names tokens by their text, and two may share one: such a row is one of them")


@dataclass(frozen=True)
class NextListed(Shown):
    """What a server lists after a context, at T = 1."""

    context: Prompt
    tokens: tuple[NamedToken, ...]  # likeliest first
    by_text: bool  # tokens have no number, and two may look the same
    origin: Provenance

    @property
    def cumulative(self) -> tuple[float, ...]:
        """The probability of each token and of those before it."""
        masses = [math.exp(one.logprob) for one in self.tokens]
        return tuple(min(math.fsum(masses[: place + 1]), 1.0) for place in range(len(masses)))

    @property
    def missing(self) -> float:
        """The probability of all that is not listed."""
        return 1 - self.cumulative[-1]

    def views(self, *, measures: bool = False) -> list[View]:  # a server's list has none
        columns = (
            Column("#", True),
            Column(tr(NEXT["token"]), wide=True),
            Column("P", True, means=tr("probability after the text")),
            Column(tr("sum"), True, means=tr("of this row and those above")),
            Column(""),
        )
        rows: list[list[Cell]] = [
            [rank, show(one.piece), probability(one.logprob), f"{mass:.4f}", Bar(math.exp(one.logprob))]
            for rank, (one, mass) in enumerate(zip(self.tokens, self.cumulative, strict=True), 1)
        ]
        left = tr(
            "the server lists the likeliest tokens alone: {mass:.1%} of the probability is on others", mass=self.missing
        )
        more = [tr(one) for one, told in ((BY_TOKEN, self.context.unhealed), (BY_TEXT, self.by_text)) if told]
        notes = (left, *more, self.origin.line)
        best = self.tokens[0]
        said = {"shown": show(best.piece), "mass": math.exp(best.logprob), "next": tr(NEXT["token"])}
        conclusion = tr("{shown} ({mass:.0%}) is the likeliest {next}", **said)
        return [View(f"{visible(self.context.text)} ...", columns, rows, notes, conclusion)]

    def records(self) -> list[Record]:
        return [
            {
                **self._context(),
                "temperature": 1.0,
                "rank": rank,
                "token": raw(one.piece),
                "token_id": None if one.number == UNNUMBERED else one.number,
                "logprob_nats": finite(one.logprob),
                "probability": math.exp(one.logprob),
                "cumulative_probability": mass,
                "missing_mass": self.missing,
                **self.origin.columns,
            }
            for rank, (one, mass) in enumerate(zip(self.tokens, self.cumulative, strict=True), 1)
        ]

    def document(self) -> Record:
        shared = {**self._context(), **self.origin.columns}
        return {**shared, "next": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        return [raw(self.tokens[0].piece)]

    def chart(self) -> Chart:
        return listed(self)

    def _context(self) -> Record:
        asked = {"context": self.context.asked, "rendered_context": self.context.text, "chat": self.context.chat}
        return {**asked, "by": "token"}


def next_listed(model: Served, context: Prompt, k: int, *, plain: bool) -> NextListed:
    """The k likeliest next tokens. `plain`: nothing but a list at T = 1 is asked for.

    Raises UnsupportedError for what needs all tokens, and where the server lists none or fewer.
    """
    if not plain:
        message = tr("a server lists the likeliest tokens alone; temperatures, filters and other parts need all")
        raise UnsupportedError(message, "llama.cpp", tr("leave them out, or use a model of this machine"))
    by_text = model.abilities.named == "text"
    return NextListed(context, model.likeliest(context.tokens, k), by_text, of_text(model.info))
