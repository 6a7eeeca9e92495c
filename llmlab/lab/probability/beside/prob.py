"""`prob` of several models: which finds a text likelier, by how many bits a character."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from llmlab.backends.base import CausalLM
from llmlab.lab.beside import lines, names
from llmlab.lab.probability.beside.common import Compared, compared, notes
from llmlab.lab.probability.charts import beside as charts
from llmlab.lab.probability.scored import Scored, likeliest_first, score
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, number, quoted
from llmlab.language import later, tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View

FAIR = later("bits a character, whatever the tokens: the fewer, the likelier")
OWN_TOKENS = later("a token, so not of one unit in two models of other tokens")


@dataclass(frozen=True)
class ProbBeside(Shown):
    """Texts as several models score them: a row of `texts` is one text, in the order given, of every model."""

    texts: tuple[tuple[Compared, ...], ...]

    @property
    def origins(self) -> list[Provenance]:
        return [one.origin for one in self.texts[0]]

    @property
    def names(self) -> list[str]:
        return names(self.origins)

    def views(self) -> list[View]:
        return [self._one(*self.texts) if len(self.texts) == 1 else self._several()]

    def records(self) -> list[Record]:
        """A record a text and model."""
        return [{"text": one.scored.text, **one.record(), **one.origin.columns} for text in self.texts for one in text]

    def document(self) -> Record:
        return {"texts": [{"text": text[0].scored.text, "models": self._stated(text)} for text in self.texts]}

    def values(self) -> list[str]:
        """Bits a character of each text, by each model."""
        return [repr(one.bits_per_character) for text in self.texts for one in text]

    def chart(self) -> Chart:
        return charts.prob(self)

    def _stated(self, text: Sequence[Compared]) -> list[Record]:
        return [{**one.record(), **one.origin.columns} for one in text]

    def _one(self, text: Sequence[Compared]) -> View:
        columns = (
            Column(tr("model"), wide=True),
            Column("log P", True, means=tr("natural logarithm of P, in nats")),
            Column(tr("bits"), True, means=tr("-log2 P")),
            Column(tr("bits/char"), True, means=tr(FAIR)),
            Column(tr("tokens"), True, means=tr("of each model's own")),
            Column(tr("perplexity"), True, means=tr(OWN_TOKENS)),
        )
        longest = max((one.scored for one in text), key=lambda one: one.windows)
        rows: list[list[Cell]] = [
            [
                name,
                number(one.logprob),
                number(-one.logprob * BITS, 2),
                number(one.bits_per_character),
                one.tokens,
                number(one.perplexity, 2),
            ]
            for name, one in zip(self.names, text, strict=True)
        ]
        said = (*notes([text[0]]), *longest.notes, *lines(self.origins))
        return View(f"P({visible(text[0].scored.text)})", columns, rows, said, self._likelier(text))

    def _several(self) -> View:
        columns = [Column(tr("text"), wide=True)]
        for name in self.names:
            columns += [
                Column(name, True),
                Column("#", True, means=tr("the model's own order, by P of the whole text")),
            ]
        places = [self._places(model) for model in range(len(self.names))]
        rows: list[list[Cell]] = []
        for place, text in enumerate(self.texts):
            row: list[Cell] = [visible(text[0].scored.text)]
            for one, order in zip(text, places, strict=True):
                row += [number(one.bits_per_character), order[place]]
            rows.append(row)
        said = (tr(FAIR), *notes([text[0] for text in self.texts]), *lines(self.origins))
        return View("", tuple(columns), rows, said, self._likeliest())

    def _likelier(self, text: Sequence[Compared]) -> str:
        """Which model finds the text likeliest, and by how much before the next."""
        known = [(one.bits_per_character, name) for one, name in zip(text, self.names, strict=True) if one.tokens]
        if len(known) < 2:
            return ""
        (least, best), (more, second), *rest = sorted(known)
        if number(more - least) == number(0.0):
            return tr(
                "{best} and {second} find the text as likely, to a thousandth of a bit a character.",
                best=best,
                second=second,
            )
        found = {"best": best, "second": second, "bits": number(more - least)}
        if rest:
            return tr("{best} finds the text likeliest, by {bits} bits a character before {second}.", **found)
        return tr("{best} finds the text likelier, by {bits} bits a character before {second}.", **found)

    def _ranked(self, model: int) -> tuple[Scored, ...]:
        return likeliest_first([text[model].scored for text in self.texts])

    def _places(self, model: int) -> list[int]:
        """The rank of each text by a model's own P of all of it."""
        ranked = [id(one) for one in self._ranked(model)]
        return [ranked.index(id(text[model].scored)) + 1 for text in self.texts]

    def _likeliest(self) -> str:
        firsts = [self._ranked(model)[0].text for model in range(len(self.names))]
        if len(set(firsts)) == 1:
            first = quoted(firsts[0])
            if len(firsts) == 2:
                return tr("Both models find {text} the likeliest.", text=first)
            return tr("All models find {text} the likeliest.", text=first)
        named = zip(self.names, firsts, strict=True)
        said = (tr("to {model} {text}", model=name, text=quoted(text)) for name, text in named)
        return tr("The likeliest text: {texts}.", texts=tr(", ").join(said))


def probabilities(
    models: Iterable[CausalLM], texts: Sequence[str], *, allow_special: bool = False, progress: Progress = silent
) -> ProbBeside:
    """Texts by several models, one model after the other. Raises MisuseError for an empty text."""
    ask = partial(_asked, texts=texts, allow_special=allow_special, progress=progress)
    found = list(map(ask, models))  # each model may go when it has answered
    origins = [origin for _, origin in found]
    every = zip(*(scored for scored, _ in found), strict=True)
    return ProbBeside(tuple(compared(text, origins) for text in every))


def _asked(
    model: CausalLM, texts: Sequence[str], allow_special: bool, progress: Progress
) -> tuple[list[Scored], Provenance]:
    return score(model, texts, allow_special=allow_special, progress=progress), of_text(model.info)
