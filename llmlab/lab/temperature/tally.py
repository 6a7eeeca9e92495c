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
        self.right: int | None = None  # None: nothing was expected

    def add(self, record: Record) -> None:
        self.samples += 1
        self.tokens += record["tokens"]
        if record["logprob_nats"] is not None:
            self.told += record["tokens"]
            self.logprob.add(record["logprob_nats"])
        if "right" in record:
            self.right = (self.right or 0) + record["right"]

    def cells(self) -> list[Cell]:
        surprisal = -float(self.logprob) * BITS / self.told if self.told else math.nan
        return [f"{self.samples:,}", number(surprisal, 2), number(self.tokens / self.samples, 1)]


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
        shares = {heat: Share(sums.right, sums.samples) for heat, sums in self._heats.items() if sums.right is not None}
        tokens = Column(tr("tokens"), True, means=tr("a sample"))
        columns = [column.heat(), Column(tr("samples"), True), column.surprisal(), tokens]
        columns += share_columns() if shares else ()
        rows: list[list[Cell]] = [
            [f"{heat:g}", *sums.cells(), *(shares[heat].cells() if shares else [])]
            for heat, sums in sorted(self._heats.items())
        ]
        return [View("", tuple(columns), rows, (of_record(self._last).line,), self._conclusion())]

    def values(self) -> list[str]:
        return [repr(sum(sums.samples for sums in self._heats.values()))]

    def _conclusion(self) -> str:
        samples = sum(sums.samples for sums in self._heats.values())
        return tr("{samples:,} samples of {prompts:,} prompts.", samples=samples, prompts=self._prompts)
