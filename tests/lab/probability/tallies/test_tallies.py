"""The sums of records are those of what was computed all at once."""

import math

import numpy as np
import pytest

from llmlab.lab.probability import perplexity
from llmlab.lab.probability.ranking import unranked
from llmlab.lab.probability.tallies.texts import TextsTally
from llmlab.lab.probability.tallies.windows import WindowsTally
from llmlab.lab.provenance import of_text

TEXTS = ["The cat sat", "sat", "今天天气很好", "The mat"]


def test_the_perplexity_of_texts_is_that_of_their_tokens_together(lm, plain):
    tally = TextsTally.of(unranked(lm, TEXTS))
    ids = [lm.encode(text).ids for text in TEXTS]
    logprobs = [sum(plain(own)[place, token] for place, token in enumerate(own)) for own in ids]
    expected = math.exp(-sum(logprobs) / sum(map(len, ids)))
    assert float(tally.values()[0]) == pytest.approx(expected, rel=1e-4)
    (view,) = tally.views()
    likeliest, rarest = TEXTS[int(np.argmax(logprobs))], TEXTS[int(np.argmin(logprobs))]
    assert view.conclusion == f'Of 4 texts the likeliest is "{likeliest}", the rarest "{rarest}".'
    assert view.rows[:2] == [["texts", "4", ""], ["tokens", str(sum(map(len, ids))), "all that the model reads"]]


def test_texts_of_one_token_have_no_probability_without_bos_and_are_counted_apart(lm_without_bos):
    records = unranked(lm_without_bos, ["T", "The cat sat", "a"])
    tally = TextsTally.of(records)
    tokens = len(lm_without_bos.encode("The cat sat"))
    assert tally.perplexity == pytest.approx(math.exp(-records[1]["logprob_nats"] / (tokens - 1)))
    assert [one["scored_tokens"] for one in records] == [0, tokens - 1, 0]
    assert tally.views()[0].notes[0] == "2 texts have no probability, and are left out of the sums"


def test_texts_that_are_certain_count_by_their_scored_tokens(lm_without_bos):
    (one,) = unranked(lm_without_bos, ["The cat sat"])
    certain = {**one, "tokens": 3, "scored_tokens": 2, "logprob_nats": 0.0, "logprob_per_token_nats": 0.0}
    other = {**one, "tokens": 2, "scored_tokens": 1, "logprob_nats": -3.0, "logprob_per_token_nats": -3.0}
    assert TextsTally.of([certain, other]).perplexity == pytest.approx(math.e)


@pytest.mark.parametrize("model", ["lm", "lm_without_bos"])
def test_the_windows_of_a_long_text_sum_to_its_perplexity(request, model):
    lm = request.getfixturevalue(model)
    text = 20 * "今天天气很好。\nThe cat 👩 sat\n"
    whole = perplexity.measure(lm, "text", [text], 0, window=40, stride=10)
    windows, origin = perplexity.windows_of(lm, 40, 10), of_text(lm.info).columns
    tally = WindowsTally()
    for one in perplexity.cut(lm, "text", [text], windows, False):
        (stats,) = lm.score([one])
        tally.add({**perplexity.window_of("text", windows, one), **perplexity.logprob_of(stats), **origin})
    (found,), (expected,) = tally.text().records(), whole.records()
    assert (found["characters"], found["bytes"]) == (len(text), len(text.encode()))
    assert found == {**expected, **{name: pytest.approx(expected[name], rel=1e-6) for name in NUMBERS}}


NUMBERS = ("logprob_nats", "perplexity", "bits_per_token", "bits_per_character", "bits_per_byte")
