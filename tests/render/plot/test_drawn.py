"""Which texts need a font: what is drawn, and not what a pointer brings up."""

from llmlab.render.plot import svg
from llmlab.render.plot.drawn import drawable, drawn

ROWS = {"values": [{"shown": "猫", "hidden": "বাংলা", "p": 0.5}, {"shown": "dog", "hidden": "ελ", "p": 0.1}]}
BARS = {
    "data": ROWS,
    "encoding": {
        "x": {"field": "p", "title": "概率"},
        "tooltip": [{"field": "hidden", "title": "тень"}, {"field": "shown"}],
    },
    "layer": [{"mark": "bar"}, {"mark": "text", "encoding": {"text": {"field": "shown"}}}],
}


def test_titles_and_fields_that_a_mark_shows_are_drawn():
    texts = set(drawn({"title": {"text": ["题"]}, "vconcat": [BARS]}))
    assert {"题", "概率", "猫", "dog"} <= texts


def test_what_only_a_pointer_brings_up_is_not():
    texts = "".join(drawn({"title": "a", "vconcat": [BARS]}))
    assert not any(word in texts for word in ("বাংলা", "ελ", "тень"))


STEERING = "\x00\x1b[31m\x9b\u202e\u2066\ud800\ufffe\uffff"


def test_what_is_no_text_of_a_picture_is_shown_by_its_code():
    spec = {"title": [f"a{STEERING}b", "c\n\td"], f"k{STEERING}": {"values": [{"x": STEERING, "y": 1, "z": None}]}}
    shown = "<00><1B>[31m<9B><202E><2066><D800><FFFE><FFFF>"
    expected = {"title": [f"a{shown}b", "c\n\td"], f"k{shown}": {"values": [{"x": shown, "y": 1, "z": None}]}}
    assert drawable(spec) == expected


def test_no_text_ends_the_process_that_draws_it():
    mark = {"mark": "text", "encoding": {"text": {"field": "t", "type": "nominal"}}}
    spec = {"title": STEERING, "data": {"values": [{"t": STEERING}]}, **mark}
    assert "&lt;1B&gt;" in svg(drawable(spec))
