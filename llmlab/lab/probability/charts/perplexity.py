"""The picture of perplexity: surprisal along a text, and its moving mean."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import noted
from llmlab.lab.text import BITS, finite, number
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.perplexity import LongText

DOT, FEW = 9, 200  # px of a point's area, of fewer points four times as much
ACROSS = {"axis": {"format": ",d", "tickMinStep": 1}}


def along(text: "LongText") -> Chart:
    """A point a token, or a bin of tokens of a long text; their moving mean as a line, the text's as a rule."""
    profile, (record,) = text.profile, text.records()
    firsts = [place * profile.width for place in range(len(profile.sums))]
    lasts = [min(first + profile.width, text.tokens) - 1 for first in firsts]
    rows = [
        {
            "first": first,
            "last": last,
            "token": (first + last) / 2,
            "surprisal_bits": finite(-mean * BITS),
            "smoothed_bits": finite(-smooth * BITS),
            "tokens": known,
        }
        for first, last, mean, smooth, known in zip(
            firsts, lasts, profile.means, profile.smoothed, profile.known, strict=True
        )
    ]
    x = chart.number("token", "place in the text (tokens from 0)", scale={"nice": False, "zero": True}, **ACROSS)
    y = chart.number("surprisal_bits", "surprisal (bits a token)", scale={"zero": True})
    hover = chart.tooltip(
        first="from token", last="to token", surprisal_bits="bits a token", smoothed_bits="moving mean (bits a token)"
    )
    whole = {"bits_per_token": record["bits_per_token"], "said": f"all: {number(record['bits_per_token'] or 0.0, 2)}"}
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
    return chart.picture(noted(text.views(), *_said(text)), drawn)


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


def _said(text: "LongText") -> list[str]:
    profile = text.profile
    each = "a point is a token" if profile.width == 1 else f"a point is the mean of {profile.width:,} tokens"
    window = profile.window * profile.width
    drawn = profile.window > 1
    curve = f"; the line is the moving mean of {window:,} tokens, of half as many at the ends" if drawn else ""
    return [f"{each}{curve}; the dashed line is the mean of all"]
