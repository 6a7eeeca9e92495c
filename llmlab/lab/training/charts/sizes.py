"""The picture of train ngram --sizes: bits a character and the share of pairs right, against sentences learned from."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.training.sizes import Sizes

NOTE = later("an upright line is where the true figure lies, 95 times of 100")
MOST = 12  # groups of pairs that have a panel
HEIGHT = 200  # px
SENTENCES = later("sentences learned from (logarithmic)")


def against_sentences(found: "Sizes") -> Chart:
    """A curve of bits; one of all pairs, and one of each of their groups."""
    records, views = found.records(), found.views()
    sizes = found.document()["sizes"]
    cut: list[str] = []
    x = _across([one["sentences"] for one in sizes])
    rates = chart.data(sizes, "sentences", "bits_per_character", "bits_low", "bits_high")
    parts = [_curve(rates, x, chart.number("bits_per_character", tr("bits a character"), scale={"zero": True}), "bits")]
    if "share" in records[0]:
        groups = list(dict.fromkeys(one["group"] for one in records))
        parts.append(_curve(_shares(records, groups[:1]), x, _right(tr("pairs right")), "share"))
        if len(groups) > 1:
            parts.append(_by_group(_shares(records, groups[1 : MOST + 1]), x))
            said = tr("the first {drawn} of {count:,} groups of pairs", drawn=MOST, count=len(groups) - 1)
            cut = [said] if len(groups) > MOST + 1 else []
    notes = [tr(NOTE), *cut, *(note for view in views for note in view.notes)]
    return chart.picture(views, *parts, notes=notes)


def _across(sizes: list[int]) -> Chart:
    """The channel of sentences, with a tick a size and room beside the first and the last."""
    beside = (sizes[-1] / sizes[0]) ** 0.04 if len(sizes) > 1 else 2
    scale = {"type": "log", "domain": [sizes[0] / beside, sizes[-1] * beside], "nice": False}
    return chart.number("sentences", tr(SENTENCES), scale=scale, axis={"values": sizes, "format": ",d", "grid": False})


def _right(title: str) -> Chart:
    axis = {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}
    return chart.number("share", title, scale={"domain": [0, 1]}, axis=axis)


def _shares(records: list[Record], groups: list[str]) -> Chart:
    own = [one for one in records if one["group"] in groups]
    fields = ("sentences", "share", "low", "high", "right", "trials")
    renamed = {"share_low": [one["low"] for one in own], "share_high": [one["high"] for one in own]}
    return chart.data(own, *fields, shown=[visible(one["group"]) for one in own], **renamed)


def _curve(rows: Chart, x: Chart, y: Chart, what: str) -> Chart:
    """A line with a point a size, and the interval of each."""
    low, high = f"{what}_low", f"{what}_high"
    title = tr("bits") if what == "bits" else tr("share")
    hover = [*chart.tooltip(sentences=tr("sentences")), *(chart.exact(field, said) for field, said in (
        (y["field"], title), (low, tr("95 % from")), (high, tr("to"))))]  # fmt: skip
    return {
        "data": rows,
        "width": chart.WIDTH,
        "height": HEIGHT,
        "encoding": {"x": x},
        "layer": [
            {"mark": {"type": "line"}, "encoding": {"y": y}},
            {
                "mark": {"type": "rule", "style": "interval"},
                "encoding": {"y": y | {"field": low}, "y2": {"field": high}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"y": y, "tooltip": hover},
            },
        ],
    }


def _by_group(rows: Chart, x: Chart) -> Chart:
    """A small panel a group, so that ten curves do not lie over each other."""
    names = list(dict.fromkeys(row["shown"] for row in rows["values"]))
    abreast = 3
    width = round((chart.WIDTH - chart.BETWEEN * 2 * (abreast - 1)) / abreast)
    small = x | {"title": None, "axis": x["axis"] | {"labelAngle": 0, "format": "~s"}}
    panels = [
        {
            **_curve({"values": [row for row in rows["values"] if row["shown"] == name]}, small, _right(""), "share"),
            "width": width,
            "height": HEIGHT // 2,
            "title": chart.heading(name),
        }
        for name in names
    ]
    lines = [panels[at : at + abreast] for at in range(0, len(panels), abreast)]
    return {"vconcat": [{"hconcat": line, "spacing": chart.BETWEEN} for line in lines]}
