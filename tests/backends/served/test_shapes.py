"""Answers with something in them that no protocol has: read all the same, or refused in one line."""

import contextlib
import json
from copy import deepcopy
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from backends.served.conftest import ABILITIES, INFO
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llmlab.backends.base import Message, ScoreRequest, Tokens
from llmlab.backends.served.answers import said
from llmlab.backends.served.base import LLAMA_SERVER, Draw
from llmlab.backends.served.encoder import read
from llmlab.backends.served.model import ServedLM
from llmlab.backends.served.probe import Probe
from llmlab.backends.served.refusals import UnservedError
from llmlab.backends.served.wire import WireError, parsed, told
from llmlab.backends.settings import Settings
from llmlab.errors import DamagedError, LabError

LISTED = {"token": "a", "bytes": [97], "logprob": -1.0, "id": 3}
CHOICE = {
    "text": "a",
    "finish_reason": "stop",
    "token_ids": [3],
    "logprobs": {"content": [{**LISTED, "top_logprobs": [LISTED]}]},
    "prompt_logprobs": [None, {"3": {"logprob": -1.0, "rank": 2}}],
}
TEXT = "ba"
BESIDE = {
    "tokens": ["b", "a"],
    "token_logprobs": [None, -1.0],
    "top_logprobs": [{"b": -1.0}, {"a": -1.0}],
    "text_offset": [0, 1],
}
ANSWERS = {  # right ones, by how /tokenize is asked, and by path
    "content": {
        "/tokenize": {"tokens": [{"id": 9, "piece": "b"}, {"id": 3, "piece": [97]}]},
        "/detokenize": {"content": "a"},
        "/apply-template": {"prompt": "a"},
        "/completion": {"content": "a", "tokens": [3], "stop_type": "eos", "completion_probabilities": [LISTED]},
        "completions": {"choices": [CHOICE], "usage": {"completion_tokens": 1}},
    },
    "prompt": {
        "/tokenize": {"tokens": [9, 3], "token_strs": ["b", "a"]},
        "/detokenize": {"prompt": "a"},
        "completions": {"choices": [CHOICE], "usage": {"completion_tokens": 1}},
    },
    "": {"completions": {"choices": [{**CHOICE, "logprobs": BESIDE}], "usage": {"completion_tokens": 0}}},
}
LISTING = {"models": {"data": [{"id": "m", "meta": {"n_ctx": 5}}]}, "chat/completions": {"choices": [CHOICE]}}
ABLE = {
    "content": LLAMA_SERVER,
    "prompt": replace(ABILITIES, scores="prompt_logprobs", tokenizes="prompt", template="tokenize", reads_numbers=True),
    "": ABILITIES,
}
A = Tokens((3,), (b"a",))
DRAW = Draw(A, (), Settings(), 1, 1)
ASKED = {  # of each model
    "encode": lambda lm: [lm.encode(TEXT).text],
    "piece": lambda lm: [lm.piece(3).decode(errors="replace")],
    "chat": lambda lm: [lm.chat([Message("user", "a")]) or ""],
    "likeliest": lambda lm: [one.piece.decode(errors="replace") for one in lm.likeliest(A, 1)],
    "score": lambda lm: [str(lm.score([ScoreRequest(lm.encode(TEXT), 1)])[0].logprobs)],
    "drawn": lambda lm: [lm.drawn(DRAW).text],
    "streamed": lambda lm: [one.text for one in lm.draw(DRAW)],
}
CASES = [(dialect, what) for dialect in ANSWERS for what in ASKED if dialect or what != "piece"]  # it has no such page
JUNK = st.recursive(
    st.none() | st.integers() | st.floats() | st.sampled_from(["", "a", "\ud800", 10**12, 10**400, -9999.0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["token", "id", "a", "3"]), inner),
    max_leaves=4,
)


def places(answer, here=()):
    """The way to each value in an answer."""
    if here:
        yield here
    rows = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    for key, value in rows:
        yield from places(value, (*here, key))


def changed(answer, place, value):
    """The answer with another value there."""
    answer = within = deepcopy(answer)
    for key in place[:-1]:
        within = within[key]
    within[place[-1]] = value
    return answer


class Saying:
    """In place of a pool of servers: its answers."""

    def __init__(self, answers):
        self.answers, self.members = answers, [SimpleNamespace(wire=SimpleNamespace(url="http://it/v1"))]

    def ask(self, path, body=None):
        if path not in self.answers:
            raise UnservedError("no such page")
        answer = self.answers[path]
        rows = answer.get("tokens")
        if "content" in (body or ()) and "with_pieces" not in body and isinstance(rows, list):
            return {"tokens": [one.get("id") if isinstance(one, dict) else one for one in rows]}
        return answer

    def stream(self, path, body):
        yield self.answers[path]

    def each(self, function, items, *, apart=False):
        return map(function, items)


def asked(dialect, answers, what):
    return ASKED[what](ServedLM(Saying(answers), "m", INFO, ABLE[dialect]))


@pytest.mark.parametrize(("dialect", "what"), CASES)
def test_right_answers_are_read(dialect, what):
    assert asked(dialect, ANSWERS[dialect], what)


@given(st.data(), st.sampled_from(CASES), JUNK)
def test_whatever_stands_in_a_place_of_an_answer_is_read_as_text_or_refused(data, case, junk):
    dialect, what = case
    answers = ANSWERS[dialect]
    place = data.draw(st.sampled_from(list(places(answers))).filter(lambda place: len(place) > 1))
    with contextlib.suppress(LabError):
        "".join(asked(dialect, changed(answers, place, junk), what)).encode()  # no half of a character


@given(st.data(), st.sampled_from(list(ANSWERS)), JUNK)
def test_whatever_stands_in_a_place_of_an_answer_a_server_is_told_again_or_refused(data, dialect, junk):
    answers = {**ANSWERS[dialect], **LISTING}
    place = data.draw(st.sampled_from(list(places(answers))).filter(lambda place: len(place) > 1))
    with contextlib.suppress(LabError):
        msgspec.json.encode(Probe(Saying(changed(answers, place, junk)), "m").run())  # as it is kept


@given(st.sampled_from([("data",), ("data", 0), ("data", 0, "index"), ("data", 0, "embedding")]), JUNK)
def test_whatever_stands_in_a_place_of_vectors_is_one_vector_a_text_or_refused(place, junk):
    answer = {"data": [{"index": 0, "embedding": [0.5, 1.0]}]}
    try:
        vectors = read(changed(answer, place, junk), 1)
    except LabError:
        return
    assert vectors.ndim == 2
    assert np.isfinite(vectors).all()


def test_a_number_of_bytes_is_no_list_of_them_and_takes_no_memory():
    answers = changed(ANSWERS["content"], ("/tokenize", "tokens", 0, "piece"), 10**15)
    with pytest.raises(DamagedError, match="is not as its protocol says"):
        asked("content", answers, "encode")


def test_half_of_a_character_is_shown_as_what_it_is():
    assert said(json.loads('{"content": "a\\ud83d"}'), "content") == "a\ufffd"


def test_what_is_nested_without_end_is_no_json():
    with pytest.raises(WireError, match="no JSON"):
        parsed("[" * 10**6)
    assert told(b"[" * 10**6) == "[" * 300
