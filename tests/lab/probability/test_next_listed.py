"""next through a server: what it lists, and the probability that its list leaves out."""

import numpy as np
import pytest

from llmlab.backends.settings import Settings
from llmlab.errors import UnsupportedError
from llmlab.lab.probability.next_text import what_follows
from llmlab.lab.prompt import read


@pytest.fixture
def follows(served):
    """What `next` finds through the server."""

    def follows(text, by=None, k=5, temperatures=(1.0,), filters=Settings()):  # noqa: B008  # frozen
        return what_follows(served, served.spellings, read(served, text, raw=True), by, k, temperatures, filters)

    return follows


@pytest.mark.parametrize("text", ["the cat", "今天天气", "x"])
def test_the_list_is_that_of_plain_torch(follows, served, plain, text):
    found = follows(text)
    logprobs = plain(served.encode(text).ids)[-1]
    order = np.argsort(-logprobs)[:5]
    assert [one.number for one in found.tokens] == order.tolist()
    np.testing.assert_allclose([one.logprob for one in found.tokens], logprobs[order], atol=1e-3)


def test_what_is_left_out_is_the_rest_of_all_probability(follows, served, plain):
    found = follows("the cat", k=7)
    rest = np.sort(np.exp(plain(served.encode("the cat").ids)[-1]))[:-7].sum()
    assert found.missing == pytest.approx(rest, abs=1e-3)
    assert found.records()[0]["missing_mass"] == found.missing
    assert f"{found.missing:.1%} of the probability is on others" in found.views()[0].notes[0]


def test_records_follow_each_other_by_rank_and_add_up(follows):
    records = follows("the cat", k=4).records()
    assert [one["rank"] for one in records] == [1, 2, 3, 4]
    sums = np.cumsum([one["probability"] for one in records])
    np.testing.assert_allclose([one["cumulative_probability"] for one in records], sums)


@pytest.mark.parametrize(
    "asked", [{"temperatures": (0.5,)}, {"temperatures": (1, 2)}, {"by": "word"}, {"filters": Settings(top_k=3)}]
)
def test_what_needs_every_token_is_refused(follows, asked):
    with pytest.raises(UnsupportedError, match="lists the likeliest tokens alone"):
        follows("the cat", **asked)


def test_more_than_a_server_lists_is_refused(follows):
    with pytest.raises(UnsupportedError, match="lists the 1000 likeliest tokens, not 1001"):
        follows("the cat", k=1001)
