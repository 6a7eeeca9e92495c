"""train ngram --sizes: what is held out, bits a character, pairs, and their intervals."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.probability.pairs import PAIRS, judge, marked
from llmlab.lab.probability.perplexity import measure
from llmlab.lab.training import corpus
from llmlab.lab.training.ngram import train
from llmlab.lab.training.sizes import HELD_OUT, HeldOut, check, score, train_sizes

FILES = Files(None, print)
ASKED = (50, 200, 800)


@pytest.fixture(scope="module", params=["english", "chinese"])
def text(request):
    return request.param


@pytest.fixture(scope="module")
def pairs(text):
    return FILES.records(corpus.pairs(text), PAIRS)[::5]


@pytest.fixture(scope="module")
def found(text, pairs):
    lines = corpus.lines(text, FILES, sentences=None)
    return train_sizes(lines, ASKED, lambda model: marked(model, pairs), "grown", text)


@pytest.fixture(scope="module")
def held(text):
    """The sentences after the largest size that are not among those learned from, found another way."""
    lines = list(corpus.lines(text, FILES, sentences=ASKED[-1] + 2 * HELD_OUT))
    return [line for line in lines[ASKED[-1] :] if line not in lines[: ASKED[-1]]][:HELD_OUT]


def test_bits_a_character_are_those_of_the_equations_on_text_that_was_never_learned(found, held):
    for size, made in zip(found.sizes, found.trained, strict=True):
        assert len(size.held_out.bits) == len(held) == HELD_OUT
        for bits, line in list(zip(size.held_out.bits, held, strict=True))[:15]:
            tokens = made.lm.encode(f"{line}\n")
            nexts = made.lm.next([tokens[:place] for place in range(len(tokens))])  # [T, V] nats
            expected = -sum(nexts[place, token] for place, token in enumerate(tokens.ids)) / math.log(2)
            assert bits == pytest.approx(expected, rel=1e-5)  # nexts are float32


def test_bits_a_character_are_those_of_perplexity(found, held):
    written = "".join(f"{line}\n" for line in held)
    for size, made in zip(found.sizes, found.trained, strict=True):
        measured = measure(made.lm, "held", [written], len(written.encode()))
        assert size.held_out.characters.sum() == measured.characters == len(written)
        assert size.held_out.rate == pytest.approx(measured.records()[0]["bits_per_character"], rel=1e-9)


def test_all_have_the_vocabulary_of_the_largest_and_the_first_sentences(found, text):
    lines = list(corpus.lines(text, FILES, sentences=ASKED[-1]))
    largest = train(lines)
    assert [one.name for one in found.trained] == ["grown@50", "grown@200", "grown"]
    for size, one in zip(ASKED, found.trained, strict=True):
        assert one.vocabulary.pieces == largest.vocabulary.pieces
        assert one.revision == train(lines[:size], vocabulary=largest.vocabulary).revision


def test_more_text_teaches(found):
    rates = [one.held_out.rate for one in found.sizes]
    assert rates == sorted(rates, reverse=True)
    assert found.sizes[-1].shares[0][1].share > found.sizes[0].shares[0][1].share


def test_pairs_are_judged_as_the_verb_judges_them(found, pairs):
    for size, made in zip(found.sizes, found.trained, strict=True):
        judged = {one["group"]: one for one in judge(made.lm, pairs).document()["groups"]}
        shares = dict(size.shares)
        assert set(shares) == set(judged)
        for group, share in shares.items():
            assert (share.right, share.trials) == (judged[group]["right"], judged[group]["trials"])
            wilson = stats.binomtest(share.right, share.trials).proportion_ci(method="wilson")
            assert share.interval == pytest.approx((wilson.low, wilson.high))


def test_the_interval_of_a_rate_holds_as_often_as_it_says(found):
    """Samples of 200 sentences: their intervals hold the rate of all sentences some 95 times of 100."""
    whole = found.sizes[0].held_out
    random = np.random.default_rng(1)
    inside = 0
    for _ in range(400):
        chosen = random.integers(0, len(whole.bits), 200)
        low, high = HeldOut(whole.bits[chosen], whole.characters[chosen]).interval
        inside += low <= whole.rate <= high
    assert 0.91 < inside / 400 < 0.98


def test_the_interval_of_a_rate_is_that_of_resampling(found):
    whole = found.sizes[-1].held_out
    random = np.random.default_rng(2)
    rates = [whole.bits[c].sum() / whole.characters[c].sum() for c in random.integers(0, len(whole.bits), (1000, 2000))]
    assert whole.interval == pytest.approx(tuple(np.quantile(rates, [0.025, 0.975])), rel=0.004)


def test_records_say_of_each_size_what_the_table_shows(found):
    records = found.records()
    assert len(records) == len(ASKED) * len(found.sizes[0].shares)
    first = records[0]
    assert (first["sentences"], first["group"], first["model"]) == (50, "all", "grown@50")
    assert first["bits_low"] < first["bits_per_character"] < first["bits_high"]
    assert [one["sentences"] for one in found.document()["sizes"]] == list(ASKED)
    assert found.values() == [repr(one.held_out.rate) for one in found.sizes]


def test_a_sentence_says_how_far_more_text_has_led(found):
    rates = [f"{one.held_out.rate:.2f}" for one in found.sizes]
    shares = [f"{one.shares[0][1].share:.0%}" for one in found.sizes]
    said = f"From 50 to 800 sentences, a character of new text goes from {rates[0]} to {rates[-1]} bits"
    assert found.views()[0].conclusion == f"{said}, and from {shares[0]} to {shares[-1]} of the pairs are right."


def test_what_rules_make_is_called_no_natural_text(found, text):
    assert f"{text}: sentences made by rules, no natural text" in found.views()[0].notes
    lines = [f"line {number} of a file" for number in range(60)]
    assert not any("natural" in note for note in train_sizes(lines, [20]).views()[0].notes)


def test_without_pairs_only_bits_are_shown():
    found = train_sizes(corpus.lines("english", FILES, sentences=None), [40], None, "bare", "english")
    assert "pairs" not in [column.name for column in found.views()[0].columns]
    assert len(found.views()) == len(found.records()) == 1
    rate = found.sizes[0].held_out.rate
    conclusion = f"After 40 sentences a character of new text costs {rate:.2f} bits."
    assert found.views()[0].conclusion == conclusion


def test_a_file_is_held_out_where_the_largest_size_ends():
    lines = [f"line {number} of a file" for number in range(100)]
    found = train_sizes([*lines[:50], *lines[:10], *lines[50:]], [20, 50])
    assert len(found.sizes[0].held_out.bits) == 50  # none of the ten that come again
    assert found.sizes[1].held_out.rate == pytest.approx(score(found.trained[1].lm, lines[50:]).rate)


@pytest.mark.parametrize(
    ("count", "sizes", "said"),
    [
        (100, [], "the sizes are not some that grow"),
        (100, [0, 10], "the sizes are not some that grow"),
        (100, [10, 10], "the sizes are not some that grow"),
        (100, [20, 10], "the sizes are not some that grow"),
        (100, [10, 200], "story.txt holds 100 sentences, and not 200"),
        (100, [80], "after 80 sentences story.txt holds 20 new ones, and the test takes 30"),
    ],
)
def test_sizes_that_a_text_has_not_are_misuse(count, sizes, said):
    lines = (f"line {number} of a file" for number in itertools.count())
    with pytest.raises(MisuseError, match=said):
        train_sizes(itertools.islice(lines, count), sizes, None, "grown", "story.txt")


def test_sizes_that_grow_are_some():
    check([1, 2, 30])
