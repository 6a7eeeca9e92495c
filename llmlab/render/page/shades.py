"""The colours of a page as CSS: those of the theme, and the steps in which a text is shaded."""

from llmlab.render import Theme
from llmlab.render.plot.theme import ACCENT, DARK, LIGHT

STEPS = 16
FULL = {"light": "#e69f00", "dark": "#8a5a00"}  # the full shade: Okabe and Ito's orange, and dark enough for white text


def variables(theme: Theme) -> str:
    """The theme's colours by their names."""
    of = {**(LIGHT if theme == "light" else DARK), "accent": ACCENT[theme]}
    return f":root{{color-scheme:{theme};" + "".join(f"--{name}:{colour};" for name, colour in of.items()) + "}\n"


def shades(theme: Theme) -> str:
    """A class a step, from the ground to the full shade."""
    ground = (LIGHT if theme == "light" else DARK)["ground"]
    return "".join(f".s{step}{{background:{_mixed(ground, FULL[theme], step / STEPS)}}}\n" for step in range(STEPS + 1))


def step(share: float) -> str:
    """The class of a share in [0, 1]."""
    return f"s{round(max(0.0, min(1.0, share)) * STEPS)}"


def _mixed(a: str, b: str, share: float) -> str:
    """So much of b in a; colours are #rrggbb."""
    pairs = zip(bytes.fromhex(a[1:]), bytes.fromhex(b[1:]), strict=True)
    return "#" + bytes(round(x + (y - x) * share) for x, y in pairs).hex()
