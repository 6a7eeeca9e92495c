"""Pictures to files: png, svg, pdf and a page by vl-convert, which needs no network; Vega-Lite itself by nothing."""

import io
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlab.errors import LabError, MissingError, MisuseError, reason
from llmlab.language import later, tr
from llmlab.render import Theme, records
from llmlab.render.plot.drawn import drawable, drawn
from llmlab.render.plot.theme import CONFIG
from llmlab.view import Chart, Pictured

if TYPE_CHECKING:
    from PIL.Image import Image

Say = Callable[[str], None]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE = "6.4"  # what vl-convert draws with; it has several
DATA = ".vl.json"
DRAWN = (".png", ".svg", ".pdf", ".html")
SCALES = (2, 1.5, 1)  # pixels of a png to each of the picture's: so many as leave it under MOST
MOST = 200_000  # bytes of a png
PALETTE, LARGE = 256, 200_000  # colours; bytes of a png that is worth a palette that does not hold them all
FOLDER = later("cannot write {path}: it is a folder")
LOCKED = later("cannot write {path}: its folder cannot be written")
MISSING = later("cannot write {path}: there is no such folder")
NEEDED = {"vl_convert": "vl-convert-python", "PIL": "pillow", "fontTools": "fonttools"}
HINT = 'pip install "llmlab[plot]"'


def check(path: Path) -> None:
    """Raise MisuseError for a file that cannot be a picture, MissingError for one that needs what is not installed.

    Before anything is computed: a picture is made last.
    """
    if str(path) == "-":
        return
    kind = _kind(path)
    check_place(path)
    if kind != DATA and (missing := [package for module, package in NEEDED.items() if not find_spec(module)]):
        said = tr("{kind} needs {packages}", kind=kind, packages=tr(" and ").join(missing))
        raise MissingError(said, tr("{install}, or end the name with {kind}", install=HINT, kind=DATA))


def check_place(path: Path) -> None:
    """Raise MisuseError for a file that cannot be written."""
    try:
        here, folder = path.parent.is_dir(), path.is_dir()
    except OSError as error:  # a name that is too long
        raise MisuseError(_unwritten(path, error), tr("give a shorter name")) from None
    if not here or folder or not os.access(path.parent, os.W_OK):
        what = FOLDER if folder else LOCKED if here else MISSING
        raise MisuseError(tr(what, path=path), tr("name a file in a folder that is there"))


def _kind(path: Path) -> str:
    """What the end of a name says; the name has more than its end. Raises MisuseError for none of ours."""
    for kind in (DATA, *DRAWN):
        if path.name.lower().endswith(kind) and len(path.name) > len(kind):
            return kind
    raise MisuseError(
        tr("{path} names no kind of picture", path=path),
        tr("end it with one of {kinds}", kinds=tr(", ").join((*DRAWN, DATA))),
    )


def _unwritten(path: Path, error: OSError) -> str:
    return tr("cannot write {path}: {reason}", path=path, reason=reason(error))


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
    write(path, AS[_kind(path)](result, theme, say))


def write(path: Path, content: bytes) -> None:
    """Write a file, in whose place stands what was there until it is whole."""
    part = path.with_name(f".llmlab.tmp-{os.getpid()}")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        raise LabError(_unwritten(path, error), tr("name another file")) from error
    finally:
        part.unlink(missing_ok=True)


def _png(result: Pictured, theme: Theme, say: Say) -> bytes:
    import vl_convert
    from PIL import Image as Images

    spec = _with_font(result, theme, say)
    for scale in SCALES:
        png = vl_convert.vegalite_to_png(spec, scale=scale, **_offline())
        packed = _small(Images.open(io.BytesIO(png)).convert("RGB"))
        if len(packed) <= MOST:
            break
    return packed


def _small(image: "Image") -> bytes:
    """With a palette where the colours fit one; of a heat map, which has more, a shade may be off a little."""
    from PIL import Image as Images

    exact = image.quantize(PALETTE, Images.Quantize.MEDIANCUT, dither=Images.Dither.NONE)
    packed = _packed(exact if image.getcolors(PALETTE) else image)
    if len(packed) > LARGE:
        packed = _packed(image.quantize(PALETTE, Images.Quantize.FASTOCTREE, dither=Images.Dither.NONE))
    return packed


def _packed(image: "Image") -> bytes:
    """As small as it gets: vl-convert packs its png little."""
    small = io.BytesIO()
    image.save(small, "PNG", optimize=True)
    return small.getvalue()


def _svg(result: Pictured, theme: Theme, _: Say) -> bytes:
    return svg(specification(result, theme)).encode()


def svg(spec: Chart) -> str:
    """A picture of a whole specification, drawn with the fonts of whoever reads it."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(drawable(spec), **_offline()))


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
    from llmlab.render.plot.fonts import family

    spec: Chart = drawable(specification(result, theme))
    return {**spec, "config": {**spec["config"], "font": family(" ".join(drawn(spec)), say)}}


AS: dict[str, Callable[[Pictured, Theme, Say], bytes]] = {
    ".png": _png,
    ".svg": _svg,
    ".pdf": _pdf,
    ".html": _html,
    DATA: _json,
}
