"""train ngram: what is counted, what it says of it, and that it speaks as it counted."""

import math

import numpy as np
import pytest
from naive_ngram import NaiveNgram
from scipy import stats

from llmlab.backends.base import ScoreRequest
from llmlab.backends.sampling import draw_plain, noise
from llmlab.errors import MisuseError
from llmlab.lab.probability import counts
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.prompt import context
from llmlab.lab.training.ngram import train

LINES = ["The cat sat on the mat.", "The dog sat on the mat.", "The cat saw the dog.", "A dog saw a cat."] * 2


def test_it_says_how_much_it_read():
    found = train([*LINES, "", "  "], "story", "story.txt")
    (record, *_) = found.records()
    assert (record["name"], record["text"]) == ("story", "story.txt")
    assert (record["sentences"], record["characters"]) == (8, sum(map(len, LINES)))
    assert record["tokens"] == sum(len(found.vocabulary.encode(line)) + 1 for line in LINES)
    assert (record["vocabulary"], record["words"]) == (258 + found.vocabulary.words, found.vocabulary.words)


def test_the_counts_of_each_order_are_those_by_hand():
    found = train(LINES, order=3)
    sentences = [found.vocabulary.encode(line) for line in LINES]
    naive = NaiveNgram(sentences, len(found.vocabulary), 3)
    for n, record in enumerate(found.records(), 1):
        seen = [c for tokens in naive.after[n].values() for c in tokens.values()]
        assert record["ngrams"] == len(seen)
        assert record["with_count"] == {str(k): seen.count(k) for k in (1, 2, 3, 4)}
        assert list(record["discounts"].values()) == pytest.approx(naive.discounts[n])


def test_bits_of_a_text_are_those_of_the_equations():
    found = train(LINES, order=3)
    naive = NaiveNgram([found.vocabulary.encode(line) for line in LINES], len(found.vocabulary), 3)
    text = "The cat sat on the zebra, 很好!"
    tokens = found.lm.encode(text)
    expected = [math.log(naive.distribution((0, *tokens.ids[:i]))[token]) for i, token in enumerate(tokens.ids)]
    np.testing.assert_allclose(found.lm.score([ScoreRequest(tokens)])[0].logprobs, expected, atol=1e-9)


def test_another_texts_vocabulary_cuts_both_alike():
    large = train(LINES)
    small = train(LINES[:2], vocabulary=large.vocabulary)
    assert small.vocabulary is large.vocabulary
    assert small.lm.encode("A dog saw") == large.lm.encode("A dog saw")
    assert small.lm.next([small.lm.encode("A")]).shape == large.lm.next([large.lm.encode("A")]).shape


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "story.txt holds no text"),
        ([" ", "\n"], "holds no text"),
        (["hello"], "holds one word, and nothing"),
        (["a"] * 9, "no line of story.txt has 4 tokens"),
    ],
)
def test_too_little_text_is_misuse(lines, said):
    with pytest.raises(MisuseError, match=said):
        train(lines, "story", "story.txt", order=4)


@pytest.mark.parametrize(
    ("asked", "said"), [({"order": 0}, "n-gram of 0"), ({"order": 10}, "10"), ({"min_count": 0}, "0")]
)
def test_what_cannot_be_counted_is_misuse(asked, said):
    with pytest.raises(MisuseError, match=said):
        train(LINES, **asked)


def test_discounts_that_are_undefined_are_said():
    (view,) = train(["a b", "c d"], order=2).views()
    assert any("undefined; 0.5, 1 and 1.5 stand in" in note for note in view.notes)
    assert [record["estimated"] for record in train(["a b", "c d"], order=2).records()] == [False, False]


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_draws_are_as_frequent_as_the_counts_say_at_a_temperature(temperature):
    found = train(LINES, order=3)
    naive = NaiveNgram([found.vocabulary.encode(line) for line in LINES], len(found.vocabulary), 3)
    context = found.lm.encode("The")
    weights = np.array(naive.distribution((0, *context.ids))) ** (1 / temperature)
    expected = 4000 * weights / weights.sum()
    logits = found.lm.decoder(context, 1, 1).first
    drawn = [draw_plain(logits, temperature, noise(7, i, 0))[0] for i in range(4000)]
    seen = np.bincount(drawn, minlength=len(expected))
    rare = expected < 5
    assert not seen[expected == 0].any()
    observed, wanted = (np.append(one[~rare], one[rare].sum()) for one in (seen, expected))
    assert stats.chisquare(observed[wanted > 0], wanted[wanted > 0]).pvalue > 1e-4


def test_the_counts_behind_a_probability_make_it_by_hand():
    """P is worked out from what the records say, and from nothing else."""
    found = train(LINES, order=3)
    listed = next_tokens(found.lm, context(found.lm, "The cat"), 8)
    for record in counts.counted(found.lm, listed).records():
        p = record["lowest"]
        for step in record["counts"]:
            d1, d2, d3 = step["discounts"]
            n1, n2, n3 = step["followed"]
            if not step["total"]:
                continue
            gamma = (d1 * n1 + d2 * n2 + d3 * n3) / step["total"]
            discount = (0, d1, d2, d3)[min(step["count"], 3)]
            p = (step["count"] - discount) / step["total"] + gamma * p
            assert (step["weight"], step["discount"]) == (pytest.approx(gamma), discount)
        assert p == pytest.approx(record["probability"], rel=1e-6)
        assert p == pytest.approx(step["probability"])


def test_the_counts_behind_a_probability_are_those_of_the_text():
    found = train(["a b", "a b", "a c"], order=2, min_count=1)
    listed = next_tokens(found.lm, context(found.lm, "a"), 300)
    of = {record["token"]: record["counts"][-1] for record in counts.counted(found.lm, listed).records()}
    assert {token: of[token]["count"] for token in (" b", " c", "z")} == {" b": 2, " c": 1, "z": 0}
    assert of[" b"]["total"] == 3
    assert of[" b"]["context"] == "a"
    assert of[" b"]["followed"] == [1, 1, 0]
