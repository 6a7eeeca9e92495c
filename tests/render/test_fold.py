"""Text in lines: between words, between Chinese characters, and never inside a number."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from llmlab.render.fold import cells, clipped, fold, pieces

TEXTS = st.text(st.sampled_from("ab 12今，。（1.%-/é↵👩‍👩‍👧\u0301\t"), max_size=60)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("He likes movies", 9, ["He likes", "movies"]),
        ("in 3,120.5 of 45 % and -12.75", 8, ["in", "3,120.5", "of 45 %", "and", "-12.75"]),
        ("今天天气很好，我们去看（电影）。", 11, ["今天天气很", "好，我们去", "看（电", "影）。"]),
        ("今天 movie很好", 9, ["今天", "movie很好"]),
        ("Question: France?↵Answer:", 18, ["Question: France?↵", "Answer:"]),
        ("short", 40, ["short"]),
        ("", 40, [""]),
    ],
)
def test_a_text_is_broken_between_words(text, width, lines):
    assert fold(text, width) == lines


def test_only_a_word_longer_than_a_line_is_broken_where_it_has_parts_else_anywhere():
    assert fold("see /data/cache/spaces/minilm now", 13) == ["see /data/", "cache/spaces/", "minilm now"]
    assert fold("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert fold("👩‍👩‍👧" * 3, 4) == ["👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧"]  # a family stays together


@given(TEXTS, st.integers(4, 30))
def test_nothing_is_lost_and_no_line_is_wider_than_the_terminal(text, width):
    assert "".join(pieces(text, width)) == text
    lines = fold(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line.strip()) <= width for line in lines)


@given(TEXTS, st.integers(0, 30))
@example("\u200d。11。", 3)
@example("\u200d\u200d1。", 2)
@example("\t\u200d。1", 1)
def test_what_is_clipped_has_room_begins_as_the_text_and_tells_that_there_is_more(text, width):
    found = clipped(text, width)
    assert cell_len(found) <= width
    if cell_len(text) <= width:
        assert found == text
    elif width:
        assert found.endswith("…")
        assert cell_len(found) >= width - 1  # half of a wide character has no room
        assert text.startswith(found[:-1])


@given(TEXTS)
def test_cells_are_those_of_the_terminal(text):
    assert cells(text) == cell_len(text)
