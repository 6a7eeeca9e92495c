"""The measures of a long text, against windows cut by hand and scored by plain torch."""

import math

import pytest

from llmlab.errors import MisuseError
from llmlab.lab.probability.perplexity import measure
from llmlab.lab.probability.windows import Windows


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_the_measures_of_a_long_text_are_those_of_its_windows(request, lm, by_hand, long, engine):
    text = long + "\n" + long
    half = len(long) + 1
    found = measure(request.getfixturevalue(engine), "it", [text[:half], text[half:]], len(text), window=100, stride=30)
    ids = lm.encode(text[:half]).ids + lm.encode(text[half:]).ids  # blocks are encoded one by one
    expected = by_hand(ids, 99, 30)
    total = sum(expected)
    record = found.document()
    assert record["logprob_nats"] == pytest.approx(total, abs=1e-3 * len(ids))
    assert record["perplexity"] == pytest.approx(math.exp(-total / len(ids)), rel=1e-3)
    assert record["bits_per_byte"] == pytest.approx(-total / math.log(2) / len(text.encode()), rel=1e-4)
    assert record["bits_per_character"] == pytest.approx(-total / math.log(2) / len(text), rel=1e-4)
    assert record["bits_per_token"] == pytest.approx(-total / math.log(2) / len(ids), rel=1e-4)
    assert (record["tokens"], record["scored_tokens"]) == (len(ids), len(ids))
    assert record["windows"] == Windows(99, 30).count(len(ids))


def test_without_bos_a_long_text_lacks_one_tokens_probability(lm_without_bos, long):
    record = measure(lm_without_bos, "it", [long], len(long)).document()
    assert record["scored_tokens"] == record["tokens"] - 1


def test_no_more_than_a_window_and_a_block_is_held(lm):
    """The blocks are asked for one by one, as the windows need them."""
    asked = []

    def blocks():
        for number in range(50):
            asked.append(number)
            yield "the cat sat on the mat\n" * 5

    seen = []
    measure(lm, "it", blocks(), 5750, window=64, progress=lambda done, total: seen.append((len(asked), done)))
    assert seen[0][0] < 10
    assert seen[-1][1] == 5750
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_an_empty_text_has_no_measure(lm):
    with pytest.raises(MisuseError, match="it is empty"):
        measure(lm, "it", [], 0)
