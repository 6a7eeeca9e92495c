"""A text in a picture, in lines as it is read, each part shaded by its surprisal.

Vega-Lite does not set text, so its lines are laid out here, by the widths of letters in fonts like Arial.
"""

from collections.abc import Sequence

from llmlab.lab import chart
from llmlab.lab.chart import WIDTH
from llmlab.language import tr
from llmlab.render.fold import cells, in_lines
from llmlab.view import Chart

FULL = 16  # bits of the full shade: one in 65,536
OPACITY = {"domain": [0, FULL], "range": [0, 0.6], "clamp": True}  # letters are still read on the full shade
SIZE, LEADING, PAD = 13, 22, 1.5  # px of letters, from line to line, beside a part
WORD = 60  # cells of the longest piece that stays whole
# Widths in shares of the size, as those of Helvetica and Arial, rounded up: https://en.wikipedia.org/wiki/Arial
NARROW, SLIM = frozenset("ijl'|.,:;!I "), frozenset('ftr()[]/\\-`"*{}')
BROAD = frozenset("mwMWOQGDCHNUR%@&+<>=~") | frozenset("ABEKPSVXY")


def legend() -> str:
    """What the shades say."""
    return tr(
        "the stronger its shade, the more surprising a part: up to {bits} bits, one in {texts:,}",
        bits=FULL,
        texts=2**FULL,
    )


def width(text: str) -> float:
    """Pixels that a text takes, about."""
    return SIZE * sum(map(_width, text))


def shaded(rows: Chart, hover: Sequence[Chart], field: str = "surprisal_bits", scale: Chart | None = None) -> Chart:
    """The parts of a text (`shown`), shaded by a field on a scale of opacities; null stays unshaded."""
    values = [run for line, runs in enumerate(_lines(rows["values"])) for run in _placed(line, runs)]
    lines = 1 + max((one["line"] for one in values), default=0)
    across = {"type": "quantitative", "axis": None, "scale": {"domain": [0, WIDTH], "nice": False}}
    down = chart.place("line", axis=None, scale={"paddingInner": 0.12, "paddingOuter": 0})
    return {
        "data": {"values": values},
        "width": WIDTH,
        "height": LEADING * lines,
        "encoding": {"y": down, "tooltip": list(hover)},
        "layer": [
            {
                "mark": {"type": "rect", "style": "shade", "height": {"band": 1}, "cornerRadius": 2},
                "encoding": {
                    "x": across | {"field": "left"},
                    "x2": {"field": "right"},
                    "fillOpacity": chart.number(field, scale=scale or OPACITY, legend=None),
                },
            },
            {
                "mark": {"type": "text", "style": "label", "fontSize": SIZE, "align": "left", "baseline": "middle"},
                "encoding": {"x": across | {"field": "letters"}, "text": {"field": "run"}},
            },
        ],
    }


def _lines(parts: Sequence[Chart]) -> list[list[tuple[str, Chart]]]:
    """Runs of text in lines, each with the row that it is of."""
    numbered = [(str(one["shown"]), place) for place, one in enumerate(parts)]
    lines = in_lines(numbered, WORD, lambda piece: width(piece) + 2 * PAD, WIDTH)
    return [[(text, parts[place]) for text, place in line] for line in lines]


def _placed(line: int, runs: Sequence[tuple[str, Chart]]) -> list[Chart]:
    """Each run's row with the place of its ground, and of its letters after their spaces."""
    found, left = [], 0.0
    first, *rest = runs
    runs = [(first[0].lstrip(" ") or first[0], first[1]), *rest]  # a line begins with letters
    for text, row in runs:
        right = left + width(text) + 2 * PAD
        letters = left + PAD + width(text[: len(text) - len(text.lstrip(" "))])
        where = {"left": round(left, 1), "right": round(right, 1), "letters": round(letters, 1)}
        found.append({**row, "line": line, **where, "run": text.strip(" ")})
        left = right
    return found


def _width(letter: str) -> float:
    if cells(letter) != 1:
        return cells(letter) / 2
    if letter in NARROW:
        return 0.29
    if letter in SLIM:
        return 0.37
    if letter in BROAD:
        return 0.95 if letter in "mMW%@" else 0.76
    return 0.58
