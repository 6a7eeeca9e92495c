"""Views as HTML: what a parser reads in it is what the view says, whatever the texts hold."""

import re
from html.parser import HTMLParser

import pytest

from llmlab.render import html
from llmlab.render.plot.theme import DARK, LIGHT
from llmlab.view import Bar, Column, Heat, Shade, Strip, View

HOSTILE = ["<script>alert(1)</script>", "a & b", "\"'><img src=x onerror=alert(1)>", "</table></div>", "&lt;b&gt;"]
STEERING = {"\u202eabc": "<202E>abc", "\x1b[31mred": "<1B>[31mred", "a\u2066b\u2069": "a<2066>b<2069>"}
VOID = {"br"}


class Reader(HTMLParser):
    """The texts of a fragment by the tag they stand in, and every element with its attributes."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(fragment)
        self.close()
        assert self.open == []  # every element is closed

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in {"td", "th", "p", "figcaption"}:
            self.texts.append([tag, ""])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if set(self.open) & {"td", "th", "p", "figcaption"}:
            self.texts[-1][1] += data

    def of(self, tag):
        return [text for name, text in self.texts if name == tag]

    def attributes(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def read(*views):
    return Reader(html.tables(views))


def table(rows, **columns):
    return View("", tuple(Column(name, number) for name, number in columns.items()), rows)


def test_a_table_holds_what_the_view_says_in_its_order():
    columns = (Column("#", True), Column("word"), Column("P", True, means="probability"), Column(""))
    view = View("A title", columns, [[1, "爱", "0.5", Bar(0.5)], [2, "love", "0.25", Bar(1)]], ("a note",), "So it is")
    found = read(view)
    assert found.of("figcaption") == ["A titleSo it is"]
    assert found.of("th") == ["#", "word", "P"]  # the column of bars has no name, and no header
    assert found.of("td") == ["", "1", "爱", "0.5", "", "2", "love", "0.25", ""]
    assert found.of("p") == ["P: probability", "a note"]
    assert [one["scope"] for one in found.attributes("th")] == ["col"] * 3
    assert len(found.attributes("tr")) == 3


def test_numbers_are_set_flush_right_and_texts_left():
    styles = [one["style"] for one in read(table([[1, "a"]], n=True, word=False)).attributes("td")]
    assert [re.search("text-align: (\\w+)", style)[1] for style in styles] == ["right", "left"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_text_is_never_read_as_markup_wherever_it_stands(hostile):
    shaded = [(hostile, 0.5)]
    view = View(
        hostile, (Column(hostile, means=hostile),), [[hostile], [Shade(hostile, 1)]], (hostile,), hostile, shaded
    )
    found = read(view, Strip(hostile, shaded, shaded, (hostile,), hostile))
    assert found.of("td") == [hostile, hostile]
    assert found.of("th") == [hostile]
    assert found.of("figcaption") == [hostile * 2] * 2
    assert found.of("p") == [hostile, f"{hostile}: {hostile}", *[hostile] * 4]
    plain = read(View("a", (Column("a", means="a"),), [["a"], [Shade("a", 1)]], ("a",), "a", [("a", 0.5)]),
                 Strip("a", [("a", 0.5)], [("a", 0.5)], ("a",), "a"))  # fmt: skip
    assert found.elements == plain.elements  # the same tags with the same attributes: none is of the text's making


@pytest.mark.parametrize("text", STEERING)
def test_marks_that_turn_a_line_are_shown_as_codes(text):
    found = read(View(text, (Column("x"),), [[text]]), Strip("", [(text, 1.0)], []))
    assert found.of("td") == found.of("figcaption") == [STEERING[text]]
    assert found.of("p")[0] == STEERING[text]


def test_the_spaces_of_a_token_stay():
    found = read(table([["  two  spaces "]], token=False), Strip("", [(" a", 0.1), ("  b", 1.0)], []))
    assert found.of("td") == ["  two  spaces "]
    assert found.of("p")[0] == " a  b"
    assert "white-space: pre-wrap" in found.attributes("td")[0]["style"]
    assert "white-space: pre-wrap" in found.attributes("p")[0]["style"]


def test_a_text_is_cut_where_its_column_is():
    columns = (Column("head", head=5), Column("tail", tail=5))
    assert read(View("", columns, [["abcdefgh", "abcdefgh"]])).of("td") == ["abcd…", "…efgh"]


@pytest.mark.parametrize(("share", "em"), [(0.0, 0), (0.25, 2.5), (1.0, 10), (7.0, 10), (-1.0, 0), (float("nan"), 0)])
def test_a_bar_is_as_long_as_its_share_and_hidden_from_readers_of_screens(share, em):
    (bar,) = read(table([[Bar(share, 20)]], bar=False)).attributes("span")
    assert float(re.search(r" width: ([\d.]+)em", bar["style"])[1]) == em
    assert bar["aria-hidden"] == "true"


def test_heat_is_a_block_a_value_with_what_it_says_in_words():
    found = read(table([[Heat((-1.0, 0.0, 0.25))]], values=False))
    image, *blocks = found.attributes("span")
    assert image["role"] == "img"
    assert image["aria-label"] == "3 values from -1.00 to +0.25"
    strength = [float(re.search(r"rgba\(.*, ([\d.]+)\)", one["style"])[1]) for one in blocks]
    assert strength == [1.0, 0.0, 0.25]
    assert html.BELOW in blocks[0]["style"]
    assert html.ABOVE in blocks[2]["style"]


def test_shades_grow_with_their_share_in_cells_strips_and_legends():
    view = View("", (Column("x"),), [[Shade("low", 0.0)], [Shade("high", 1.0)]], shades=[("low", 0.0), ("high", 1.0)])
    found = read(view, Strip("", [("a", 0.0), ("b", 1.0)], [("c", 0.5)]))
    covered = [float(share) for share in re.findall(r"rgba\(213, 94, 0, ([\d.]+)\)", str(found.elements))]
    assert covered == [0.0, 0.6, 0.0, 0.6, 0.0, 0.6, 0.3]


def luminance(colour):
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (one / 255 for one in colour)]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
def test_text_stands_out_from_every_shade_in_both_themes(theme, share):
    ground, ink = ([int(theme[name][at : at + 2], 16) for at in (1, 3, 5)] for name in ("ground", "text"))
    *colour, cover = map(float, re.findall(r"[\d.]+", html.shade(share)))
    behind = [cover * over + (1 - cover) * under for over, under in zip(colour, ground, strict=True)]
    low, high = sorted((luminance(ink), luminance(behind)))
    assert (high + 0.05) / (low + 0.05) > 6


def test_no_views_and_no_rows_are_no_error():
    assert read().texts == []
    assert read(table([], a=False)).of("th") == ["a"]
