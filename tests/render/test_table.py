"""Tables for people: aligned, whole in a pipe, folded on a terminal, and never read as markup."""

import io

import pytest
import regex as re  # which knows Unicode's properties
from rich.cells import cell_len

from llmlab.render import Screen, grid, strip, table
from llmlab.view import Bar, Column, Heat, Shade, Strip, View

COLUMNS = (Column("#", True), Column("word", wide=True), Column("P", True), Column(""))
ROWS = [[1, "爱", "0.5", Bar(0.5)], [2, "love", "0.25", Bar(0.25)], [10, "カフェ", "0.125", Bar(0.125)]]


def draw(*views, terminal=False, width=80, colours=None):
    stream = io.StringIO()
    table.draw(list(views), stream, Screen(terminal, width, terminal if colours is None else colours))
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


@pytest.mark.parametrize("terminal", [True, False])
def test_no_field_of_a_picture_steers_a_terminal(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    bad = "x\x1b]52;c;aGk=\x07\u202ey\u200f\x9b2J"
    view = View(bad, (Column(bad, wide=True), Column(bad, head=9)), [[bad, Shade(bad, 0.5)], [Bar(1), bad]], (bad,))
    out = draw(view, Strip(bad, [(bad, 0.5)], [(bad, 1.0)], (bad,)), terminal=terminal)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)  # rich's own colours
    assert plain.count("x<1B>") == 11
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]|\p{Bidi_Control}", plain)


def test_tables_are_apart_and_their_notes_below():
    one = View("one", (Column("a"),), [["x"]], ("note",))
    out = draw(one, one)
    assert re.fullmatch(r"(one\na *\n─+\nx *\nnote\n)\n\1", out)


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0, ""), (1, "█" * 20), (0.5, "█" * 10), (1 / 160, "▏"), (0.025, "▌"), (7, "█" * 20), (-1, "")],
)
def test_a_bar_is_as_long_as_its_share(share, drawn):
    assert grid.bar(share) == drawn


@pytest.mark.parametrize(
    ("text", "shown"), [("short", "short"), ("a longer context", "…nger context"), ("今天天气很好吗", "…天气很好吗")]
)
def test_a_tail_column_keeps_the_end_of_a_text_in_so_many_cells(text, shown):
    out = draw(View("", (Column("given", tail=13),), [[text]]))
    if text.startswith("今"):
        out = draw(View("", (Column("given", tail=11),), [[text]]))
    assert out.splitlines()[2].rstrip() == shown


SHADES = View(
    "", (Column("word"), Column("cosine", True)), [["love", Shade("1.0000", 1.0)], ["hate", Shade("0.5000", 0.0)]]
)
HEATS = View(
    "", (Column("from", True), Column("values")), [[0, Heat((-1.0, 0.0, 1.0, -7.0, 7.0))], [64, Heat((-0.5, 0.5))]]
)


def backgrounds(line):
    """The background of each printed cell that has one."""
    found = re.findall(r"\x1b\[[0-9;]*48;5;(\d+)m([^\x1b]*)", line)
    return [int(colour) for colour, text in found for _ in text]


@pytest.mark.usefixtures("colours")
def test_in_a_pipe_a_shaded_number_is_the_number():
    out = draw(SHADES)
    assert "\x1b" not in out
    assert [line.split() for line in out.splitlines()[2:]] == [["love", "1.0000"], ["hate", "0.5000"]]


@pytest.mark.usefixtures("colours")
def test_in_a_pipe_heat_is_a_block_for_each_value_from_the_lowest_to_the_highest():
    out = draw(HEATS)
    assert "\x1b" not in out
    first, second = (line.split() for line in out.splitlines()[2:])
    assert (first[0], second[0]) == ("0", "64")
    assert first[1][0] == first[1][3] == "▁"
    assert first[1][2] == first[1][4] == "█"
    assert first[1][1] in "▄▅"
    assert "▁" < second[1][0] < first[1][1] < second[1][1] < "█"  # blocks stand by height in Unicode
    assert (len(first[1]), len(second[1])) == (5, 2)


@pytest.mark.usefixtures("colours")
def test_on_a_terminal_numbers_are_shaded_by_their_share():
    out = draw(SHADES, terminal=True)
    assert [line.split() for line in plain(out).splitlines()[2:]] == [["love", "1.0000"], ["hate", "0.5000"]]
    love, hate = out.splitlines()[2:]
    assert backgrounds(love) == [strip.COLOURS[-1]] * len("1.0000")  # the word and the gap are not shaded
    assert backgrounds(hate) == [strip.COLOURS[0]] * len("0.5000")


@pytest.mark.usefixtures("colours")
def test_on_a_terminal_heat_is_blue_white_and_red():
    out = draw(HEATS, terminal=True)
    assert not set("▁▂▃▄▅▆▇█") & set(out)
    first, second = (backgrounds(line) for line in out.splitlines()[2:])
    blue, white, red = 19, 231, 124
    assert first == [blue, white, red, blue, red]
    assert len(second) == 2
    assert len({*first, *second}) == 5


@pytest.mark.usefixtures("colours")
def test_where_no_colours_are_wanted_cells_have_none():
    for view in (SHADES, HEATS):
        out = draw(view, terminal=True, colours=False)
        assert "48;5;" not in out
        assert plain(out).split() == draw(view).split()


@pytest.mark.usefixtures("colours")
def test_shades_have_a_legend_where_they_are_seen():
    view = View("", SHADES.columns, SHADES.rows, shades=[("0", 0.0), ("1", 1.0)])
    *_, legend = draw(view, terminal=True).splitlines()
    assert plain(legend) == "0  1"
    assert backgrounds(legend) == [strip.COLOURS[0], strip.COLOURS[-1]]
    assert draw(view) == draw(SHADES)  # a pipe has none
    assert plain(draw(view, terminal=True, colours=False)) == plain(draw(SHADES, terminal=True, colours=False))


@pytest.mark.parametrize(("text", "cells"), [("short", 1 + 2 + 5 + 2 + 3 + 2 + 20), ("x" * 3000, 80)])
def test_a_rule_in_a_pipe_is_no_wider_than_a_terminal(text, cells):
    assert draw(View("", COLUMNS, [[1, text, "0.5", Bar(1)]])).splitlines()[1] == "─" * cells


def test_no_line_of_a_pipe_ends_in_spaces():
    assert [
        line for line in draw(View("", COLUMNS, [[1, "", "0.5", Bar(0)], *ROWS])).splitlines() if line[-1:] == " "
    ] == []


BLOCKS = View(
    "title", (*COLUMNS, Column("a longer name")), [[1, "love hate", "0.5", Bar(0.5), "so"], [2, "", "0.25", Bar(1), ""]]
)


def test_a_table_that_has_no_room_stands_as_a_block_a_row_without_bars_and_empty_cells():
    lines = plain(draw(BLOCKS, terminal=True, width=24)).splitlines()
    assert lines == [
        "title",
        "#              1",
        "word           love hate",
        "P              0.5",
        "a longer name  so",
        "",
        "#              2",
        "P              0.25",
    ]


def test_where_names_leave_no_room_values_stand_below_them():
    lines = plain(draw(BLOCKS, terminal=True, width=17)).splitlines()
    assert lines[:9] == ["title", "#", "  1", "word", "  love hate", "P", "  0.5", "a longer name", "  so"]


def test_blocks_are_kept_apart_from_the_notes_below_them():
    lines = plain(
        draw(View("", COLUMNS, [[1, "x" * 20, "0.5", Bar(1)]], ("note",)), terminal=True, width=22)
    ).splitlines()
    assert lines[-3:] == ["P     0.5", "", "note"]


def test_heads_fold_before_a_table_is_taken_apart():
    view = View("", (Column("word"), Column("cosine to the mean", True)), [["cat", "0.5000"]])
    assert plain(draw(view, terminal=True, width=14)).splitlines() == [
        "        cosine",
        "        to the",
        "word      mean",
        "──────────────",
        "cat     0.5000",
    ]


@pytest.mark.parametrize("width", [20, 30, 200])
def test_a_table_of_shaded_numbers_fits_the_terminal_as_one_of_plain_numbers(colours, width):
    columns = (Column("word", wide=True), *(Column(f"w{i}", True) for i in range(3)))
    rows = [["a word of many letters", *("0.1234" for _ in range(3))]]
    shaded = [[rows[0][0], *(Shade(number, 0.5) for number in rows[0][1:])]]
    drawn = [plain(draw(View("", columns, cells), terminal=True, width=width)) for cells in (rows, shaded)]
    assert drawn[0] == drawn[1]


def test_a_conclusion_stands_before_the_figures_and_a_legend_below_them_explains_each_column_once():
    columns = (Column("#", True), Column("word"), Column("P", True, means="probability"))
    one = View("title", columns, [[1, "cat", "0.5"]], ("note",), "cat is likely.")
    other = View("", (*columns, Column("H", True, means="entropy")), [[1, "dog", "0.5", "1"]])
    lines = [line for line in draw(one, other).splitlines() if "─" not in line]
    assert [line.split() for line in lines] == [
        ["title"],
        ["cat", "is", "likely."],
        ["#", "word", "P"],
        ["1", "cat", "0.5"],
        ["P:", "probability"],
        ["note"],
        [],
        ["#", "word", "P", "H"],
        ["1", "dog", "0.5", "1"],
        ["H:", "entropy"],
    ]
