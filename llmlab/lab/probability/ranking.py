"""Which of several texts is likelier, and by how much."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from llmlab.backends.base import CausalLM
from llmlab.lab.probability.charts.ranking import texts
from llmlab.lab.probability.prob import Ledger, ledgers
from llmlab.lab.probability.scored import Scored, likeliest_first, score
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import Unit, alike, figure, finite, probability, quoted, times, value
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View

TOKEN, CHARACTER, NEXT = later("/token"), later("/char"), later("x next")  # columns
MEANS = {
    "log P": later("natural logarithm of P, in nats"),
    "P": later("the probability of the whole text"),
    "bits": later("-log2 P"),
    NEXT: later("so many times likelier than the next text"),
}
MEAN = {  # of a column, by the unit
    TOKEN: {
        "prob": later("geometric mean of P a token"),
        "nats": later("mean of log P a token"),
        "bits": later("mean of the bits a token"),
    },
    CHARACTER: {
        "prob": later("geometric mean of P a character"),
        "nats": later("mean of log P a character"),
        "bits": later("mean of the bits a character"),
    },
}


@dataclass(frozen=True)
class Ranking(Shown):
    """Several texts, as they were given, and ranked: likeliest first, equals in the order given, unknown ones last."""

    given: tuple[Ledger, ...]
    origin: Provenance

    @property
    def texts(self) -> tuple[Scored, ...]:
        """Likeliest first."""
        return tuple(one.scored for one in likeliest_first(self.given))

    def views(self, *, unit: Unit | None = None, per_token: bool = False) -> list[View]:
        """Without a unit log P and P stand side by side; `per_token` adds means, by which short texts look rare."""
        names = {None: ["log P", "P"], "prob": ["P"], "nats": ["log P"], "bits": ["bits"]}[unit]
        names += [TOKEN, CHARACTER] if per_token else []
        numbers = (Column(tr(name), True, means=_meaning(name, unit)) for name in [*names, NEXT])
        columns = (Column("#", True), Column(tr("text"), wide=True), *numbers)
        found = zip(range(1, len(self.texts) + 1), self.texts, self._ratios(), strict=True)
        rows = [self._cells(unit, per_token, *one) for one in found]
        cut = max(self.texts, key=lambda one: one.windows).notes
        return [View("", columns, rows, (*self._lengths(), *cut, self.origin.line), self._conclusion())]

    def records(self) -> list[Record]:
        return [
            {"rank": rank, **scored.summary(), "log_ratio_to_next_nats": ratio, **self.origin.columns}
            for rank, (scored, ratio) in enumerate(zip(self.texts, self._ratios(), strict=True), 1)
        ]

    def chart(self) -> Chart:
        return texts(self)

    def document(self) -> Record:
        ranked = zip(likeliest_first(self.given), self._ratios(), strict=True)
        texts = [one.entry(rank, ratio) for rank, (one, ratio) in enumerate(ranked, 1)]
        return {**self.origin.columns, "texts": texts}

    def values(self, unit: Unit | None = None) -> list[str]:
        return [value(one.total, unit or "prob") for one in self.given]

    def _conclusion(self) -> str:
        first, second, ratio = *self.texts[:2], self._ratios()[0]
        if ratio is None:
            return ""
        two = {"one": quoted(first.text), "other": quoted(second.text)}
        if len(self.texts) == 2:
            if alike(ratio):
                return tr("{one} is as likely as {other}.", **two)
            return tr("{one} is {ratio} likelier than {other}.", ratio=times(ratio), **two)
        count = len(self.texts)
        if alike(ratio):
            return tr("{one} is the likeliest of {count:,} texts, as likely as the next, {other}.", count=count, **two)
        return tr(
            "{one} is the likeliest of {count:,} texts, {ratio} likelier than the next, {other}.",
            count=count,
            ratio=times(ratio),
            **two,
        )

    def _lengths(self) -> tuple[str, ...]:
        lengths = [len(one.tokens) for one in self.texts]
        few, many = min(lengths), max(lengths)
        if len(lengths) == 2:
            said = tr("the texts have {few} and {many} tokens: a longer text is rarer on the whole", few=few, many=many)
        else:
            said = tr("the texts have {few} to {many} tokens: a longer text is rarer on the whole", few=few, many=many)
        return (said,) if few < many else ()

    def _cells(self, unit: Unit | None, per_token: bool, rank: int, scored: Scored, ratio: float | None) -> list[Cell]:
        one = unit or "nats"
        cells: list[Cell] = [rank, visible(scored.text), figure(one, scored.total)]
        if unit is None:
            cells.append(probability(scored.total))
        if per_token:
            cells += [figure(one, scored.per_token), figure(one, scored.per_character)]
        return [*cells, "" if ratio is None else times(ratio)]

    def _ratios(self) -> list[float | None]:
        """log P(text) - log P(the next one), None for the last and beside a text without a probability."""
        totals = [scored.total for scored in self.texts]
        return [finite(a - b) for a, b in itertools.pairwise(totals)] + [None]


def _meaning(name: str, unit: Unit | None) -> str:
    """What a column says."""
    return tr(MEANS[name] if name in MEANS else MEAN[name][unit or "nats"])


def unranked(
    model: CausalLM, texts: Sequence[str], *, allow_special: bool = False, progress: Progress = silent
) -> list[Record]:
    """The records of a ranking, in the order given: of a stream nobody knows which text will be the likeliest."""
    origin = of_text(model.info).columns
    unknown = {"rank": None}, {"log_ratio_to_next_nats": None}
    scored = score(model, texts, allow_special=allow_special, progress=progress)
    return [{**unknown[0], **one.summary(), **unknown[1], **origin} for one in scored]


def ranking(
    model: CausalLM,
    texts: Sequence[str],
    *,
    allow_special: bool = False,
    progress: Progress = silent,
) -> Ranking:
    """Which of several texts is likelier, and by how much."""
    found = ledgers(model, texts, allow_special=allow_special, progress=progress)
    return Ranking(tuple(found), of_text(model.info))
