"""Which texts need a font: what is drawn, and not what a pointer brings up."""

from llmlab.render.plot.drawn import drawn

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
