"""Laws of reading answers: whatever they hold is read as it stands, or refused."""

import math
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers.pre_tokenizers import ByteLevel

from llmlab.backends.served.answers import checked, positions, sizes
from llmlab.backends.served.tokens import unspelled
from llmlab.errors import DamagedError

LOGPROBS = st.floats(-100, 0)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
FIELDS = st.sampled_from(["content", "tokens", "token_logprobs", "top_logprobs", "bytes", "token"])
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
)
ROWS = st.lists(st.tuples(TEXT, LOGPROBS, st.dictionaries(TEXT, LOGPROBS, max_size=5)), max_size=5)


@given(ROWS)
@example([("token_id:", -1.0, {"token_id:a": -1.0})])
def test_every_row_of_lists_beside_each_other_is_read_in_its_place(rows):
    names, logprobs, tops = ([row[column] for row in rows] for column in range(3))
    found = positions({"logprobs": {"tokens": names, "token_logprobs": logprobs, "top_logprobs": tops}})
    assert [one.token.piece.decode() for one in found] == names
    assert [one.token.logprob for one in found] == logprobs
    assert [{other.piece.decode(): other.logprob for other in one.listed} for one in found] == tops
    assert all(one.listed == tuple(sorted(one.listed, key=lambda other: -other.logprob)) for one in found)


@given(ROWS)
def test_every_object_is_read_in_its_place(rows):
    def said(name, logprob):
        return {"token": "?", "bytes": list(name.encode()), "logprob": logprob}

    content = [
        said(name, logprob) | {"top_logprobs": [said(*one) for one in top.items()]} for name, logprob, top in rows
    ]
    found = positions({"logprobs": {"content": content}})
    assert [(one.token.piece.decode(), one.token.logprob) for one in found] == [row[:2] for row in rows]
    assert [{other.piece.decode(): other.logprob for other in one.listed} for one in found] == [row[2] for row in rows]


@given(ANYTHING)
def test_whatever_else_is_in_an_answer_is_refused_or_read(anything):
    try:
        found = positions({"logprobs": anything, "token_ids": anything})
    except DamagedError:
        return
    assert isinstance(found, list)


@pytest.mark.parametrize("value", [0.002, 1.0, math.inf, math.nan, -9999.0, -math.inf])
def test_no_such_number_is_a_log_probability(value):
    with pytest.raises(DamagedError):
        checked(value)


def test_rounding_is_no_lie():
    assert checked(1e-6) == 0
    assert math.isnan(checked(None))


@given(TEXT, st.data())
def test_byte_level_tokens_are_the_bytes_of_the_text_wherever_it_is_cut(text, data):
    ((spelt, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    places = sorted(data.draw(st.sets(st.integers(1, max(len(spelt) - 1, 1)), max_size=4)))
    cuts = [0, *(place for place in places if place < len(spelt)), len(spelt)]
    pieces = [spelt[start:end] for start, end in pairwise(cuts)]
    found = unspelled(text, pieces)
    assert b"".join(found) == text.encode()
    assert list(map(len, found)) == list(map(len, pieces))


def test_tokens_of_another_text_are_refused():
    with pytest.raises(DamagedError, match="do not join"):
        unspelled("The cat", ["The", "Ġdog"])


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"max_model_len": 2048}, (2048, 0, "")),
        ({"meta": {"n_ctx": 512, "n_vocab": 9, "ftype": "F16"}}, (512, 9, "F16")),
        ({"meta": None, "max_model_len": None}, (0, 0, "")),
        ({"meta": [1], "max_model_len": "many"}, (0, 0, "")),
        ({"meta": {"n_ctx": -1, "n_vocab": "9", "ftype": 3}, "max_model_len": {}}, (0, 0, "")),
    ],
)
def test_of_what_a_server_says_of_its_model_only_numbers_are_numbers(entry, expected):
    assert sizes(entry) == expected
