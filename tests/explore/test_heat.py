"""Temperature on the screen is softmax(z / T), and its draws are those of generate."""

import numpy as np
import pytest

from llmlab.explore import heat
from llmlab.explore.heat import Jumps
from llmlab.lab.prompt import Prompt
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample


@pytest.fixture
def following(lm):
    return lm.next([lm.encode("the cat")])[0]


def softmax(logits, temperature):
    scaled = logits.astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    return weights / weights.sum()


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1, 1.7, 3])
def test_probabilities_and_entropy_are_those_of_softmax(lm, following, temperature):
    found = heat.heated(lm, following, 10, temperature)
    p = softmax(following, temperature)
    order = np.argsort(-following, kind="stable")[:10]
    assert list(found.ids) == order.tolist()
    assert np.exp(found.logprobs) == pytest.approx(p[order], abs=1e-6)
    assert found.rest == pytest.approx(1 - p[order].sum(), abs=1e-5)
    possible = p[p > 0]
    assert found.entropy == pytest.approx(-(possible * np.log(possible)).sum(), abs=1e-4)
    assert found.pieces[0] == lm.piece(int(following.argmax()))


def test_at_zero_only_the_likeliest_is_left(lm, following):
    found = heat.heated(lm, following, 3, 0)
    assert np.exp(found.logprobs).tolist() == [1, 0, 0]
    assert (found.rest, found.entropy) == (0, 0)
    assert heat.draw(following, 0, 1, 5, 0) == int(following.argmax())


def test_the_scale_of_temperatures_has_ends():
    assert heat.step(1.0, 1) == 1.1
    assert heat.step(0.1, -1) == heat.step(0.0, -1) == 0
    assert heat.step(2.9, 5) == heat.HOTTEST
    t = 0.0
    for _ in range(30):
        t = heat.step(t, 1)
    assert t == 3


@pytest.mark.parametrize("temperature", [0.7, 2.0])
def test_what_jumps_is_the_first_token_of_the_samples_that_generate_draws(lm, temperature):
    tokens = lm.encode("the cat")
    following = lm.next([tokens])[0]
    jumps = Jumps(following, heat.heated(lm, following, 10, temperature), seed=3)
    places = [jumps.jump() for _ in range(20)]
    plan = Plan((temperature,), samples=20, max_tokens=1, seed=3)
    drawn = sorted(sample(lm, Prompt("", "", tokens), plan, plan.places), key=lambda one: one.sample)
    ids = jumps.heated.ids
    assert places == [ids.index(one.ids[0]) if one.ids[0] in ids else 10 for one in drawn]
    assert jumps.drawn == sum(jumps.counts) == 20


def test_a_token_jumps_as_often_as_the_temperature_says(lm, following):
    """Pearson's chi-squared of 2,000 draws over 10 tokens and the rest: 29.6 is exceeded once in 1,000."""
    jumps = Jumps(following, heat.heated(lm, following, 10, 1.0), seed=0)
    for _ in range(2000):
        jumps.jump()
    p = softmax(following, 1)
    own = p[list(jumps.heated.ids)]
    expected = np.array([*own, 1 - own.sum()]) * 2000
    assert (((np.array(jumps.counts) - expected) ** 2) / expected).sum() < 29.6
