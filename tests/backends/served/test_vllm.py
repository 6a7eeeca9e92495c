"""What vLLM 0.32 answered on a CPU, with smollm2-135m-instruct in float32: each form of it is read rightly."""

import json
import math
from pathlib import Path

import pytest
from deaf import Deaf
from msgspec.structs import replace

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.backends.served.answers import choice_of, finish_of, of_prompt, positions, text_of
from llmlab.backends.served.tokens import unspelled
from llmlab.backends.served.wire import told
from llmlab.config import load
from llmlab.errors import DamagedError
from llmlab.models.library import Library

PROMPT = (504, 3575, 282, 4649)  # The capital of France


def recorded(name):
    return json.loads((Path(__file__).parent / "vllm" / f"{name}.json").read_text(encoding="utf-8"))


def test_a_prompt_is_read_by_the_numbers_of_its_tokens():
    found = choice_of(recorded("prompt_logprobs"))["prompt_logprobs"]
    first, *rest = of_prompt(PROMPT, found)
    assert math.isnan(first[0])
    assert rest == [(-11.539274215698242, 2923), (-0.3376066982746124, 1), (-2.4386610984802246, 2)]
    for other in ((504, 3575, 4649, 282), PROMPT[:3], (*PROMPT, 30)):
        with pytest.raises(DamagedError):
            of_prompt(other, found)


def test_a_list_is_read_by_number_likeliest_first():
    found = positions(choice_of(recorded("top_logprobs")))
    assert [one.token.number for one in found] == [216, 34]
    assert [one.number for one in found[0].listed] == [216, 253, 42, 3393, 9656]
    for one in found:
        logprobs = [other.logprob for other in one.listed]
        assert logprobs == sorted(logprobs, reverse=True)
        assert math.fsum(map(math.exp, logprobs)) < 1


def test_a_list_by_text_holds_one_row_for_all_that_share_a_name():
    """Five were asked for; three parts of characters are all called nothing, and the last of them is left."""
    first, second = positions(choice_of(recorded("top_logprobs-by-text")))
    assert [one.piece.decode() for one in first.listed] == ["\n", ",", ""]
    assert [one.piece for one in second.listed] == [b""]
    assert (first.token.piece, first.token.logprob) == (b"", -1.8724831342697144)


def test_a_stream_is_read_part_by_part():
    parts = [choice_of(one) for one in recorded("stream")]
    assert "".join(map(text_of, parts)) == " 20"
    assert [one.token.number for part in parts for one in positions(part)] == [216, 34, 32]
    assert [finish_of(part) for part in parts] == ["", "", "length"]


def test_a_conversation_is_read_with_the_parts_of_a_character():
    choice = choice_of(recorded("chat"))
    tokens = [one.token for one in positions(choice)]
    assert [one.number for one in tokens] == [10813, 230, 249]
    assert b"".join(one.piece for one in tokens).decode() == text_of(choice) == "🌟"
    assert sum(one.logprob for one in tokens) == pytest.approx(-4.849107)
    assert finish_of(choice) == "length"


def test_a_streamed_conversation_is_read_part_by_part():
    parts = [choice_of(one) for one in recorded("stream-chat")]
    assert [text_of(part) for part in parts] == ["", "Hello", "!", " How"]
    assert [len(positions(part)) for part in parts] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("name", "text"), [("tokenize", "The capital of France is Paris."), ("tokenize-bytes", "今天🥭")]
)
def test_tokens_are_read_as_their_bytes(name, text):
    found = recorded(name)
    tokens = Tokens.of(text, found["tokens"], unspelled(text, found["token_strs"]))
    assert b"".join(tokens.pieces).decode() == text
    assert len(tokens) == found["count"]


def test_what_it_refuses_is_told_in_a_line():
    said = told(json.dumps(recorded("refused")).encode())
    assert said.startswith("Requested sample logprobs of 1000, which is greater than max allowed: 20")


@pytest.mark.models
def test_its_numbers_are_those_of_torch():
    config = replace(load(None), engine="torch", dtype="float32")
    model = Library(config, Deaf()).causal_lm("smollm2-135m-instruct")
    tokens = model.encode("The capital of France")
    assert tokens.ids == PROMPT
    (own,) = model.score([ScoreRequest(tokens, 0, detail=True)])
    told = of_prompt(PROMPT, choice_of(recorded("prompt_logprobs"))["prompt_logprobs"])
    assert own.logprobs[1:].tolist() == [pytest.approx(logprob, abs=1e-4) for logprob, _ in told[1:]]
    assert own.ranks[1:].tolist() == [rank for _, rank in told[1:]]
