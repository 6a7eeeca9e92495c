"""The colours of a page as CSS: those of the theme, and the steps in which a text is shaded."""

from llmlab.render import Theme
from llmlab.render.plot.theme import ACCENT, DARK, LIGHT

STEPS = 16
FULL: dict[Theme, float] = {
    "light": 0.6,
    "dark": 0.5,
}  # of the first colour in the full shade, as in pictures; letters are still read on it


def variables(theme: Theme) -> str:
    """The theme's colours by their names."""
    of = {**(LIGHT if theme == "light" else DARK), "accent": ACCENT[theme]}
    return f":root{{color-scheme:{theme};" + "".join(f"--{name}:{colour};" for name, colour in of.items()) + "}\n"


def shades(theme: Theme) -> str:
    """A class a step, from the ground to the full shade."""
    of = LIGHT if theme == "light" else DARK
    colours = [_mixed(of["ground"], of["first"], FULL[theme] * step / STEPS) for step in range(STEPS + 1)]
    return "".join(f".s{step}{{background:{colour}}}\n" for step, colour in enumerate(colours))


def step(share: float) -> str:
    """The class of a share in [0, 1]."""
    return f"s{round(max(0.0, min(1.0, share)) * STEPS)}"


def _mixed(a: str, b: str, share: float) -> str:
    """So much of b in a; colours are #rrggbb."""
    pairs = zip(bytes.fromhex(a[1:]), bytes.fromhex(b[1:]), strict=True)
    return "#" + bytes(round(x + (y - x) * share) for x, y in pairs).hex()
