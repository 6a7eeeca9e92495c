"""The picture of perplexity: surprisal along a text, and its moving mean."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import noted
from llmlab.lab.text import BITS, finite, number
from llmlab.language import tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.perplexity import LongText

DOT, FEW = 9, 200  # px of a point's area, of fewer points four times as much
ACROSS = {"axis": {"format": ",d", "tickMinStep": 1}}


def along(text: "LongText") -> Chart:
    """A point a token, or a bin of tokens of a long text; their moving mean as a line, the text's as a rule."""
    profile, rows, (record,) = text.profile, _points(text), text.records()
    x = chart.number("token", tr("place in the text (tokens from 0)"), scale={"nice": False, "zero": True}, **ACROSS)
    y = chart.number("surprisal_bits", tr("surprisal (bits a token)"), scale={"zero": True})
    hover = chart.tooltip(
        first=tr("from token"),
        last=tr("to token"),
        surprisal_bits=tr("bits a token"),
        smoothed_bits=tr("moving mean (bits a token)"),
    )
    all_bits = record["bits_per_token"]
    whole = {"bits_per_token": all_bits, "said": tr("all: {bits}", bits=number(all_bits or 0.0, 2))}
    drawn = {
        "width": chart.WIDTH,
        "height": 260,
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "point", "size": DOT if len(rows) > FEW else 4 * DOT, "opacity": 1},
                "encoding": {"x": x, "y": y, "tooltip": hover},
            },
            *([_curve(x, y)] if profile.window > 1 else []),
            *_whole(whole, y),
        ],
    }
    return chart.picture(noted(text.views(), _said(text)), drawn)


def _points(text: "LongText") -> list[Record]:
    """A row a bin."""
    profile = text.profile
    firsts = [place * profile.width for place in range(len(profile.sums))]
    lasts = [min(first + profile.width, text.tokens) - 1 for first in firsts]
    bins = zip(firsts, lasts, profile.means, profile.smoothed, profile.known, strict=True)
    return [
        {
            "first": first,
            "last": last,
            "token": (first + last) / 2,
            "surprisal_bits": finite(-mean * BITS),
            "smoothed_bits": finite(-smooth * BITS),
            "tokens": known,
        }
        for first, last, mean, smooth, known in bins
    ]


def _curve(x: Chart, y: Chart) -> Chart:
    return {"mark": {"type": "line", "style": "asked"}, "encoding": {"x": x, "y": y | {"field": "smoothed_bits"}}}


def _whole(whole: Chart, y: Chart) -> list[Chart]:
    """The text's own mean, and its figure at the right."""
    if whole["bits_per_token"] is None:
        return []
    shared: Chart = {"data": {"values": [whole]}, "encoding": {"y": y | {"field": "bits_per_token"}}}
    rule: Chart = {"mark": {"type": "rule", "strokeDash": [4, 3], "x": 0, "x2": "width"}}
    mark: Chart = {"type": "text", "style": "value", "align": "left", "x": "width", "dx": 4, "clip": False}
    said = shared["encoding"] | {"text": {"field": "said"}}
    return [shared | rule, shared | {"mark": mark, "encoding": said}]


def _said(text: "LongText") -> str:
    """What its marks are."""
    width, window = text.profile.width, text.profile.window * text.profile.width
    alone = text.profile.window == 1
    if alone and width == 1:
        return tr("a point is a token; the dashed line is the mean of all")
    if alone:
        return tr("a point is the mean of {width:,} tokens; the dashed line is the mean of all", width=width)
    if width == 1:
        return tr(
            "a point is a token; the line is the moving mean of {window:,} tokens, of half as many at the ends; "
            "the dashed line is the mean of all",
            window=window,
        )
    return tr(
        "a point is the mean of {width:,} tokens; the line is the moving mean of {window:,} tokens, "
        "of half as many at the ends; the dashed line is the mean of all",
        width=width,
        window=window,
    )
