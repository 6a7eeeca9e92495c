"""A page as a file: its parts, what is escaped, what its policy lets in, and that it is one file whatever it shows."""

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.panels import part, shading
from llmlab.render import page, plot
from llmlab.render.page.finding import searchable
from llmlab.render.page.language import language
from llmlab.render.page.shades import STEPS, shades, step
from llmlab.render.plot.theme import DARK, LIGHT
from llmlab.view import Column, Several, View

HOSTILE = "</script><script>alert(1)</script><!-- & \"a\" 'b' \u2028\u202e今天"
VOID = {"meta", "input", "br", "link", "img"}


class Shown:
    """A result of one text in all its places."""

    def __init__(self, text, tongue="en"):
        self.text, self.tongue = text, tongue

    def views(self):
        return [
            View(self.text, (Column("token", wide=True),), [[self.text]], (f"note {self.text}",), f"said {self.text}")
        ]

    def records(self):
        return []

    values = records

    def document(self):
        return {}

    def chart(self):
        rows = [{"shown": self.text, "value": 1.0}]
        bar = {"mark": "bar", "encoding": {"x": {"field": "value", "type": "quantitative"}}}
        caption = {"data": {"values": [{}]}, "mark": {"type": "text", "style": "caption"}}
        return {"title": {"text": self.text}, "vconcat": [{"data": {"values": rows}, **bar}, caption]}

    def panels(self):
        return [shading("The text", [part(self.text.encode(), -2.0, 3, ((self.text.encode(), -1.0),))])]


class Reader(HTMLParser):
    """What a browser sees: elements with their attributes and texts, each end beside its begin."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attrs": dict(attrs), "text": ""}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, **attrs):
        return [
            one
            for one in self.elements
            if one["tag"] == tag and all(one["attrs"].get(name) == value for name, value in attrs.items())
        ]


@pytest.fixture(scope="module")
def made():
    return lambda result, theme="light": page.html(result, theme, plot.specification(result, theme), plot.VEGA_LITE)


def test_every_text_stands_as_text_and_nothing_of_it_is_read(made):
    read = Reader(made(Shown(HOSTILE)))
    assert read.open == []
    assert len(read.all("script")) == 3
    shown = HOSTILE.replace("\u202e", "<202E>")
    (title,), (said,) = read.all("title"), read.all("h1")
    assert title["text"] == f"{shown}: said {shown}"
    assert said["text"] == f"said {shown}"
    assert [one["text"] for one in read.all("span", role="option")] == [shown.replace("\u2028", "<2028>")]
    assert [one["text"] for one in read.all("footer")] == [f"\nnote {shown}\n"]
    assert any(shown in one["text"] for one in read.all("td"))
    assert not [name for one in read.elements for name in one["attrs"] if name.startswith("on")]


@given(st.recursive(st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists))
def test_data_in_a_page_are_what_they_were_and_hold_no_markup(data):
    text = page.embedded(data)
    assert json.loads(text) == data
    assert not re.search(r"[<>&\u2028\u2029]", text)


def test_the_policy_lets_in_this_page_s_scripts_and_style_and_nothing_else(made):
    text = made(Shown(HOSTILE))
    read = Reader(text)
    (policy,) = (one["attrs"]["content"] for one in read.all("meta", **{"http-equiv": "Content-Security-Policy"}))
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert set(rules) == {"default-src", "script-src", "style-src-elem", "style-src-attr", "base-uri", "form-action"}
    inside = (
        re.findall(r"<script>(.*?)</script>", text, re.DOTALL),
        re.findall(r"<style>(.*?)</style>", text, re.DOTALL),
    )
    for rule, parts in zip(("script-src", "style-src-elem"), inside, strict=True):
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in parts]
        assert rules[rule].split() == [f"'sha256-{one}'" for one in digests]
    assert not [one for one in read.elements if {"src", "href"} & set(one["attrs"])]


def test_a_page_has_one_of_what_it_must_have(made):
    read = Reader(made(Shown("the cat"), "dark"))
    for tag in ("title", "h1", "main", "footer"):
        assert len(read.all(tag)) == 1
    ids = [one["attrs"]["id"] for one in read.elements if "id" in one["attrs"]]
    assert len(ids) == len(set(ids))
    for one in read.elements:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert one["attrs"].get(name, ids[0]) in ids
    assert read.all("html")[0]["attrs"] == {"lang": "en", "data-theme": "dark"}
    assert len(made(Shown("the cat"))) < 1_200_000


def test_the_picture_is_the_result_s_but_for_the_title_that_the_page_has(made):
    (data,) = (one["text"] for one in Reader(made(Shown("the cat"))).all("script", id="data"))
    found, whole = json.loads(data), plot.specification(Shown("the cat"))
    assert found["titled"] == {"title": whole.pop("title")}
    assert found["chart"] == {**whole, "description": "the cat: said the cat"}


@pytest.mark.parametrize(
    ("text", "tongue"),
    [
        ("今天天气很好", "zh"),
        ("天气 is weather, as you can see", "en"),
        ("the cat", "en"),
        ("我爱 cat", "zh"),
        ("", "en"),
    ],
)
def test_a_text_says_its_language_where_it_is_another_than_the_page_s(made, text, tongue):
    assert language(text) == tongue
    read = Reader(made(Shown(text)))
    assert [one["attrs"].get("lang") for one in read.all("html") + read.all("h1")] == ["en", None]
    texts = [*read.all("div", role="listbox"), *read.all("p", **{"class": "asked"})]
    assert {one["attrs"].get("lang") for one in texts} == {"zh" if tongue == "zh" else None}


def test_a_page_is_in_the_language_of_the_run(made, chinese):
    read = Reader(made(Shown("the cat")))
    assert read.all("html")[0]["attrs"]["lang"] == "zh"
    assert [one["attrs"].get("lang") for one in read.all("p", **{"class": "asked"})] == ["en"]
    own = [one["text"] for tag in ("button", "noscript") for one in read.all(tag)]
    own += [one["text"] for one in read.all("h2") if one["text"] != "The text"]  # the panel's title is the result's
    assert len(own) == 4
    assert all(language(text) == "zh" for text in own)


def test_results_one_after_the_other_have_their_panels_one_after_the_other(made):
    read = Reader(made(Several("texts", [Shown("the cat"), Shown("the dog")])))
    assert [one["text"] for one in read.all("span", role="option")] == ["the cat", "the dog"]
    assert [one["attrs"]["data-panel"] for one in read.all("section") if "data-panel" in one["attrs"]] == ["0", "1"]


def luminance(colour):
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [value / 255 for value in bytes.fromhex(colour[1:])]
    return sum(
        weight * (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
        for weight, value in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_a_text_stands_out_from_every_shade(theme, colours):
    found = dict(re.findall(r"\.(s\d+)\{background:(#\w+)\}", shades(theme)))
    assert list(found) == [step(share / STEPS) for share in range(STEPS + 1)]
    assert found["s0"] == colours["ground"]
    for shade in found.values():
        dark, light = sorted((luminance(shade), luminance(colours["text"])))
        assert (light + 0.05) / (dark + 0.05) > 4.5
    assert len(set(found.values())) == STEPS + 1


def test_the_words_of_a_map_are_found_and_no_others():
    rows = [{"shown": "love", "pc1": 0.0, "pc2": 1.0}, {"shown": "爱", "pc1": 1.0, "pc2": 0.0}]
    field = {"field": "pc1", "type": "quantitative"}
    points = {"mark": {"type": "point"}, "encoding": {"x": field}}
    labels = {"mark": "text", "encoding": {"text": {"field": "shown"}}}
    bars = {"data": {"values": [{"shown": "cat", "score": 1}]}, "mark": "bar", "encoding": {}}
    picture = {"hconcat": [{"data": {"values": rows}, "layer": [points, labels]}, bars]}
    found, words = searchable(picture)
    assert words == ["love", "爱"]
    assert found["params"] == [{"name": "find", "value": ""}]
    assert ["opacity" in one["encoding"] for one in (*found["hconcat"][0]["layer"], found["hconcat"][1])] == [1, 1, 0]
    assert searchable(bars) == (bars, [])


def test_the_files_of_a_page_are_in_the_package_and_name_nothing_to_fetch():
    names = {file.name for file in files("llmlab.render.page").iterdir()}
    assert {"page.html", "page.css", *page.SCRIPTS} <= names
    for name in ("page.html", "page.css", *page.SCRIPTS):
        assert "http" not in html.unescape((files("llmlab.render.page") / name).read_text("utf-8")).replace(
            "http-equiv", ""
        )
        assert "innerHTML" not in (files("llmlab.render.page") / name).read_text("utf-8")
