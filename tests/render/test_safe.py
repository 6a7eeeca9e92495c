"""The one filter of what leaves llmlab: whatever a text holds, no terminal obeys it."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from llmlab.render.safe import harmless, replaced, visible

TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
STEERING = [*map(chr, (*range(32), *range(127, 160))), *TURNS]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "<1B>[31mred<1B>[0m"),
        ("\x1b]0;title\x07", "<1B>]0;title<07>"),
        ("a\rb\x08\x00", "a<0D>b<08><00>"),
        ("\x9b31m\x7f", "<9B>31m<7F>"),
        ("a\nb\tc", "a<0A>b<09>c"),
        ("abc\u202edcba\u202c", "abc<202E>dcba<202C>"),
        ("\u2066a\u2069", "<2066>a<2069>"),
        ("1\u200f-\u061c2\u200e", "1<200F>-<61C>2<200E>"),
        ("a\udc80.vec", "a<DC80>.vec"),
        ("爱 <1B> 👩\u200d🚀", "爱 <1B> 👩\u200d🚀"),
    ],
)
def test_control_and_bidirectional_characters_are_named(written, shown):
    assert harmless(written) == shown


@given(st.text(st.characters(codec="utf-8") | st.sampled_from(STEERING)))
def test_harmless_text_keeps_everything_but_what_unicode_calls_a_control_or_a_turn_of_direction(written):
    def steers(character):
        return unicodedata.category(character) == "Cc" or regex.match(r"\p{Bidi_Control}", character)

    expected = "".join(f"<{ord(character):02X}>" if steers(character) else character for character in written)
    assert harmless(written) == expected


@given(st.text(st.sampled_from([*STEERING, "a"])), st.sets(st.sampled_from(STEERING)))
def test_what_is_to_be_kept_is_kept(written, kept):
    keep = "".join(kept)
    assert harmless(written, keep) == "".join(one if one in keep else harmless(one) for one in written)
    assert replaced(written, lambda character: "", keep) == "".join(one for one in written if one in keep or one == "a")


HIDDEN = {"Cc", "Cf", "Zl", "Zp"}  # Unicode's categories of what steers, formats or ends lines
JOINERS = "\u200c\u200d"


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\x1b\x9b\u202e\u2028" + JOINERS)))
def test_visible_text_hides_nothing_and_steers_no_terminal(written):
    shown = visible(written)
    assert not {unicodedata.category(character) for character in shown if character not in JOINERS} & HIDDEN
    if not {unicodedata.category(character) for character in written} & HIDDEN:
        assert shown == written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\u202eb", "a<202E>b"),
        ("\u200d", "<200D>"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\ufeff", "<FEFF>"),
        ("a\xadb", "a<AD>b"),
    ],
)
def test_an_invisible_character_is_named_unless_it_joins(written, shown):
    assert visible(written) == shown
