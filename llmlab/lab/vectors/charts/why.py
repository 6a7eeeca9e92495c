"""The picture of why: what each dimension adds to a score."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.text import signed
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.vectors.why import Why

MOST = 20  # dimensions with a bar of their own


def parts_of_a_score(why: "Why") -> Chart:
    """A bar a dimension, to the right for what it adds and to the left for what it takes, the largest first.

    What is beyond those shown is one bar, the last, which tells their sum.
    """
    records = why.records()
    own = records[:MOST] if len(records) > MOST + 1 else records
    raw = ("raw_a", "raw_b") if why.pair.raw is not None else ()
    shown = [_name(why, one) for one in own]
    rows = chart.data(own, "rank", "dimension", "value_a", "value_b", *raw, "part", shown=shown)
    if rest := records[len(own) :]:
        said = tr("the other {count:,} dimensions", count=len(rest))
        total = sum(one["part"] for one in rest)
        rows["values"].append({"rank": len(own) + 1, "part": total, "shown": said, "rest": True})
    for row in rows["values"]:
        row["figure"] = signed(row["part"], 4)
    value, hover = _value(why), _hover(why)
    marked = chart.standing_out(rows, value, hover, "rest", "rest")
    return chart.picture(why.views(), chart.bars(rows, value, hover, marked, chart.figures(rows, value)))


def _value(why: "Why") -> Chart:
    whole = why.pair.metric.whole or why.pair.metric.name
    score = f"{float(why.parts.sum()):z.4f}"
    title = tr("part: what a dimension adds to the {whole} of {score}", whole=whole, score=score)
    return chart.number("part", title)


def _hover(why: "Why") -> list[Chart]:
    first, second = tr("value of the first"), tr("of the second")
    values = [("value_a", first), ("value_b", second)]
    if why.pair.raw is not None:
        z = [("value_a", tr("z of the first")), ("value_b", tr("z of the second"))]
        values = [("raw_a", first), ("raw_b", second), *z]
    told = [chart.exact(field, title, ".6g") for field, title in (*values, ("part", tr("part")))]
    return [*chart.tooltip(shown=tr("dimension")), *told]


def _name(why: "Why", record: Record) -> str:
    name = record["dimension"]
    return visible(name) if why.table else tr("dimension {number}", number=name)
