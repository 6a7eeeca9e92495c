"""Pictures to files: png, svg, pdf and a page by vl-convert, which needs no network; Vega-Lite itself by nothing."""

import io
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlab.errors import LabError, MissingError, MisuseError
from llmlab.render import Theme, records
from llmlab.render.plot.theme import CONFIG
from llmlab.view import Chart, Pictured

if TYPE_CHECKING:
    from PIL.Image import Image

Say = Callable[[str], None]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE = "6.4"  # what vl-convert draws with; it has several
DATA = ".vl.json"
DRAWN = (".png", ".svg", ".pdf", ".html")
SCALE = 2  # pixels of a png to each of the picture's, so that it stands a projector
PALETTE, LARGE = 256, 200_000  # colours; bytes of a png that is worth a palette that does not hold them all
HINT = 'pip install "llmlab[plot]"'


def check(path: Path) -> None:
    """Raise MisuseError for a file that cannot be a picture, MissingError for one that needs what is not installed.

    Before anything is computed: a picture is made last.
    """
    if str(path) == "-":
        return
    if not path.name.endswith((DATA, *DRAWN)):
        raise MisuseError(f"{path} names no kind of picture", f"end it with one of {', '.join((*DRAWN, DATA))}")
    if not path.parent.is_dir() or path.is_dir():
        raise MisuseError(f"cannot write {path}: there is no such folder", "name a file in a folder that is there")
    if not path.name.endswith(DATA) and not (find_spec("vl_convert") and find_spec("PIL") and find_spec("fontTools")):
        raise MissingError(f"{path.suffix} needs vl-convert", f"{HINT}, or end the name with {DATA}")


def specification(result: Pictured, theme: Theme = "light") -> Chart:
    """A result's picture as a whole Vega-Lite specification, which any Vega-Lite draws."""
    return {"$schema": SCHEMA, "config": CONFIG[theme], **result.chart()}


def to_json(result: Pictured, theme: Theme = "light") -> str:
    return records.to_json(specification(result, theme))


def save(result: Pictured, path: Path, theme: Theme = "light", say: Say = lambda _: None) -> None:
    """Write a picture of the kind that the name ends with; what was there of that name stays until it is whole.

    Letters that no font here has are told to `say`. Raises MisuseError, MissingError as `check` does, and for png and
    pdf MissingError where these letters are Chinese.
    """
    check(path)
    kind = DATA if path.name.endswith(DATA) else path.suffix
    content = AS[kind](result, theme, say)
    part = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        raise LabError(f"cannot write {path}: {error.strerror}", "name another file") from error
    finally:
        part.unlink(missing_ok=True)


def _png(result: Pictured, theme: Theme, say: Say) -> bytes:
    import vl_convert
    from PIL import Image as Images

    png = vl_convert.vegalite_to_png(_with_font(result, theme, say), scale=SCALE, **_offline())
    image = Images.open(io.BytesIO(png)).convert("RGB")
    if image.getcolors(PALETTE):  # then a palette holds them all
        image = image.quantize(PALETTE, Images.Quantize.MEDIANCUT, dither=Images.Dither.NONE)
    packed = _packed(image)
    if len(packed) > LARGE:  # a heat map: a shade is off by as little as no eye sees
        packed = _packed(image.convert("RGB").quantize(PALETTE, Images.Quantize.FASTOCTREE, dither=Images.Dither.NONE))
    return packed


def _packed(image: "Image") -> bytes:
    """As small as it gets: vl-convert packs its png little."""
    small = io.BytesIO()
    image.save(small, "PNG", optimize=True)
    return small.getvalue()


def _svg(result: Pictured, theme: Theme, _: Say) -> bytes:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(specification(result, theme), **_offline())).encode()


def _pdf(result: Pictured, theme: Theme, say: Say) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_pdf(_with_font(result, theme, say), **_offline()))


def _html(result: Pictured, theme: Theme, _: Say) -> bytes:
    from llmlab.render import page

    return page.html(result, theme, specification(result, theme), VEGA_LITE).encode()


def _json(result: Pictured, theme: Theme, _: Say) -> bytes:
    return to_json(result, theme).encode()


def _offline() -> dict[str, Any]:
    return {"vl_version": VEGA_LITE, "allowed_base_urls": []}


def _with_font(result: Pictured, theme: Theme, say: Say) -> Chart:
    """The specification with a font, found here, that has its letters: these pictures carry none."""
    from llmlab.render.plot.drawn import drawn
    from llmlab.render.plot.fonts import family

    spec = specification(result, theme)
    return {**spec, "config": {**spec["config"], "font": family(" ".join(drawn(spec)), say)}}


AS: dict[str, Callable[[Pictured, Theme, Say], bytes]] = {
    ".png": _png,
    ".svg": _svg,
    ".pdf": _pdf,
    ".html": _html,
    DATA: _json,
}
