"""The picture of cloze: each filling's log-probability in its parts, and what word classes come to together."""

from typing import TYPE_CHECKING, Any

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import cut, negative, noted, ranked, share
from llmlab.lab.probability.parts import CLASS, CLASSES
from llmlab.lab.text import number
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.cloze import Cloze

PARTS = {
    "words_logprob_nats": later("the word, given what stands before"),
    "right_logprob_nats": later("what follows, given both"),
}
FIELDS = ("rank", "rank_by_left", "words", "text", "left_logprob_nats", *PARTS, "logprob_nats", "share", "boundary")
CUT = later("the first {drawn} of {count:,} fillings")
DRAWN = 30  # fillings


def in_parts(cloze: "Cloze") -> Chart:
    """A bar a filling, of the parts in which they differ; the classes, where there are any, above."""
    records = cloze.records()
    drawn = records[:DRAWN]
    rows = chart.data(
        drawn,
        *FIELDS,
        shown=list(map(_label, drawn)),
        figure=[f"{number((one['share'] or 0.0) * 100, 2)}%" for one in drawn],
        after_nats=[sum(one[part] for part in PARTS) for one in drawn],
    )
    hover = chart.tooltip(
        shown=tr("filling"),
        left_logprob_nats=tr("before (nats)"),
        words_logprob_nats=tr("word (nats)"),
        right_logprob_nats=tr("after (nats)"),
        logprob_nats=tr("sentence (nats)"),
        share=tr("share of these fillings"),
        rank_by_left=tr("rank without what follows"),
    )
    title = tr("log P after what stands before (nats); beside it the share of these fillings")
    value = negative(rows, "after_nats", title)
    bars = ranked(rows, value, hover)
    bars["layer"][0] = _stacked(bars["layer"][0], value)
    nats = number(drawn[0]["left_logprob_nats"])
    before = tr("what stands before them has log P = {nats} nats in all", nats=nats)
    said = noted(cloze.views(), cut(len(records), CUT, DRAWN), before)
    return chart.picture(said, *_classes(cloze), bars)


def _stacked(bar: Chart, value: Chart) -> Chart:
    """A layer of bars as one of their parts."""
    parts = list(PARTS)
    said = " : ".join(f"datum.value == '{field}' ? '{tr(name)}'" for field, name in PARTS.items()) + " : ''"
    legend = {"orient": "top", "title": None, "labelExpr": said, "labelLimit": 300}
    colour = {"field": "part", "type": "nominal", "scale": {"domain": parts}, "legend": legend}
    order = {"field": "place", "type": "quantitative"}
    encoding = bar["encoding"] | {"x": value | {"field": "part_nats"}, "color": colour, "order": order}
    place = {"calculate": f"indexof({parts}, datum.part)", "as": "place"}
    return {**bar, "transform": [{"fold": parts, "as": ["part", "part_nats"]}, place], "encoding": encoding}


def _label(record: Record) -> str:
    words = visible(" | ".join(record["words"])) + ("*" if record["boundary"] == "merged" else "")
    if "class" not in record:
        return words
    return tr("{words} ({kind})", words=words, kind=tr(CLASS[record["class"]]))


def _classes(cloze: "Cloze") -> list[Chart]:
    """A bar a word class: P of any of its words."""
    records: list[dict[str, Any]] = cloze.document().get("classes", [])
    if not records:
        return []
    rows = chart.data(
        records,
        "class",
        "words",
        "logprob_nats",
        "share",
        "likeliest",
        rank=list(range(1, len(records) + 1)),
        shown=[tr(CLASSES[one["class"]]) for one in records],
        figure=[tr("{share:.1%}, {word} first", share=one["share"], word=visible(one["likeliest"])) for one in records],
    )
    value = share(rows, "share", tr("share of these classes"))
    hover = chart.tooltip(shown=tr("class"), words=tr("words"))
    hover += chart.tooltip(logprob_nats=tr("log P of any of them (nats)"), share=tr("share"))
    return [ranked(rows, value, hover)]
