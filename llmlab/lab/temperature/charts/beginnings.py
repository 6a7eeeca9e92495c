"""The first tokens of samples in a picture: how likely each is exactly, and how often it was seen."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.shares import Share
from llmlab.lab.text import raw, show
from llmlab.language import tr
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.temperature.drawn import First
    from llmlab.lab.temperature.samples import Samples

DRAWN = 5  # tokens
APART = 5  # px between the points of two tokens at one temperature


def rows(samples: "Samples") -> list[Record]:
    """The likeliest first tokens at each temperature that has samples; `series` numbers the tokens."""
    found = [one for one in samples.firsts if samples.of(one.temperature)]
    total: Counter[int] = Counter()
    for one in found:
        total[one.token] += one.probability  # type: ignore[assignment]
    series = [token for token, _ in total.most_common(DRAWN)]
    names = _names(found)
    kept = [one for one in found if one.token in series]
    return [_row(one, len(samples.of(one.temperature)), names[one.token], series.index(one.token)) for one in kept]


def _row(one: "First", trials: int, shown: str, series: int) -> Record:
    low, high = Share(round(one.seen * trials), trials).interval
    own = {"temperature": one.temperature, "token": one.token, "piece": raw(one.piece)}
    measured = {"probability": one.probability, "seen": one.seen, "low": low, "high": high}
    return {**own, **measured, "shown": shown, "series": series, "interval": f"{low:.1%} - {high:.1%}"}


def _names(found: Sequence["First"]) -> dict[int, str]:
    """Tokens for the eye; those that look the same, with their numbers."""
    pieces = {one.token: show(one.piece) for one in found}
    alike = Counter(pieces.values())
    return {token: shown if alike[shown] == 1 else f"{shown} #{token}" for token, shown in pieces.items()}


def _hover() -> list[Chart]:
    told = {"shown": tr("first token"), "temperature": "T", "probability": tr("exact P"), "seen": tr("seen")}
    return chart.tooltip(**told, interval="95 %")


def ranking(firsts: Sequence[Record]) -> Chart:
    """Of one temperature: the exact probability as a bar, what was seen as a point."""
    ranked = [{**one, "rank": one["series"] + 1} for one in sorted(firsts, key=lambda one: int(one["series"]))]
    value = chart.number("probability", tr("P of the first token"))
    low = {"x": value | {"field": "low"}, "x2": {"field": "high"}}
    span = {"mark": {"type": "rule", "style": "interval"}, "encoding": low}
    point = {"mark": {"type": "point", "style": "asked"}, "encoding": {"x": value | {"field": "seen"}}}
    drawn = chart.bars({"values": ranked}, value, _hover(), span, point)
    said = tr(
        "its exact probability as a bar, the share of samples that begin with it as a point, with its 95 % interval"
    )
    return drawn | {"title": chart.heading(tr("first token"), [said])}


def lines(firsts: Sequence[Record], x: Chart, height: float) -> Chart:
    """Against temperature: the exact probability of each token as a line, what was seen as points."""
    order = dict(sorted({one["series"]: one["shown"] for one in firsts}.items()))
    scale = {"domain": list(order.values())}
    legend = {"orient": "bottom", "labelLimit": 110, "columns": DRAWN, "title": tr("first token")}
    colour = {"field": "shown", "type": "nominal", "scale": scale, "legend": legend}
    title = tr("P of the first token (exact at each T, joined by lines; seen: points beside them, 95 % intervals)")
    y = chart.number("probability", title, axis=chart.ABOVE)
    apart = _apart(sorted({one["temperature"] for one in firsts}))
    marks = [layer for series in order for layer in _seen(series, apart * (series - (len(order) - 1) / 2), y)]
    return {
        "data": {"values": list(firsts)},
        "width": chart.WIDTH,
        "height": height,
        "encoding": {"x": x, "color": colour},
        "layer": [{"mark": "line", "encoding": {"y": y}}, *marks],
    }


def _apart(heats: Sequence[float]) -> float:
    """Px between two tokens at one temperature: less where temperatures stand close."""
    closest = min(hot - cold for cold, hot in pairwise(heats))
    return min(APART, chart.WIDTH * closest / (heats[-1] - heats[0]) / (DRAWN + 1))


def _seen(series: int, beside: float, y: Chart) -> list[Chart]:
    """A token's points and their intervals, so many px beside its temperature."""
    own = [{"filter": {"field": "series", "equal": series}}]
    span = {"y": y | {"field": "low"}, "y2": {"field": "high"}}
    point = {"y": y | {"field": "seen"}, "tooltip": _hover()}
    return [
        {"transform": own, "mark": {"type": "rule", "xOffset": beside}, "encoding": span},
        {"transform": own, "mark": {"type": "point", "xOffset": beside}, "encoding": point},
    ]
