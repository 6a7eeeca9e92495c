"""What is read piece by piece is what is read at once."""

import numpy as np
import pytest
import tiny

from llmlab.backends.base import Tokens
from llmlab.errors import MisuseError
from llmlab.explore.reader import HELD, TextReader

TEXT = "He likes movies and the weather is fine."


@pytest.fixture
def plain(lm_folder):
    """The same weights in plain torch: log-probabilities [T, V] after BOS and each token."""
    forward = tiny.plain_torch(lm_folder)
    return lambda tokens: forward([0, *tokens.ids])


def test_a_text_that_is_typed_letter_by_letter_is_read_as_torch_reads_it(reader, plain):
    for end in range(1, len(TEXT) + 1):
        tokens = reader.model.encode(TEXT[:end])
        reading = reader.read(tokens)
        if end % 10 == 0:
            expected = plain(tokens)
            assert reading.following == pytest.approx(expected[-1], abs=2e-4)
            own = expected[np.arange(len(tokens)), list(tokens.ids)]
            assert reading.logprobs == pytest.approx(own, abs=2e-4)


def test_a_text_that_grows_token_by_token_is_read_as_torch_reads_it(reader, plain):
    tokens = reader.model.encode(TEXT)
    for end in range(1, len(tokens) + 1):
        reading = reader.read(tokens[:end])
    expected = plain(tokens)
    assert reading.following == pytest.approx(expected[-1], abs=2e-4)
    assert reading.logprobs == pytest.approx(expected[np.arange(len(tokens)), list(tokens.ids)], abs=2e-4)


def test_going_back_and_another_way_is_read_as_torch_reads_it(reader, plain):
    first = reader.model.encode("the cat is")
    for text in ("the cat is here", "the cat is", "the dog is", "the cat"):
        tokens = reader.model.encode(text)
        reading = reader.read(tokens)
        expected = plain(tokens)
        assert reading.following == pytest.approx(expected[-1], abs=2e-4)
        assert reading.logprobs == pytest.approx(expected[np.arange(len(tokens)), list(tokens.ids)], abs=2e-4)
    assert reader.read(first).tokens == first


class Counting:
    """A model that counts how often it computes."""

    def __init__(self, model):
        self._model, self.asked = model, 0

    def __getattr__(self, name):
        return getattr(self._model, name)

    def score(self, *arguments):
        self.asked += 1
        return self._model.score(*arguments)

    def next(self, *arguments):
        self.asked += 1
        return self._model.next(*arguments)


def test_what_was_read_is_not_computed_again(lm):
    model = Counting(lm)
    reader, tokens = TextReader(model), lm.encode(TEXT)
    for end in range(1, len(tokens) + 1):
        reader.read(tokens[:end])
    grown = model.asked
    assert grown == 1 + len(tokens)  # the first token has nothing held before it; then what may follow
    reader.read(tokens[:3])
    assert model.asked == grown


def test_only_the_last_distributions_are_remembered(lm):
    reader, tokens = TextReader(lm), lm.encode(TEXT * 4)
    assert len(tokens) > HELD
    for end in range(1, len(tokens) + 1):
        reading = reader.read(tokens[:end])
    assert len(reader._held) == HELD
    assert np.isfinite(reading.logprobs).all()


def test_a_model_without_bos_has_no_probability_for_the_first_token(library, gguf_file_without_bos):
    reader = TextReader(library.causal_lm(str(gguf_file_without_bos)))
    reading = reader.read(reader.model.encode("the cat"))
    assert np.isnan(reading.logprobs[0])
    assert np.isfinite(reading.logprobs[1:]).all()
    with pytest.raises(MisuseError, match="empty"):
        reader.read(Tokens((), ()))


def test_a_text_longer_than_the_model_reads_is_refused_and_the_next_one_is_read(reader):
    with pytest.raises(MisuseError, match="at most 256"):
        reader.read(reader.model.encode("the cat " * 300))
    tokens = reader.model.encode("the cat")
    assert len(reader.read(tokens).logprobs) == len(tokens)


def test_a_text_that_fills_the_model_is_read(reader):
    tokens = reader.model.encode("the cat " * 300)[: reader.model.info.context - 2]
    assert len(reader.read(tokens).logprobs) == 254
