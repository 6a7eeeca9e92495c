"""Where two texts differ: the parts against plain torch, and their sum."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.probability.compare import difference

TEXTS = ["He likes movies.", "He movies likes.", "今天天气很好", "今天天气很差", "The cat sat on the mat", "a"]


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS))
def test_the_parts_cover_both_texts_and_sum_to_the_difference(lm, total, a, b):
    found = difference(lm, a, b)
    assert b"".join(part.a for part in found.parts).decode() == a
    assert b"".join(part.b for part in found.parts).decode() == b
    assert sum(part.difference for part in found.parts) == pytest.approx(total(a) - total(b), abs=1e-3)
    assert found.total == pytest.approx(total(a) - total(b), abs=1e-3)
    assert all((part.a == part.b) == part.same for part in found.parts)


def test_a_part_is_as_likely_as_torch_says_in_its_own_text(lm, plain):
    a, b = "The cat sat on the mat", "The dog sat on the mat"
    found = difference(lm, a, b)
    for text, side in ((a, "a"), (b, "b")):
        ids = lm.encode(text).ids
        expected = plain(ids)[np.arange(len(ids)), list(ids)]
        sums = [getattr(part, f"{side}_logprob") for part in found.parts]
        assert sum(sums) == pytest.approx(expected.sum(), abs=1e-4)
        assert sums[-1] == pytest.approx(expected[-1], abs=1e-4)  # the last token is shared
    assert found.parts[-1].same
    assert found.parts[-1].difference != 0  # but other words stand before it


@pytest.mark.parametrize("turned", [False, True])
def test_the_likelier_text_is_named_with_how_much_likelier_it_is(lm, total, turned):
    texts = ["He likes movies.", "He movies likes."][:: -1 if turned else 1]
    (view,) = difference(lm, *texts).views()
    ahead, times, behind = re.fullmatch(r"(A|B) is (\S+) times likelier than (A|B)\.", view.conclusion).groups()
    logs = dict(zip("AB", map(total, texts), strict=True))
    assert ahead == max(logs, key=logs.get) != behind
    assert float(times.replace(",", "")) == pytest.approx(math.exp(abs(logs["A"] - logs["B"])), rel=1e-2)


def test_a_text_is_as_likely_as_itself_and_zero_has_no_minus_sign(lm):
    (view,) = difference(lm, "The cat", "The cat").views()
    assert view.conclusion == "A is as likely as B."
    assert {row[4] for row in view.rows} == {"+0.000"}


def test_without_bos_the_first_token_adds_nothing(lm_without_bos):
    found = difference(lm_without_bos, "The cat", "The mat")
    assert found.parts[0].difference == 0
    assert sum(part.difference for part in found.parts) == pytest.approx(found.total)
