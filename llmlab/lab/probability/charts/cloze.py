"""The picture of cloze: each filling's log-probability in its parts, and what word classes come to together."""

from typing import TYPE_CHECKING, Any

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import cut, negative, noted, ranked, share
from llmlab.lab.text import number
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.cloze import Cloze

PARTS = {
    "words_logprob_nats": "the word, given what stands before",
    "right_logprob_nats": "what follows, given both",
}
FIELDS = ("rank", "rank_by_left", "words", "text", "left_logprob_nats", *PARTS, "logprob_nats", "share", "boundary")
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
        shown="filling",
        left_logprob_nats="before (nats)",
        words_logprob_nats="word (nats)",
        right_logprob_nats="after (nats)",
        logprob_nats="sentence (nats)",
        share="share of these fillings",
        rank_by_left="rank without what follows",
    )
    value = negative(rows, "after_nats", "log P after what stands before (nats); beside it the share of these fillings")
    bars = ranked(rows, value, hover)
    bars["layer"][0] = _stacked(bars["layer"][0], value)
    before = f"what stands before them has log P = {number(drawn[0]['left_logprob_nats'])} nats in all"
    said = noted(cloze.views(), cut(len(records), "fillings", DRAWN), before)
    return chart.picture(said, *_classes(cloze), bars)


def _stacked(bar: Chart, value: Chart) -> Chart:
    """A layer of bars as one of their parts."""
    parts = list(PARTS)
    said = " : ".join(f"datum.value == '{field}' ? '{name}'" for field, name in PARTS.items()) + " : ''"
    legend = {"orient": "top", "title": None, "labelExpr": said, "labelLimit": 300}
    colour = {"field": "part", "type": "nominal", "scale": {"domain": parts}, "legend": legend}
    order = {"field": "place", "type": "quantitative"}
    encoding = bar["encoding"] | {"x": value | {"field": "part_nats"}, "color": colour, "order": order}
    place = {"calculate": f"indexof({parts}, datum.part)", "as": "place"}
    return {**bar, "transform": [{"fold": parts, "as": ["part", "part_nats"]}, place], "encoding": encoding}


def _label(record: Record) -> str:
    words = visible(" | ".join(record["words"])) + ("*" if record["boundary"] == "merged" else "")
    return f"{words} ({record['class']})" if "class" in record else words


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
        shown=[f"{one['class']}s" for one in records],
        figure=[f"{one['share']:.1%}, {visible(one['likeliest'])} first" for one in records],
    )
    value = share(rows, "share", "share of these classes")
    hover = chart.tooltip(shown="class", words="words", logprob_nats="log P of any of them (nats)", share="share")
    return [ranked(rows, value, hover)]
