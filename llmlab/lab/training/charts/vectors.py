"""A map of words on the move: where each stood at every moment of a training, in the plane of the last table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmlab.arrays import Doubles
from llmlab.lab import chart
from llmlab.lab.vectors.charts import labels
from llmlab.lab.vectors.charts.frame import Frame, plotted
from llmlab.lab.vectors.charts.labels import Label
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.training.vectors import TrainedVectors

ACROSS, LOW, HIGH, EDGE = 716, 300, 620, 48  # px of the map, its height, and round the points
FEW = 24  # words
STEP, THIN = 10, 2  # px from spot to spot of a line, and from the middle of one to its edge
FIELDS = ("space", "words_read", "word", "pc1", "pc2")


def moving(of: "TrainedVectors") -> Chart:
    """The map; a line leads from each word's first place to its last, which has the label."""
    places, shares = of.places  # [moments, words, 2]
    points = places.reshape(-1, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    spans = high - low
    tall = (ACROSS - 2 * EDGE) * spans[1] / spans[0] + 2 * EDGE if spans[0] else LOW
    frame = Frame.round(points, (ACROSS, float(round(min(max(tall, LOW), HIGH)))), EDGE, equal=True)
    px = frame.pixels(points).reshape(places.shape)
    few = len(of.words) <= FEW  # lines leave room between them
    own = _placed(of, px, _spots(px), frame) if few else [None]
    if None in own:  # better across a line than nowhere
        own = _placed(of, px, px[:-1].reshape(-1, 2), frame)
    rows = _rows(of, [frame.fields(one) for one in own])
    titles = [
        tr("PC {number} ({share} of the variance)", number=number, share=f"{share:.0%}".replace("%", " %"))
        for number, share in enumerate(shares, 1)
    ]
    hidden = sum(label is None for label in own)
    return chart.picture(of.views()[:1], _map(rows, frame, titles), notes=_notes(of, hidden))


def _placed(of: "TrainedVectors", px: Doubles, others: Doubles, frame: Frame) -> list[Label | None]:
    """Labels of the words' last places, clear of other spots [n, 2]."""
    taken = [labels.POINT] * len(of.words) + [THIN] * len(others)
    widths = [labels.width(visible(word)) for word in of.words]
    return labels.place(np.vstack([px[-1], others]), widths, frame.room, taken)


def _spots(places: Doubles) -> Doubles:
    """Spots of the lines from place to place [moments, words, 2], which no label may cover, [n, 2]."""
    found = [places[:-1].reshape(-1, 2)]
    for one, other in zip(places[:-1].reshape(-1, 2), places[1:].reshape(-1, 2), strict=True):
        along = np.arange(STEP, float(np.hypot(*(other - one))), STEP)[:, None]
        found.append(one + (other - one) * along / max(float(np.hypot(*(other - one))), STEP))
    return np.vstack(found)


def _rows(of: "TrainedVectors", fields: Sequence[Record]) -> list[Record]:
    """The records, with the label of the last of each word."""
    last = len(of.moments) - 1
    labelled = [*({} for _ in range(last * len(of.words))), *fields]
    ordered = [at for at in range(last + 1) for _ in of.words]
    rows = chart.data(of.records(), *FIELDS, shown=[visible(word) for _ in of.moments for word in of.words])["values"]
    return [
        {**row, "at": at, "last": at == last, **label} for row, at, label in zip(rows, ordered, labelled, strict=True)
    ]


def _map(rows: Sequence[Record], frame: Frame, titles: Sequence[str]) -> Chart:
    here = frame.axes(("pc1", "pc2"), titles)
    hover = chart.tooltip(shown=tr("word"), space=tr("space"), words_read=tr("words read"))
    way = {"detail": {"field": "word"}, "order": {"field": "at", "type": "quantitative"}}
    told = {**here, "tooltip": hover}
    points = [
        {"mark": {"type": "line", "style": "leader", "strokeWidth": 1, "opacity": 0.5}, "encoding": {**here, **way}},
        chart.only("!datum.last", {"mark": {"type": "point", "size": 14, "style": "rest"}, "encoding": told}),
        chart.only("datum.last", {"mark": {"type": "point", "size": 60, "opacity": 1}, "encoding": told}),
    ]
    return plotted(rows, frame, here, points)


def _notes(of: "TrainedVectors", hidden: int) -> list[str]:
    """What the map is of, and what it does not show."""
    moments = ", ".join(f"{one.words_read:,}" for one in of.moments)
    notes = [
        tr("a line leads through each word's places, a small dot a moment: {moments} words read", moments=moments)
        if len(of.moments) > 1
        else tr("{moments} words counted", moments=moments),
        tr(
            "a projection, of the vectors at length 1 on the two principal components (PC) of the last table: words "
            "far apart in it are far apart, but near ones need not be near"
        ),
    ]
    if hidden:
        notes.append(tr("{hidden} of {count} words have no room for their label", hidden=hidden, count=len(of.words)))
    return [*notes, of.origin.line]
