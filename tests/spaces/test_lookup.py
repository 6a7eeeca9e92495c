"""Finding a word: as written, in lower case, through an encoder, or not at all."""

import unicodedata
from types import SimpleNamespace

import numpy as np
import pytest
from lab_spaces import make

from llmlab.backends.base import UNKNOWN
from llmlab.errors import MisuseError
from llmlab.spaces.lookup import look_up, row_of

WORDS = ["love", "Paris", "café", "house", "horse", "爱", "new york"]


class Lengths:
    """An encoder whose vector is the length of the text; a word is a token, and it does not know those in capitals."""

    info = SimpleNamespace(name="lengths")

    def token_ids(self, texts):
        return [tuple(UNKNOWN if word.isupper() else len(word) for word in text.split()) for text in texts]

    def encode(self, texts):
        return np.array([[len(text), 0] for text in texts], np.float32)


@pytest.fixture
def space(tmp_path):
    return make(tmp_path, np.arange(14).reshape(7, 2), WORDS, case="lower")


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("love", 0),
        ("LOVE", 0),
        ("Paris", 1),
        ("PARIS", None),  # lower case is tried, title case is not
        (unicodedata.normalize("NFD", "CAFÉ"), 2),
        ("爱", 5),
        ("new york", 6),
        ("lov", None),
        ("ove", None),
    ],
)
def test_a_word_is_found_as_written_or_in_lower_case(space, word, row):
    assert row_of(space, word) == row
    if row is not None:
        query = look_up(space, word, None)
        assert (query.text, query.row, query.vector.tolist()) == (word, row, [2 * row, 2 * row + 1])


def test_where_the_policy_is_to_keep_case_a_word_is_found_as_written_alone(tmp_path):
    space = make(tmp_path, np.arange(14).reshape(7, 2), WORDS)
    assert space.facts.case == "keep"  # for the vocabulary holds Paris
    words = ("love", "Love", "Paris", "paris", unicodedata.normalize("NFD", "café"))
    assert [row_of(space, word) for word in words] == [0, None, 1, None, 2]


def test_an_unknown_text_gets_its_vector_from_the_encoder(space):
    query = look_up(space, "seven !", Lengths())
    assert (query.row, query.vector.tolist()) == (None, [7, 0])
    assert look_up(space, "love", Lengths()).vector.tolist() == [0, 1]  # a known word does not


def test_a_text_that_the_encoder_does_not_know_has_no_vector(space):
    for text in ("XYZ", "seven XYZ"):
        with pytest.raises(MisuseError, match=f"lengths does not know '{text}'") as caught:
            look_up(space, text, Lengths(), "ask glove of {}".format)
        assert caught.value.hint == f"ask glove of {text}"


def test_what_the_encoder_does_not_know_of_a_text_is_remarked(space):
    query = look_up(space, "five or six XYZ", Lengths())
    assert query.vector.tolist() == [15, 0]
    assert query.remark == "lengths has 3 of the 4 tokens of 'five or six XYZ': its vector is of those"
    assert look_up(space, "five or six", Lengths()).remark == ""


def test_an_unknown_word_is_answered_with_close_spellings_and_the_hint(space):
    with pytest.raises(MisuseError, match="the space s has no word 'hoise'") as caught:
        look_up(space, "hoise", None, "ask glove of {}".format)
    assert caught.value.hint in (
        "close spellings: house, horse; ask glove of hoise",
        "close spellings: horse, house; ask glove of hoise",
    )


def test_where_nobody_else_is_asked_another_word_is_the_next_step(space):
    with pytest.raises(MisuseError) as caught:
        look_up(space, "xyzzy", None)
    assert caught.value.hint == "try another word"


@pytest.mark.parametrize("word", ["", " ", "\n"])
def test_an_empty_word_is_refused(space, word):
    with pytest.raises(MisuseError, match="the word is empty"):
        look_up(space, word, Lengths())
