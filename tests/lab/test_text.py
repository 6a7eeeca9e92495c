"""Tokens and numbers as text, against Decimal."""

import math
import re
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmlab.lab import text
from llmlab.lab.text import edged


@pytest.mark.parametrize(
    ("piece", "shown", "raw"),
    [
        (b" love", "␣love", " love"),
        ("爱".encode(), "爱", "爱"),
        (b"\xe7\x88", "<E7><88>", "<E7><88>"),
        (b"a\xff", "<61><FF>", "<61><FF>"),
        (b"\n\t", "↵→", "\n\t"),
        (b"\x1b[31m", "<1B>[31m", "\x1b[31m"),
        (b"[red]", "[red]", "[red]"),
        (b"", "", ""),
    ],
)
def test_a_token_is_shown_whole_and_kept_exact(piece, shown, raw):
    assert (text.show(piece), text.raw(piece)) == (shown, raw)


@given(st.floats(-text.RESOLVED, text.RESOLVED))
@example(0.0)
@example(-text.RESOLVED)
@example(math.log(10))
@example(math.log(1e-5))
@example(math.nextafter(math.log(1e-5), -1e9))
def test_mantissa_and_exponent_are_those_of_the_exact_exponential(log):
    mantissa, exponent = text.power(log)
    assert 1 <= mantissa < 10
    with localcontext(Emin=MIN_EMIN, Emax=MAX_EMAX):
        ratio = Decimal(mantissa).scaleb(exponent) / Decimal(log).exp()
    assert float(ratio) == pytest.approx(1, rel=max(1e-9, abs(log) * 1e-15))


@given(st.floats(-1e5, 0))
@example(math.log(9.996e-9))
@example(math.log(9.9999e-5))
@example(math.log(1e-4))
@example(math.nextafter(math.log(1e-2), -1))
def test_a_probability_is_shown_to_three_figures(log):
    shown = text.probability(log)
    assert re.fullmatch(r"[01]\.\d{4}|[1-9]\.\d\de-\d\d+", shown)
    assert float(Decimal(shown) / Decimal(log).exp()) == pytest.approx(1, rel=5.1e-3)


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        (math.nan, "-"),
        (-math.inf, "0"),
        (0, "1.0000"),
        (math.log(0.5), "0.5000"),
        (-31.737, "1.65e-14"),
        (-1e300, "< 1e-4342944819"),
    ],
)
def test_probabilities_that_have_a_known_form(log, shown):
    assert text.probability(log) == shown


@given(st.floats(text.RESOLVED, exclude_min=True))
def test_no_digits_are_made_up_beyond_those_of_a_double(log):
    assert text.power(-log) == (0, 0)
    assert text.probability(-log) in ("< 1e-4342944819", "0")
    assert float(text.value(-log)) == 0
    assert text.times(log) == "> 1e+4342944819 times"
    assert text.times(-log) == "< 1e-4342944819"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (1, "1.00 times"),
        (3.126, "3.13 times"),
        (99, "99.00 times"),
        (1756, "1,760 times"),
        (999_600, "1,000,000 times"),
        (1.234e-4, "1/8,100"),
        (0.52, "0.52 times"),
        (5.5e34, "5.50e+34 times"),
        (1e-30, "1/1.00e+30"),
    ],
)
def test_ratios_are_shown_as_times(ratio, shown):
    assert text.times(math.log(ratio)) == shown


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [(-0.0004, "0.000", "+0.000"), (-0.0, "0.000", "+0.000"), (-1.25, "-1.250", "-1.250"), (math.nan, "-", "-")],
)
def test_zero_has_no_minus_sign(value, plain, signed):
    assert text.number(value) == plain
    assert text.signed(value) == signed


@pytest.mark.parametrize(("ratio", "alike"), [(1, True), (1.004, True), (3.126, False), (1756, False)])
def test_two_texts_are_alike_when_their_ratio_is_one_to_the_eye(ratio, alike):
    assert text.alike(math.log(ratio)) is alike


def test_a_long_text_is_quoted_by_its_beginning():
    assert text.quoted("a\nb") == '"a↵b"'
    assert text.quoted("x" * 100) == f'"{"x" * 39}…"'


@pytest.mark.parametrize(
    ("text", "shown"), [(" Paris", "␣Paris"), ("a b ", "a b␣"), ("  ", "␣␣"), ("", ""), ("\n a", "↵ a"), ("a", "a")]
)
def test_spaces_at_the_edges_of_a_text_are_shown(text, shown):
    assert edged(text) == shown
