"""The picture of prob: a text shaded by surprisal, and its parts as bars of bits."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.alternatives import shown as others
from llmlab.lab.probability.charts.ranked import LOGPROB, brief, cut, noted
from llmlab.lab.probability.parts import PART
from llmlab.lab.shaded import legend, shaded
from llmlab.lab.text import raw
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.prob import Ledger

MOST = 200  # parts drawn: more would make a png of over 200 kB
LABELLED = 42  # parts that stand below their bars; those of a longer text are read above
CUT = {
    "token": later("the first {drawn} of {count:,} tokens"),
    "word": later("the first {drawn} of {count:,} words"),
    "character": later("the first {drawn} of {count:,} characters"),
}
SURPRISAL = {
    "token": later("surprisal (bits a token)"),
    "word": later("surprisal (bits a word)"),
    "character": later("surprisal (bits a character)"),
}
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
    said = noted(brief(ledger.views()), cut(len(ledger.rows), CUT[ledger.by], MOST), legend())
    return chart.picture(said, shaded(rows, hover), _bars(rows, ledger, hover))


def _told(ledger: "Ledger") -> dict[str, str]:
    """What is told under the pointer."""
    return {
        "shown": tr(PART[ledger.by]),
        "probability": "P",
        "logprob_nats": tr(LOGPROB),
        "surprisal_bits": tr("surprisal (bits)"),
        "rank": tr("rank"),
        "entropy_bits": tr("entropy (bits)"),
        "others": tr("what else might have come"),
    }


def _bars(rows: Chart, ledger: "Ledger", hover: list[Chart]) -> Chart:
    """The same in bars, each above its part, or above its place where the parts are too many to stand there."""
    height = chart.number("surprisal_bits", tr(SURPRISAL[ledger.by]))
    if len(rows["values"]) <= LABELLED:
        marked = [{**row, "shown": row["shown"].replace(" ", "␣")} for row in rows["values"]]
        return chart.sequence({"values": marked}, height, hover)
    ticks = {"labelOverlap": True, "labelAngle": 0, "labelExpr": "datum.value % 10 ? '' : datum.label", "ticks": False}
    across = chart.place(
        "position", tr("{part} (from 0)", part=tr(PART[ledger.by])), axis=ticks, scale={"paddingInner": 0.15}
    )
    encoding = {"x": across, "y": height, "tooltip": hover}
    return {"data": rows, "width": chart.WIDTH, "height": 220, "mark": "bar", "encoding": encoding}
