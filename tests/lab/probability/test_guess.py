"""Shannon's game as a state: what an answer makes of it, and what the whole comes to."""

import math

import pytest
import vega
from hypothesis import given
from hypothesis import strategies as st

from llmlab.lab.probability.guess import GuessingGame, guess, played, refusal
from llmlab.lab.probability.passage import Excerpt, Passage
from llmlab.lab.provenance import Provenance

TEST = Provenance({"model": "m"}, "of a test")
TEXT = "the cat"


def game(text=TEXT, by="character", bits=2.0, ranks=(1,) * 99):
    symbols = tuple(text) if by == "character" else tuple(f"{word} " for word in text.split())
    asked = Excerpt("a.txt", 5, by, "On ", symbols, True)
    return GuessingGame(Passage(asked, (bits,) * len(symbols), ranks.__getitem__, TEST, 0.0))


@given(st.lists(st.sampled_from([*"thecat xyz", "", "th"]), max_size=60))
def test_whatever_is_answered_the_known_text_is_a_beginning_and_counts_add_up(answers):
    after = played(game(), answers)
    assert f"On {TEXT}".startswith(after.known)
    assert after.over == (after.known == f"On {TEXT}")
    assert all(one.text not in one.wrong and len(set(one.wrong)) == len(one.wrong) for one in after.settled)
    tried = sum(len(one.wrong) + 1 for one in after.settled) + len(after.wrong)
    assert tried <= len(answers)
    assert all(one.guesses == (None if one.given_up else len(one.wrong) + 1) for one in after.settled)


def test_who_guesses_the_text_at_once_has_no_bits():
    after = played(game(), TEXT)
    assert after.over
    assert (after.player.first, after.player.bounds.upper, after.player.bounds.lower) == (1.0, 0.0, 0.0)
    assert after.values() == ["0.0"]
    assert guess(after, "x") is after


def test_a_wrong_guess_counts_once_and_the_symbol_stays():
    begun = game()
    after = guess(begun, "x")
    assert (after.wrong, after.asked, after.settled) == (("x",), begun.asked, ())
    assert guess(after, "x") is after
    assert refusal(after, "x") == "you have tried that"
    assert guess(after, "t").settled[0].guesses == 2


def test_an_empty_answer_tells_the_symbol_for_the_bits_of_the_model():
    after = played(game(bits=3.0), ["x", "", "h", "e"])
    assert [one.guesses for one in after.settled] == [None, 1, 1]
    assert after.settled[0].wrong == ("x",)
    q = [2 / 3, 1 / 3]
    expected = -sum(one * math.log2(one) for one in q) + 3.0 / 3
    assert after.player.bounds.upper == pytest.approx(expected)
    assert after.document()["player"]["given_up"] == 1


@pytest.mark.parametrize(
    ("by", "answer", "said"), [("character", "th", "one character"), ("word", "the cat", "one word")]
)
def test_more_than_one_at_a_time_is_refused_and_costs_nothing(by, answer, said):
    begun = game(by=by)
    assert guess(begun, answer) is begun
    assert refusal(begun, answer).startswith(said)


def test_a_word_is_right_without_the_space_after_it_and_capitals_count():
    begun = game(by="word")
    assert guess(begun, " the ").settled[0].guesses == 1
    assert guess(begun, "The").wrong == ("The",)
    assert guess(begun, "  ").settled[0].given_up


def test_a_space_is_a_character_and_composed_letters_are_those_that_are_not():
    assert guess(game(" a"), " ").settled[0].guesses == 1
    assert guess(game("é"), "e\u0301").settled[0].guesses == 1


def test_the_bits_of_words_are_a_character():
    after = played(game(by="word", bits=4.0), ["the", "x", "cat"])
    assert after.model_bits == pytest.approx((4.0 + 4.0) / len("the cat "))
    assert after.player.bounds.upper == pytest.approx(1.0 * 2 / 8)  # 1 and 2 guesses: one bit a word


def test_the_models_guesses_are_its_ranks_and_what_it_lacks_it_gives_up():
    after = played(game(bits=5.0, ranks=(1, 1, 2, None, 1, 3, 1)), TEXT)
    assert (after.model.first, after.model.given_up) == (pytest.approx(4 / 7), 1)
    q = [4 / 7, 1 / 7, 1 / 7, 1 / 7]
    assert after.model.bounds.upper == pytest.approx(-sum(one * math.log2(one) for one in q) + 5.0 / 7)


def test_nothing_guessed_is_said():
    none = game()
    assert none.views()[0].conclusion == "Nothing was guessed."
    assert none.records() == []
    assert none.values() == ["nan"]
    assert vega.check(none)


def test_who_gives_up_everything_has_the_bits_of_the_model():
    after = played(game(bits=3.0), ["", "x", ""])
    assert after.views()[0].conclusion == "All was given up, which costs what the model needs: 3.00 bits a character."
    assert after.player.bounds.upper == pytest.approx(3.0)


def test_the_records_say_what_was_tried():
    record, *_ = played(game(), ["x", "t", ""]).records()
    assert record == {
        "text": "a.txt", "seed": 5, "position": 0, "character": "t", "wrong": ["x"], "guesses": 2, "model_rank": 1,
        "model_bits": 2.0, "model": "m",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["the cat", "今天天气很好，我们去看电影吧。", "the cat sat on the mat and " * 3])
def test_the_picture_has_a_bar_a_symbol_for_each_of_the_two(text):
    after = played(game(text), ["q", *text[:3], "", *text[4:]])
    chart = vega.check(after)
    rows = vega.rows(chart, "tries", "model_bits")
    vega.same_as_records(rows, after.records() * 2)
    assert [row["given_up"] for row in rows].count(True) == 2
    assert [row["tries"] for row in rows][:2] == [2, 1]
    drawn = vega.drawn(after)
    assert "your guesses" in drawn
    assert "the model's bits" in drawn
