"""What the samples of very many prompts come to, by temperature."""

import math
from collections import defaultdict

from llmlab.lab.exact import ExactSum
from llmlab.lab.provenance import of_record
from llmlab.lab.shares import Share, share_columns
from llmlab.lab.tally import RecordTally
from llmlab.lab.temperature import column
from llmlab.lab.text import BITS, number
from llmlab.language import tr
from llmlab.view import Cell, Column, Record, View


class HeatSums:
    """The samples of one temperature."""

    def __init__(self) -> None:
        self.samples = self.tokens = 0
        self.told = 0  # tokens whose log-probability is known; a server may not tell it
        self.logprob = ExactSum()  # nats
        self.right = self.judged = 0  # of some nothing may have been expected

    def add(self, record: Record) -> None:
        self.samples += 1
        self.tokens += record["tokens"]
        if record["logprob_nats"] is not None:
            self.told += record["tokens"]
            self.logprob.add(record["logprob_nats"])
        if "right" in record:
            self.judged += 1
            self.right += record["right"]

    def cells(self, *, judged: bool) -> list[Cell]:
        """How many, how surprising, how long; of those that were `judged` also how many are right."""
        right = Share(self.right, self.judged).cells() if self.judged else [""] * len(share_columns())
        surprisal = -float(self.logprob) * BITS / self.told if self.told else math.nan
        told: list[Cell] = [f"{self.samples:,}", number(surprisal, 2), number(self.tokens / self.samples, 1)]
        return [*told, *(right if judged else ())]


class SamplesTally(RecordTally):
    """Samples that were drawn."""

    def __init__(self) -> None:
        self._heats: dict[float, HeatSums] = defaultdict(HeatSums)
        self._prompts = 0
        self._last: Record = {}

    def add(self, record: Record) -> None:
        self._prompts += record["prompt"] != self._last.get("prompt")  # its samples stand together
        self._last = record
        self._heats[record["temperature"]].add(record)

    def views(self) -> list[View]:
        judged = sum(sums.judged for sums in self._heats.values())
        tokens = Column(tr("tokens"), True, means=tr("a sample"))
        columns = [column.heat(), Column(tr("samples"), True), column.surprisal(), tokens]
        columns += share_columns() if judged else ()
        rows: list[list[Cell]] = [
            [f"{heat:g}", *sums.cells(judged=judged > 0)] for heat, sums in sorted(self._heats.items())
        ]
        notes = (*self._unjudged(judged), of_record(self._last).line)
        return [View("", tuple(columns), rows, notes, self._conclusion())]

    def values(self) -> list[str]:
        return [repr(sum(sums.samples for sums in self._heats.values()))]

    def _unjudged(self, judged: int) -> tuple[str, ...]:
        """That of some samples nothing was expected, where something was of others."""
        samples = sum(sums.samples for sums in self._heats.values())
        said = tr(
            "right: of {judged:,} of {samples:,} samples; of the others nothing was expected",
            judged=judged,
            samples=samples,
        )
        return (said,) if 0 < judged < samples else ()

    def _conclusion(self) -> str:
        samples = sum(sums.samples for sums in self._heats.values())
        return tr("{samples:,} samples of {prompts:,} prompts.", samples=samples, prompts=self._prompts)
