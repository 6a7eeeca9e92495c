"""The pictures of embed: the numbers of vectors as heat maps, and how near each pair is."""

from typing import TYPE_CHECKING, Any

import numpy as np

from llmlab.lab import chart
from llmlab.lab.vectors.charts import heat, labels
from llmlab.lab.vectors.charts.heat import Ends
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.vectors.embed import Embeddings
    from llmlab.lab.vectors.rows import TokenRows

MOST = 100  # vectors that are drawn
SHORT = 100  # px of labels that stand over the columns of a matrix; longer ones are numbered


def numbers_and_pairs(of: "Embeddings") -> Chart:
    """A heat map of the numbers, a row a text, and of the pairs where there are several."""
    texts = [visible(label) for label in of.labels[:MOST]]
    numbers = [str(number) for number in range(1, len(texts) + 1)]
    short = max(map(labels.width, texts)) <= SHORT
    shown = texts if short else [f"{number} {text}" for number, text in zip(numbers, texts, strict=True)]
    ends = Ends.of(of.vectors)
    parts = [heat.vectors(_rows(of, of.records()[:MOST], shown), _names(of), ends, chart.tooltip(shown=tr(of.what)))]
    several = len(of.labels) > 1
    if several:
        parts.append(heat.matrix(_pairs(of), shown, texts if short else numbers, of.metric))
    compared = [of.metric.statement] if several else []
    drawn = _picture(of, parts, [*compared, *ends.notes])
    return {**drawn, "resolve": {"scale": {"color": "independent"}}}


def tokens(of: "TokenRows") -> Chart:
    """A heat map a text, a row a token; all have one scale."""
    ends, records, parts = Ends.of(of.vectors), of.records()[:MOST], []
    hover = chart.tooltip(shown=tr("token"), **({"token_id": "id"} if of.ids else {}))
    for text in dict.fromkeys(one["text"] for one in records):
        own = [one for one in records if one["text"] == text]
        rows = _rows(of, own, [visible(one["token"]) for one in own])
        drawn = heat.vectors(rows, _names(of), ends, hover)
        several = len(set(of.texts)) > 1
        parts.append({"title": chart.heading(visible(text)), **drawn} if several else drawn)
    return _picture(of, parts, ends.notes)


def _picture(of: "Embeddings", parts: list[Chart], notes: list[str]) -> Chart:
    left = len(of.labels) - MOST
    cut = tr("the first {most} are drawn; {count:,} more are in --format json", most=MOST, count=left)
    more = [cut] if left > 0 else []
    return chart.picture(of.views(), *parts, notes=[*notes, *more, *of.notes, of.origin.line])


def _names(of: "Embeddings") -> list[str]:
    return [visible(name) for name in of.dimensions]


def _rows(of: "Embeddings", records: list[Record], shown: list[str]) -> list[Record]:
    fields = [name for name in (of.what, "text", "token_id", "position", "vector") if name in records[0]]
    named: dict[str, Any] = {"names": [_names(of)] * len(records)} if of.dimensions else {}
    rows: list[Record] = chart.data(records, *dict.fromkeys(fields), shown=shown, **named)["values"]
    return rows


def _pairs(of: "Embeddings") -> list[Record]:
    """A record a cell of the matrix; null for what is not defined."""
    drawn = range(min(len(of.labels), MOST))
    matrix = of.matrix
    return [
        {"row": row, "column": column, "a": visible(of.labels[row]), "b": visible(of.labels[column])}
        | {of.metric.name: float(value) if np.isfinite(value := matrix[row, column]) else None}
        for row in drawn
        for column in drawn
    ]
