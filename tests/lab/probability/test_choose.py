"""Choices and questions against plain torch, text by text."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.errors import MisuseError
from llmlab.lab import choices, quiz

CONTEXT, TEXTS = "The cat", [" sat on", " is", " 今天"]


@pytest.fixture(scope="module")
def expected(lm, total):
    """(context, choice) -> log P(choice | context), nats."""
    return lambda context, text: total(context + text, len(lm.encode(context)))


def test_a_choice_is_as_likely_as_torch_says_after_its_context(lm, expected):
    found = choices.choose(lm, CONTEXT, TEXTS)
    logs = {text: expected(CONTEXT, text) for text in TEXTS}
    assert [one.text for one in found.choices] == sorted(TEXTS, key=lambda text: -logs[text])
    mass = sum(math.exp(value) for value in logs.values())
    for one, share in zip(found.choices, found.shares, strict=True):
        assert one.logprob == pytest.approx(logs[one.text], abs=1e-4)
        assert one.per_character == pytest.approx(logs[one.text] / len(one.text.strip()), abs=1e-4)
        assert one.per_token == pytest.approx(logs[one.text] / len(lm.encode(one.text)), abs=1e-4)
        assert share == pytest.approx(math.exp(logs[one.text]) / mass, abs=1e-4)


@given(st.data())
def test_the_probability_of_a_text_is_that_of_its_parts_where_the_boundary_is_clean(lm, texts, data):
    text = data.draw(st.sampled_from([text for text in texts if 4 <= len(text) <= 60]))
    cut = data.draw(st.integers(1, len(text) - 1))
    first, rest = text[:cut], text[cut:]
    request, boundary = choices.conditional(lm, first, rest)
    joint, alone = lm.encode(text), lm.encode(first)
    assume(boundary == "clean" and joint[: len(alone)] == alone)
    whole, left, conditional = (
        stats.logprobs.sum() for stats in lm.score([choices.ScoreRequest(joint), choices.ScoreRequest(alone), request])
    )
    assert left + conditional == pytest.approx(whole, abs=1e-4)


def test_a_token_across_the_boundary_is_scored_whole_and_reported():
    tokens = Tokens((1, 2), (b"The c", b"at"))

    class Fixed:
        def encode(self, text, allow_special):
            return tokens

    request, boundary = choices.conditional(Fixed(), "The", " cat")
    assert (request.start, boundary) == (0, "merged")


def test_an_impossible_choice_has_no_share_and_breaks_nothing():
    assert choices.normalised([-math.inf, 0.0]) == (0.0, 1.0)
    assert all(math.isnan(share) for share in choices.normalised([-math.inf, -math.inf]))


def test_nothing_is_no_choice(lm):
    with pytest.raises(MisuseError, match="needs a context and a text"):
        choices.choose(lm, "The", [""])


def test_a_quiz_counts_the_questions_whose_right_choice_torch_finds_best(lm, expected):
    questions = [
        quiz.Question("The cat", (" sat on the mat", " is", " 今天"), answer, group)
        for answer, group in ((0, "a"), (1, "a"), (2, "b"))
    ]
    questions.append(quiz.Question("The mat", (" 天气", " the cat sat"), 0, "b"))
    scores = {
        "sum": expected,
        "per_character": lambda context, text: expected(context, text) / len(text.strip()),  # completion_len there
        "per_token": lambda context, text: expected(context, text) / len(lm.encode(text)),
    }
    found = quiz.answer(lm, questions)
    shares = {(row["group"], row["by"]): (row["right"], row["trials"]) for row in found.document()["groups"]}
    for group, members in {"all": questions, "a": questions[:2], "b": questions[2:]}.items():
        for name, score in scores.items():
            picks = [max(one.choices, key=lambda text, one=one: score(one.context, text)) for one in members]
            right = sum(pick == one.choices[one.answer] for pick, one in zip(picks, members, strict=True))
            assert shares[group, name] == (right, len(members))
    records = found.records()
    assert len(records) == 3 * 3 + 2
    assert [sum(row["right"] for row in records if row["question"] == number) for number in range(4)] == [1] * 4
    assert found.views()[0].rows[0][:2] == ["a", 2]
