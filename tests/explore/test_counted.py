"""A model that was counted, on the screen."""

import numpy as np
import pytest
from naive_ngram import NaiveNgram

from llmlab.explore.play import Play
from llmlab.lab.training.ngram import train

LINES = ["The cat sat on the mat.", "The dog sat on the mat.", "The cat saw the dog.", "今天天气很好。"] * 2


@pytest.mark.parametrize("temperature", [0.5, 1, 2])
def test_what_may_come_is_what_the_counts_say_at_a_temperature(temperature):
    found = train(LINES, "story")
    naive = NaiveNgram([found.vocabulary.encode(line) for line in LINES], len(found.vocabulary), 3)
    play = Play("story", found.lm, 7)
    play.type("The cat")
    assert play.take(play.side.reader.read(play.tokens))
    play.warm(temperature)
    weights = np.array(naive.distribution((0, *found.lm.encode("The cat").ids))) ** (1 / temperature)
    expected = weights / weights.sum()
    assert np.exp(play.heated.logprobs) == pytest.approx(expected[list(play.heated.ids)], rel=1e-4)
    assert play.heated.ids[0] == expected.argmax()


def test_one_walks_on_from_token_to_token():
    play = Play("story", train(LINES, "story").lm, 7)
    play.type("The")
    for _ in range(3):
        assert play.take(play.side.reader.read(play.tokens))
        play.choose(0)
        play.append()
    assert play.text in ("The cat sat on", "The dog sat on", "The cat saw the")
