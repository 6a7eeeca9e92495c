"""What the records of many texts come to: their perplexity together, and the likeliest and the rarest of them."""

import math

from llmlab.lab.exact import ExactSum
from llmlab.lab.provenance import of_record
from llmlab.lab.tally import RecordTally
from llmlab.lab.text import BITS, number, quoted
from llmlab.language import tr, tr_many
from llmlab.view import Cell, Column, Record, View


class TextsTally(RecordTally):
    """Texts that were scored."""

    def __init__(self) -> None:
        self._texts = self._unknown = self._tokens = 0
        self._scored = 0  # tokens that have a probability
        self._logprob = ExactSum()  # nats
        self._likeliest: Record = {}
        self._rarest: Record = {}
        self._last: Record = {}

    def add(self, record: Record) -> None:
        self._last = record
        self._texts += 1
        self._tokens += record["tokens"]
        logprob = record["logprob_nats"]
        if logprob is None:
            self._unknown += 1
            return
        self._logprob.add(logprob)
        self._scored += record["scored_tokens"]
        if not self._likeliest or logprob > self._likeliest["logprob_nats"]:
            self._likeliest = record
        if not self._rarest or logprob < self._rarest["logprob_nats"]:
            self._rarest = record

    @property
    def perplexity(self) -> float:
        return math.exp(-float(self._logprob) / self._scored) if self._scored else math.nan

    def views(self) -> list[View]:
        columns = (Column(tr("measure")), Column(tr("value"), True), Column(tr("what it is"), wide=True))
        bits = -float(self._logprob) * BITS / self._scored if self._scored else math.nan
        rows: list[list[Cell]] = [
            [tr("texts"), f"{self._texts:,}", ""],
            [tr("tokens"), f"{self._tokens:,}", tr("all that the model reads")],
            ["log P", number(float(self._logprob)), tr("natural logarithm of the texts' probabilities, in sum")],
            [tr("perplexity"), number(self.perplexity, 2), tr("exp(-log P / tokens)")],
            [tr("bits per token"), number(bits), tr("-log2 P / tokens, log2 of the perplexity")],
        ]
        return [View("", columns, rows, (*self._notes(), of_record(self._last).line), self._conclusion())]

    def values(self) -> list[str]:
        return [repr(self.perplexity)]

    def _notes(self) -> tuple[str, ...]:
        said = tr_many(
            "{count:,} text has no probability, and is left out of the sums",
            "{count:,} texts have no probability, and are left out of the sums",
            self._unknown,
        )
        return (said,) if self._unknown else ()

    def _conclusion(self) -> str:
        if not self._likeliest:
            return ""
        return tr(
            "Of {count:,} texts the likeliest is {likeliest}, the rarest {rarest}.",
            count=self._texts,
            likeliest=quoted(self._likeliest["text"]),
            rarest=quoted(self._rarest["text"]),
        )
