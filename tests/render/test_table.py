"""Tables for people: aligned, whole in a pipe, folded on a terminal, and never read as markup."""

import io
import re

import pytest
from rich.cells import cell_len

from llmlab.render import table
from llmlab.view import Bar, Column, View

COLUMNS = (Column("#", True), Column("word", wide=True), Column("P", True), Column(""))
ROWS = [[1, "爱", "0.5", Bar(0.5)], [2, "love", "0.25", Bar(0.25)], [10, "カフェ", "0.125", Bar(0.125)]]


def draw(*views, terminal=False, width=80):
    stream = io.StringIO()
    table.draw(list(views), stream, terminal=terminal, width=width)
    return stream.getvalue()


def test_columns_line_up_with_wide_characters():
    lines = draw(View("", COLUMNS, ROWS)).splitlines()
    after_words = []
    for line in lines[2:]:
        number = re.search(r"0\.\d+", line)
        after_words.append(cell_len(line[: number.end()]))
    assert len(after_words) == 3
    assert len(set(after_words)) == 1  # flush right, in cells of the terminal
    assert [line.split()[:2] for line in lines[2:]] == [["1", "爱"], ["2", "love"], ["10", "カフェ"]]


@pytest.mark.parametrize("text", ["word " * 400, "字" * 1500, "x" * 3000])
def test_a_pipe_gets_each_row_title_and_note_on_one_line_without_colours(text):
    out = draw(View(text, COLUMNS, [[1, text, "0.5", Bar(1)]], (text,)), width=40)
    assert "\x1b" not in out
    assert len(out.splitlines()) == 5
    assert sum(text.strip() in line for line in out.splitlines()) == 3


def test_a_terminal_gets_long_text_folded_to_its_width_and_nothing_lost():
    text = "今天天气很好" * 20
    lines = draw(View("", COLUMNS, [[1, text, "0.5000", Bar(0.1)]]), terminal=True, width=50).splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert max(map(cell_len, plain)) <= 50
    assert "".join(re.findall("[今天气很好]", "".join(plain))) == text
    assert any("0.5000" in line for line in plain)


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_bars_make_room_before_words_and_numbers_do():
    view = View("", COLUMNS, [[1, "agreement_across_distractor", "0.123456", Bar(1)]])
    widths = {}
    for width in (80, 60, 50):
        out = plain(draw(view, terminal=True, width=width))
        assert "agreement_across_distractor" in out
        assert "0.123456" in out
        widths[width] = out.count("█")
    assert widths[80] == 20
    assert widths[80] > widths[60] > widths[50] > 0


@pytest.mark.parametrize("width", [20, 30, 40])
def test_no_number_is_ever_cut(width):
    columns = (Column("word", wide=True), *(Column(f"P{i}", True) for i in range(6)))
    out = plain(draw(View("", columns, [["love", *(f"0.12{i}456" for i in range(6))]]), terminal=True, width=width))
    for i in range(6):
        assert f"0.12{i}456" in out


@pytest.mark.parametrize(
    ("text", "shown"), [("a long answer", "a long a…"), ("今天天气很好", "今天天气…"), ("short", "short")]
)
def test_a_head_column_keeps_the_beginning_in_so_many_cells(text, shown):
    assert draw(View("", (Column("a", head=9),), [[text]])).splitlines()[2].rstrip() == shown


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("text", ["[red]love[/red]", "[link=x]", ":smile:", "[/]", "**b**", "\\[x]"])
def test_markup_in_text_stays_as_it_is(text, terminal):
    out = draw(View(text, (Column(text),), [[text]], (text,)), terminal=terminal)
    assert re.sub(r"\x1b\[[0-9;]*m", "", out).count(text) == 4


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("control", ["\x1b[31m", "\x1b]0;title\x07", "\r", "\x08", "\x9b31m", "\x00"])
def test_what_would_steer_a_terminal_is_escaped(control, terminal):
    text = f"a{control}b"
    out = draw(View(text, (Column(text),), [[text]], (text,)), terminal=terminal)
    plain = re.sub(r"\x1b\[[0-9]+m", "", out) if terminal and control != "\x1b[31m" else out
    assert control not in plain
    assert out.count(f"a<{ord(control[0]):02X}>") == 4


def test_tables_are_apart_and_their_notes_below():
    one = View("one", (Column("a"),), [["x"]], ("note",))
    out = draw(one, one)
    assert re.fullmatch(r"(one\na *\n─+\nx *\nnote\n)\n\1", out)


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0, ""), (1, "█" * 20), (0.5, "█" * 10), (1 / 160, "▏"), (0.025, "▌"), (7, "█" * 20), (-1, "")],
)
def test_a_bar_is_as_long_as_its_share(share, drawn):
    assert table.bar(share) == drawn


@pytest.mark.parametrize(
    ("text", "shown"), [("short", "short"), ("a longer context", "…nger context"), ("今天天气很好吗", "…天气很好吗")]
)
def test_a_tail_column_keeps_the_end_of_a_text_in_so_many_cells(text, shown):
    out = draw(View("", (Column("given", tail=13),), [[text]]))
    if text.startswith("今"):
        out = draw(View("", (Column("given", tail=11),), [[text]]))
    assert out.splitlines()[2].rstrip() == shown
