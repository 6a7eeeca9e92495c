"""What a model behind a server says of what the server cannot do: no number, and what can."""

import dataclasses
import math

import pytest
from backends.served.conftest import ABILITIES, INFO
from backends.served.faulty import MODEL, Faulty
from msgspec.structs import replace

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.backends.served.base import Draw
from llmlab.backends.served.model import ServedLM
from llmlab.backends.settings import Settings
from llmlab.errors import UnsupportedError

CONTEXT = Tokens.of("The cat", [0], [b"The cat"])


@pytest.fixture
def able(joined):
    """The model behind a server that can less."""

    def able(server, **abilities):
        return ServedLM(joined(server), MODEL, INFO, replace(ABILITIES, **abilities))

    return able


def drawing(**settings):
    return Draw(CONTEXT, (), Settings(**settings), max_tokens=3, seed=1)


@pytest.mark.parametrize(
    ("abilities", "asked", "said"),
    [
        ({"filters": False}, lambda lm: lm.drawn(drawing(top_k=3)), "top-k"),
        ({"filters": False}, lambda lm: lm.drawn(drawing(repetition_penalty=1.2)), "repetition penalty"),
        ({"tempered": False}, lambda lm: lm.drawn(drawing(temperature=0.5)), "does not draw from softmax"),
        ({}, lambda lm: lm.likeliest(CONTEXT, 21), "lists the 20 likeliest tokens, not 21"),
        ({"scores": ""}, lambda lm: lm.score([ScoreRequest(CONTEXT, 0)]), "the probability of a text that is given"),
        ({}, lambda lm: lm.next([CONTEXT]), "the probability of every token"),
        ({}, lambda lm: lm.decoder(CONTEXT, 1, 1), "logits"),
        ({}, lambda lm: lm.hidden(CONTEXT, 1), "hidden states"),
        ({}, lambda lm: lm.vocabulary(), "its whole vocabulary"),
    ],
)
def test_what_a_server_cannot_do_is_said_and_nothing_is_asked(able, abilities, asked, said):
    with Faulty() as server:
        lm = able(server, **abilities)
        with pytest.raises(UnsupportedError, match=said) as caught:
            asked(lm)
        assert "use a model of this machine" in caught.value.hint  # an engine is refused for a model of a server
        assert "--engine" not in caught.value.hint
        assert server.texts == []


def test_a_model_of_ones_own_server_is_asked_for_without_it_where_that_can_less(joined):
    with Faulty() as server:
        lm = ServedLM(joined(server), MODEL, dataclasses.replace(INFO, engine="server"), ABILITIES)
        for asked in (lambda: lm.likeliest(CONTEXT, 21), lambda: lm.next([CONTEXT]), lambda: lm.hidden(CONTEXT, 1)):
            with pytest.raises(UnsupportedError) as caught:
                asked()
            assert caught.value.hint.endswith("leave out --engine server")


def test_log_probabilities_of_softmax_at_another_temperature_are_not_taken_for_the_models(able):
    with Faulty(scaled=True) as server:
        lm = able(server, scaled=True)
        assert all(math.isnan(one.logprob) for one in lm.drawn(drawing(temperature=0.5)).tokens)
        assert not any(math.isnan(one.logprob) for one in lm.drawn(drawing()).tokens)


def test_a_strict_server_is_sent_only_what_its_protocol_names(able):
    with Faulty(filters="refused") as server:
        lm = able(server, takes_filters=False, filters=False)
        assert lm.drawn(drawing()).text
        assert lm.likeliest(CONTEXT, 5)


def test_tokens_that_have_no_number_are_told_apart_and_none_is_made_up(able):
    with Faulty(echo="right") as server:
        ids = able(server).encode("The cat sat on the mat.").ids
        assert len(set(ids)) == len(ids)
        assert max(ids) < 0
