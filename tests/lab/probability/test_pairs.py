"""Minimal pairs against plain torch."""

import pytest

from llmlab.lab.probability import pairs
from llmlab.lab.probability.tallies.pairs import MISSES


def test_pairs_are_right_where_torch_finds_the_good_one_likelier(lm, total):
    told = [pairs.Pair("The cat sat", "The sat cat", "order"), pairs.Pair("sat cat the", "the cat sat", "order")]
    told.append(pairs.Pair("今天天气很好", "今天天气很差"))
    found = pairs.judge(lm, told)
    for one in found.outcomes:
        assert one.margin == pytest.approx(total(one.pair.good) - total(one.pair.bad), abs=1e-4)
    right = sum(total(pair.good) > total(pair.bad) for pair in told)
    groups = {row["group"]: row for row in found.document()["groups"]}
    assert groups["all"]["share"] == pytest.approx(right / 3)
    assert {name: row["trials"] for name, row in groups.items()} == {"all": 3, "order": 2}


def test_how_often_the_good_one_is_likelier_and_the_hardest_group_are_said_before_the_figures(lm, total):
    texts = ["The cat sat", "sat The cat", "cat sat The", "今天天气", "天气今天"]
    told = [pairs.Pair(a, b, f"after {a}") for a in texts for b in texts if a != b]
    conclusion = pairs.judge(lm, told).views()[0].conclusion
    right = {a: sum(total(a) > total(b) for b in texts if a != b) for a in texts}
    share = sum(right.values()) / 20
    assert conclusion.startswith(
        f"The good sentence is the likelier one in {sum(right.values())} of 20 pairs ({share:.1%}); hardest is after "
    )
    hardest = min(right, key=right.get)
    assert f"after {hardest} ({right[hardest] / 4:.1%})." in conclusion


def test_the_widest_misses_come_first(lm, total):
    texts = ["The cat sat", "sat The cat", "cat sat The", "今天天气", "天气今天"]
    told = [pairs.Pair(a, b) for a in texts for b in texts if a != b]
    expected = sorted(total(pair.good) - total(pair.bad) for pair in told)[:MISSES]
    rows = pairs.judge(lm, told).views()[1].rows
    assert [float(row[0]) for row in rows] == pytest.approx(expected, abs=2e-3)


def test_a_pair_of_equally_likely_sentences_is_not_right_and_is_counted_apart(lm):
    found = pairs.judge(lm, [pairs.Pair("The cat sat", "The cat sat"), pairs.Pair("sat cat The", "sat cat The")])
    assert [row["right"] for row in found.records()] == [False, False]
    assert found.views()[0].notes[0] == "both sentences are equally likely in 2 pairs, which count as wrong"
    near = pairs.Outcome(found.outcomes[0].pair, -7.0 + 4e-15, -7.0)  # a sum in another order
    assert not near.right
    assert pairs.Pairs((near,), found.origin).views()[0].notes[0].startswith("both sentences are equally likely in 1 ")
