"""The looks of pictures: a light and a dark theme, in colours that colour-blind eyes tell apart.

Names are Okabe and Ito's palette (https://jfly.uni-koeln.de/color/); the ramps are cividis (Nunez et al. 2018), which
looks the same to them, and blue to orange over the background's own shade.
"""

from llmlab.render import Theme
from llmlab.view import Chart

FONT = "system-ui, sans-serif"  # the reader's own, in svg and pages; png and pdf are drawn with one that is found
LIGHT = {
    "ground": "#ffffff",
    "text": "#1a1a1a",
    "soft": "#555555",
    "rest": "#909090",
    "grid": "#e3e3e3",
    "first": "#0072b2",
}
DARK = {
    "ground": "#16181d",
    "text": "#eeeeee",
    "soft": "#b8b8b8",
    "rest": "#757a82",
    "grid": "#33363d",
    "first": "#56b4e9",
}
CATEGORIES = {
    "light": ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d00", "#000000"],
    "dark": ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#0072b2", "#ffffff"],
}
ACCENT = {"light": "#d55e00", "dark": "#e69f00"}  # what is asked about among what is found

DIVERGING = {
    "light": ["#003a5c", "#2f86ba", "#f7f7f7", "#d9772f", "#7a3000"],
    "dark": ["#8fd3ff", "#2f7fb3", "#24272d", "#9a5518", "#ffb56b"],
}
STRONG = {"light": "#ffffff", "dark": "#16181d"}  # letters on either end of it


def _config(theme: Theme) -> Chart:
    of = LIGHT if theme == "light" else DARK
    return {
        "background": of["ground"],
        "font": FONT,
        "padding": 12,
        "view": {"stroke": None},
        **_words(of),
        "range": {
            "category": CATEGORIES[theme],
            "ramp": {"scheme": "cividis"},
            "heatmap": {"scheme": "cividis"},
            "diverging": DIVERGING[theme],
        },
        "bar": {"color": of["first"]},
        "line": {"color": of["first"], "strokeWidth": 2},
        "point": {"color": of["first"], "filled": True, "size": 40},
        "rule": {"color": of["soft"]},
        "style": _styles(of, ACCENT[theme], STRONG[theme]),
    }


def _words(of: dict[str, str]) -> Chart:
    """Titles, axes and legends."""
    named = {"labelColor": of["soft"], "titleColor": of["text"], "titleFontWeight": 500}
    lines = {"gridColor": of["grid"], "domainColor": of["grid"], "tickColor": of["grid"]}
    head = {"color": of["text"], "subtitleColor": of["soft"], "fontSize": 15, "subtitleFontSize": 12.5}
    return {
        "title": {**head, "anchor": "start", "fontWeight": 600, "offset": 12, "subtitlePadding": 5},
        "axis": {**named, **lines, "labelFontSize": 11, "titleFontSize": 12, "labelSeparation": 8},
        "legend": named,
        "header": {"labelColor": of["text"], "titleColor": of["text"]},
    }


def _styles(of: dict[str, str], accent: str, strong: str) -> Chart:
    """The looks that a mark asks for by name."""
    label = {"color": of["text"], "fontSize": 12}
    return {
        "label": label,
        "caption": {"color": of["soft"], "fontSize": 11},
        "value": {"color": of["soft"], "fontSize": 11},
        "shade": {"color": of["first"]},  # behind a text, as opaque as it is surprising
        "asked": {"color": accent},
        "asked-label": {**label, "color": accent, "fontWeight": "bold"},
        "strong-label": {**label, "color": strong},
        "dark-label": {**label, "color": "#ffffff"},  # on either end of cividis
        "bright-label": {**label, "color": "#000000"},
        "rest": {"color": of["rest"]},
        "leader": {"color": of["soft"], "strokeWidth": 0.6},
        "interval": {"color": of["text"], "strokeWidth": 1.4},
    }


CONFIG: dict[Theme, Chart] = {"light": _config("light"), "dark": _config("dark")}
