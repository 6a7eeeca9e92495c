"""The picture of prob: a text's parts as bars of surprisal."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.render.safe import visible
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.prob import Ledger


def surprisals(ledger: "Ledger") -> Chart:
    """One text: a bar of bits a part."""
    records = ledger.records()
    shown = [visible(str(one[ledger.by])).replace(" ", "␣") for one in records]
    rows = chart.data(records, "position", ledger.by, "surprisal_bits", "probability", shown=shown)
    hover = chart.tooltip(shown=ledger.by, probability="P", surprisal_bits="bits")
    bars = chart.sequence(rows, chart.number("surprisal_bits", "surprisal (bits)"), hover)
    return chart.picture(ledger.views(), bars)
