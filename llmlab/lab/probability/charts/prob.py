"""The picture of prob: a text shaded by surprisal, and its parts as bars of bits."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.alternatives import shown as others
from llmlab.lab.probability.charts.ranked import brief, noted
from llmlab.lab.shaded import legend, shaded
from llmlab.lab.text import raw
from llmlab.render.safe import visible
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.prob import Ledger

MOST = 200  # parts drawn: more would make a png of over 200 kB
LABELLED = 42  # parts that stand below their bars; those of a longer text are read above
FIELDS = ("position", "logprob_nats", "probability", "surprisal_bits", "total_logprob_nats")
OF_TOKENS = ("token_ids", "rank", "entropy_bits", "alternatives")


def surprisals(ledger: "Ledger") -> Chart:
    """One text: itself, and a bar of bits a part."""
    records = ledger.records()[:MOST]
    fields = [ledger.by, *FIELDS, *(field for field in OF_TOKENS if field in records[0])]
    shown = [visible(raw(row.piece), alone=False) for row in ledger.rows[:MOST]]
    known = any(row.others for row in ledger.rows)
    beside = {"others": [others(row.others) for row in ledger.rows[:MOST]]} if known else {}
    rows = chart.data(records, *fields, shown=shown, **beside)
    hover = chart.tooltip(**{field: title for field, title in _told(ledger).items() if field in rows["values"][0]})
    cut = f"the first {MOST} of {len(ledger.rows):,} {ledger.by}s" if len(ledger.rows) > MOST else ""
    return chart.picture(noted(brief(ledger.views()), cut, legend()), shaded(rows, hover), _bars(rows, ledger, hover))


def _told(ledger: "Ledger") -> dict[str, str]:
    """What is told under the pointer."""
    return {
        "shown": ledger.by,
        "probability": "P",
        "logprob_nats": "log P (nats)",
        "surprisal_bits": "surprisal (bits)",
        "rank": "rank",
        "entropy_bits": "entropy (bits)",
        "others": "what else might have come",
    }


def _bars(rows: Chart, ledger: "Ledger", hover: list[Chart]) -> Chart:
    """The same in bars, each above its part, or above its place where the parts are too many to stand there."""
    height = chart.number("surprisal_bits", f"surprisal (bits a {ledger.by})")
    if len(rows["values"]) <= LABELLED:
        marked = [{**row, "shown": row["shown"].replace(" ", "␣")} for row in rows["values"]]
        return chart.sequence({"values": marked}, height, hover)
    ticks = {"labelOverlap": True, "labelAngle": 0, "labelExpr": "datum.value % 10 ? '' : datum.label", "ticks": False}
    across = chart.place("position", f"{ledger.by} (from 0)", axis=ticks, scale={"paddingInner": 0.15})
    encoding = {"x": across, "y": height, "tooltip": hover}
    return {"data": rows, "width": chart.WIDTH, "height": 220, "mark": "bar", "encoding": encoding}
