"""Pictures to files: the kinds, what stays whole, and what is refused before anything is computed."""

import io
import json
import struct
from importlib import metadata

import numpy as np
import pytest
import vl_convert
from PIL import Image

from llmlab.errors import LabError, MissingError, MisuseError
from llmlab.render import plot
from llmlab.render.plot import fonts
from llmlab.render.plot.theme import CONFIG
from llmlab.view import View

TEXTS = ("今天", "cat", "<script>alert(1)</script>")


class Drawn:
    """A result with a picture of its own: three bars."""

    def views(self):
        return [View("three bars", (), [])]

    def records(self):
        return []

    values = records

    def document(self):
        return {}

    def chart(self):
        rows = [{"shown": text, "value": place + 1} for place, text in enumerate(TEXTS)]
        y, x = {"field": "shown", "type": "nominal", "sort": None}, {"field": "value", "type": "quantitative"}
        return {"data": {"values": rows}, "mark": "bar", "encoding": {"y": y, "x": x}}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_specification_is_the_chart_with_the_schema_and_the_theme(theme):
    found = plot.specification(Drawn(), theme)
    assert found == {"$schema": plot.SCHEMA, "config": CONFIG[theme], **Drawn().chart()}
    assert json.loads(plot.to_json(Drawn(), theme)) == found


def test_vega_lite_itself_needs_no_library(tmp_path, monkeypatch):
    monkeypatch.setattr(plot, "find_spec", lambda name: None)
    plot.save(Drawn(), tmp_path / "x.vl.json")
    assert json.loads((tmp_path / "x.vl.json").read_text("utf-8")) == plot.specification(Drawn())
    with pytest.raises(MissingError, match="needs vl-convert") as caught:
        plot.save(Drawn(), tmp_path / "x.png")
    assert caught.value.hint == 'pip install "llmlab[plot]", or end the name with .vl.json'


def test_a_png_is_twice_as_large_as_the_picture_and_in_the_theme_s_colours(tmp_path):
    for theme, ground in (("light", (255, 255, 255)), ("dark", (0x16, 0x18, 0x1D))):
        plot.save(Drawn(), tmp_path / "x.png", theme)
        with Image.open(tmp_path / "x.png") as image:
            assert image.convert("RGB").getpixel((0, 0)) == ground
            size = image.size
    svg = vl_convert.vegalite_to_svg(plot.specification(Drawn()), vl_version=plot.VEGA_LITE)
    width, height = (float(svg.split(f'{name}="')[1].split('"')[0]) for name in ("width", "height"))
    assert size[1] == pytest.approx(2 * height, abs=2)
    assert size[0] == pytest.approx(2 * width, rel=0.1)  # labels are measured in another font


def test_packing_a_png_anew_changes_no_pixel(tmp_path):
    plot.save(Drawn(), tmp_path / "x.png")
    spec = plot.specification(Drawn())
    spec["config"] = spec["config"] | {"font": fonts.family("".join(TEXTS), pytest.fail)}
    large = vl_convert.vegalite_to_png(spec, vl_version=plot.VEGA_LITE, scale=plot.SCALES[0])
    with Image.open(tmp_path / "x.png") as small, Image.open(io.BytesIO(large)) as same:
        assert small.convert("RGB").tobytes() == same.convert("RGB").tobytes()
    assert (tmp_path / "x.png").stat().st_size < len(large) / 2


class Heated(Drawn):
    """Sixty rows and columns, each cell of a colour of its own."""

    def chart(self):
        values = np.random.default_rng(0).permutation(3600).tolist()
        rows = [{"x": place % 60, "y": place // 60, "value": value} for place, value in enumerate(values)]
        x, y = ({"field": field, "type": "ordinal", "axis": None, "scale": {"padding": 0}} for field in "xy")
        colour = {"field": "value", "type": "quantitative", "legend": None, "scale": {"range": "diverging"}}
        encoding = {"x": x, "y": y, "color": colour}
        return {"data": {"values": rows}, "width": 600, "height": 600, "mark": "rect", "encoding": encoding}


def test_a_large_png_has_a_palette_whose_shades_are_hardly_off(tmp_path, monkeypatch):
    monkeypatch.setattr(plot, "LARGE", 5_000)
    plot.save(Heated(), tmp_path / "x.png")
    large = vl_convert.vegalite_to_png(plot.specification(Heated()), vl_version=plot.VEGA_LITE, scale=plot.SCALES[0])
    with Image.open(tmp_path / "x.png") as small, Image.open(io.BytesIO(large)) as same:
        assert same.convert("RGB").getcolors(256) is None
        assert small.mode == "P"
        off = np.abs(np.asarray(small.convert("RGB"), int) - np.asarray(same.convert("RGB"), int))
    assert off.max() <= 16
    assert (tmp_path / "x.png").stat().st_size < len(large) / 2


def test_the_kinds_are_what_their_names_say(tmp_path):
    begins = {"X.SVG": b"<svg", "x.html": b"<!DOCTYPE html>", "x.pdf": b"%PDF-", "x.png": b"\x89PNG", "x.svg": b"<svg"}
    for name, first in begins.items():
        plot.save(Drawn(), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(first)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(begins)


def test_texts_are_text_in_an_svg(tmp_path):
    plot.save(Drawn(), tmp_path / "x.svg")
    svg = (tmp_path / "x.svg").read_text("utf-8")
    assert "<script" not in svg
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in svg


def test_vl_convert_draws_with_the_version_that_is_named():
    assert plot.VEGA_LITE in vl_convert.get_vegalite_versions()
    assert plot.SCHEMA.endswith(f"v{plot.VEGA_LITE.partition('.')[0]}.json")


def test_nothing_is_fetched_for_a_picture():
    linked = {"data": {"url": "https://example.com/x.json"}, "mark": "bar", "encoding": {}}
    with pytest.raises(ValueError, match="example"):
        vl_convert.vegalite_to_png(linked, **plot._offline())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.gif", "x.gif names no kind of picture"),
        ("x.json", "x.json names no kind of picture"),
        ("x", "x names no kind of picture"),
        ("absent/x.png", "absent/x.png: there is no such folder"),
        ("folder.png", "folder.png: it is a folder"),
        (".png", "names no kind of picture"),
        (".vl.json", "names no kind of picture"),
        ("天" * 90 + ".png", "File name too long"),
    ],
)
def test_what_can_be_no_picture_is_misuse(tmp_path, name, said):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(MisuseError, match=said):
        plot.check(tmp_path / name)


def test_a_picture_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    plot.save(Drawn(), tmp_path / "x.vl.json")
    before = (tmp_path / "x.vl.json").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plot.os, "replace", full)
    with pytest.raises(LabError, match="No space left"):
        plot.save(Drawn(), tmp_path / "x.vl.json", "dark")
    assert [path.name for path in tmp_path.iterdir()] == ["x.vl.json"]
    assert (tmp_path / "x.vl.json").read_bytes() == before


def test_the_library_is_one_that_is_known():
    assert metadata.version("vl-convert-python").startswith("1.")


def test_a_png_says_its_size_as_every_png_does(tmp_path):
    plot.save(Drawn(), tmp_path / "x.png")
    width, height = struct.unpack(">II", (tmp_path / "x.png").read_bytes()[16:24])
    with Image.open(tmp_path / "x.png") as image:
        assert image.size == (width, height)
