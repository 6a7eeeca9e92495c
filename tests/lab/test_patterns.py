"""Patterns of users: what Python's re takes is matched as it matches, and what does not end is stopped."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.errors import MisuseError
from llmlab.lab import patterns
from llmlab.lab.patterns import matcher

PATTERNS = ["[a-z]+ing", "(?i)LOVE", r"^\s*Paris\b", "", "a|b", r"(a)\1", "(?<!a)b", r"\d{4}-\d{2}", "é$", "(a|aa)+b"]
ENDLESS = ["(a|aa)+$", r"(\w|\w\w)+$"]


def refused(error):
    return MisuseError(f"no pattern: {error}")


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("whole", [True, False])
@given(text=st.one_of(st.text("ab \n19-é", max_size=8), st.sampled_from(["loving", "LOVE", " Paris", "1999-01"])))
def test_what_is_matched_is_what_re_matches(pattern, whole, text):
    expected = (re.fullmatch if whole else re.search)(pattern, text) is not None
    assert matcher(pattern, refused, whole=whole)(text) == expected


@pytest.mark.parametrize("pattern", ENDLESS)
@pytest.mark.parametrize("whole", [True, False])
def test_a_pattern_that_does_not_end_is_stopped(monkeypatch, pattern, whole):
    monkeypatch.setattr(patterns, "SECONDS", 0.05)
    matches = matcher(pattern, refused, whole=whole)
    assert matches("aa")
    with pytest.raises(MisuseError) as stopped:
        matches("a" * 60 + "!")
    assert stopped.value.message == f"the pattern {pattern!r} does not end on '{'a' * 40}…'"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("[a-z", "unterminated character set"),
        ("(?R)", "unknown extension"),
        ("((?1))", "unknown extension"),
        ("a{1000000000}", "it repeats too often"),
        ("((((a{100}){100}){100}){100}){100}", "it repeats too often"),
        ("a{99999999999999999999}", "too large"),
        ("(" * 9000 + ")" * 9000, ""),
    ],
)
def test_what_is_no_pattern_or_cannot_be_held_is_refused(pattern, reason):
    with pytest.raises(MisuseError, match=f"no pattern: .*{reason}"):
        matcher(pattern, refused)
