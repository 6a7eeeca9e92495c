"""Markdown on a terminal: lines of so many cells, broken where Chinese is, and sessions as they were."""

import re

import pytest
from rich.cells import cell_len

from llmlab.render.markdown import drawn, joined

CHINESE = "课上说：模型给每个候选词一个*概率*，找的就是 `llmlab next` 里的下一个词，它只会接着往下写（1951 年香农）。"
SESSION = "```console\n$ llmlab next 今天\n#  token  P\n1  好    0.5\n```\n"


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(width):
    page = f"# 6 一\n\n{CHINESE}\n\n- {CHINESE}\n- two\n\nHe likes to watch `--format json` movies with friends.\n"
    lines = plain(drawn(page, width, colours=True)).splitlines()
    assert max(map(cell_len, lines)) <= width
    said = re.sub(r"[\s•]", "", "".join(lines))
    assert said == re.sub(r"[\s#*`]|^-|(?<=\n)-", "", page).replace("#6", "6")


def test_no_line_begins_with_a_mark_that_ends_what_is_before_it():
    for width in range(20, 60):
        for line in plain(drawn(CHINESE, width, colours=False)).splitlines():
            assert line[0] not in "，。：）", (width, line)


def test_lines_between_chinese_are_one_and_those_of_english_have_a_space():
    assert joined("找的就是\n下一个词，\n  很好\nof\nit\n") == "找的就是下一个词，很好\nof\nit\n"
    assert joined(f"一\n二\n{SESSION}") == f"一二\n{SESSION}"
    assert "of it" in drawn("of\nit", 80, colours=False)


def test_a_session_is_as_it_was_two_cells_to_the_right():
    lines = plain(drawn(SESSION, 80, colours=True)).splitlines()
    assert [line for line in lines if line] == [
        "  $ llmlab next 今天",
        "  #  token  P",
        "  1  好    0.5",
    ]


def test_without_colours_there_are_no_codes_but_those_of_weight():
    assert "\x1b[" in drawn(f"# A\n\n`b`\n\n{SESSION}", 80, colours=True)
    assert not re.search(r"\x1b\[[0-9;]*3\dm", drawn(f"# A\n\n`b`\n\n{SESSION}", 80, colours=False))


def test_what_would_steer_a_terminal_is_shown():
    assert "<1B>" in drawn("a \x1b]0;title\x07 b", 80, colours=True)
