"""A hidden word found by similarity: places against numpy's own ranking, and the game as a state."""

import tempfile

import numpy as np
import pytest
import vega
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import MisuseError
from llmlab.lab.vectors.secret import SecretGame, guess, hide, played, pool, refusal, space_for

COMMON = ["house", "river", "garden", "bread", "winter", "doctor", "table", "music", "letter", "window"]
RARE = ["the", "zyzzyva", "ox", "rome2", "xylograph", "n't"]
WORDS = [*RARE, *COMMON]


def space(folder, words=WORDS, seed=1, **more):
    vectors = np.random.default_rng(seed).normal(size=(len(words), 4)).astype(np.float32)
    return make(folder, vectors, words, **more)


@pytest.fixture
def hidden(tmp_path):
    return hide(space(tmp_path), 3)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 50))
def test_places_are_those_of_brute_force(seed, draw):
    with tempfile.TemporaryDirectory() as folder:
        found = hide(space(folder, seed=seed), draw)
        vectors = np.array([found.space.vector(row) for row in range(len(WORDS))], np.float64)
    own = vectors[found.row]
    cosines = vectors @ own / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(own))
    others = sorted((row for row in range(len(WORDS)) if row != found.row), key=lambda row: (-cosines[row], row))
    assert found.cosines == pytest.approx(cosines)
    assert [found.at(place) for place in range(len(WORDS))] == [found.row, *others]


def test_a_common_plain_word_is_hidden_and_every_one_may_be(tmp_path):
    one = space(tmp_path)
    assert pool(one, "en") == COMMON
    assert {hide(one, seed).word for seed in range(120)} == set(COMMON)
    assert hide(one, 7).word == hide(one, 7).word


def test_the_language_is_that_of_the_script(tmp_path):
    one = space(tmp_path, ["garden", "river", "天气", "电影", "好", "天气2"])
    assert pool(one, "zh") == ["天气", "电影"]
    assert hide(one, 1, "zh").word in ("天气", "电影")
    with pytest.raises(MisuseError, match="no words to hide of the language 'ru'"):
        hide(one, 1, "ru")


def test_a_space_without_common_words_hides_its_plain_ones(tmp_path):
    assert pool(space(tmp_path, ["zyzzyva", "xylograph", "x9x9x"]), "en") == ["zyzzyva", "xylograph"]


def test_a_word_without_a_vector_is_never_hidden_and_has_no_cosine(tmp_path):
    vectors = np.array([[1, 0], [0, 0], [1, 1]], np.float32)
    one = make(tmp_path, vectors, ["house", "river", "garden"])
    assert {hide(one, seed).word for seed in range(40)} == {"house", "garden"}
    game = guess(SecretGame(hide(one, 0)), "river")
    assert (game.records()[0]["cosine"], game.records()[0]["place"]) == (None, 2)
    assert game.views()[0].rows[0][2] == "-"
    assert len(game.document()["nearest"]) == 1


def test_the_game_is_over_when_the_word_is_named(hidden):
    game = played(SecretGame(hidden), ["zyzzyva", hidden.word.capitalize(), "house"])
    assert (game.found, game.over, len(game.guesses)) == (True, True, 2)
    assert game.values() == ["2"]
    assert game.records()[-1]["place"] == 0
    assert game.views()[0].conclusion == f'The word is "{hidden.word}": found in 2 guesses.'


@pytest.mark.parametrize("answer", ["", "  ", "nosuchword", "zyzzyva"])
def test_what_is_no_new_word_costs_nothing_and_is_said(hidden, answer):
    game = guess(SecretGame(hidden), "zyzzyva")
    assert guess(game, answer) is game
    assert refusal(game, answer)


def test_hints_halve_the_place_until_the_nearest_is_known(hidden):
    game, places = SecretGame(hidden), []
    while not refusal(game, "?"):
        game = guess(game, "?")
        places.append(game.records()[-1]["place"])
    count = len(WORDS) - 1
    assert places == [count // 2, count // 4, count // 8]
    assert places[-1] == 1
    assert all(record["hint"] for record in game.records())
    assert guess(game, hidden.word).views()[0].conclusion.endswith("found in 4 guesses, 3 of them hints.")


def test_giving_up_and_the_end_of_the_answers_tell_the_word(hidden):
    for answers, over in ((["zyzzyva", "!", "ox"], True), (["zyzzyva"], False)):
        game = played(SecretGame(hidden), answers)
        assert (game.over, game.found, game.values(), len(game.guesses)) == (over, False, ["nan"], 1)
        place = game.records()[0]["place"]
        said = f'The word is "{hidden.word}": not found in 1 guess; the nearest guess was in place {place}.'
        assert game.views()[0].conclusion == said


def test_the_nearest_words_are_told(hidden):
    found = SecretGame(hidden).document()["nearest"]
    assert [one["place"] for one in found] == list(range(1, 11))
    assert [one["cosine"] for one in found] == sorted((one["cosine"] for one in found), reverse=True)
    assert hidden.word not in {one["word"] for one in found}


def test_a_language_that_the_settings_space_lacks_has_another(config):
    assert space_for(config, None, "") == space_for(config, None, "en") == config.space
    assert space_for(config, None, "zh") == config.languages["zh"]
    assert space_for(config, "glove", "zh") == "glove"
    for space, language in (("", ""), (None, "klingon")):
        with pytest.raises(MisuseError):
            space_for(config, space, language)


@pytest.mark.parametrize("count", [1, 3, 70])
def test_the_picture_has_a_bar_a_guess_in_their_order(tmp_path, count):
    words = [f"w{place}" for place in range(80)] + ["天气", "电影"]
    hidden = hide(space(tmp_path, words), 0, "zh")
    game = played(SecretGame(hidden), [*words[: count - 1], hidden.word])
    rows = vega.rows(vega.check(game), "rank")
    vega.same_as_records(rows, game.records()[-60:])
    assert [row["found"] for row in rows] == [False] * (min(count, 60) - 1) + [True]
    drawn = vega.drawn(game)
    assert hidden.word in drawn
    assert "found" in drawn
    assert ("the last 60 of 70 guesses" in drawn) == (count == 70)


def test_a_game_without_a_guess_has_a_picture(hidden):
    assert vega.check(SecretGame(hidden))
