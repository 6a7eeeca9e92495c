"""What may be asked of every word, and what contradicts itself."""

import numpy as np
import pytest
from lab_spaces import make

from llmlab.errors import MisuseError
from llmlab.lab.vectors import neighbors
from llmlab.lab.vectors.question import Question
from llmlab.spaces.lookup import look_up


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"k": 3, "within": 0.5}, "different ways to say which words"),
        ({"k": 3, "against": ("cat",)}, "different ways to say which words"),
        ({"within": 0.5, "against": ("cat",)}, "different ways to say which words"),
        ({"against": ()}, "--against holds no candidates"),
        ({"method": "mul", "within": 0.5}, "--method mul ranks all words by cosines"),
        ({"method": "mul", "against": ("cat",)}, "--method mul ranks all words by cosines"),
        ({"method": "mul", "metric": "l2"}, "--method mul ranks all words by cosines"),
        ({"k": 0}, "k = 0 asks for no neighbour"),
        ({"within": float("nan")}, "nan is no distance"),
        ({"pattern": "["}, "is no regular expression"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(asked, message):
    with pytest.raises(MisuseError, match=message):
        Question(**asked).check()


@pytest.mark.parametrize("asked", [{}, {"k": 1}, {"within": -0.5}, {"against": ("cat",)}, {"method": "mul", "k": 5}])
def test_a_question_that_can_be_meant_is_not(asked):
    Question(**asked).check()


WORDS = ["king", "man", "woman", "queen", "kings", "tree"]
VECTORS = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 1], [1, 1, 1], [1, 1.01, 0], [-1, 0, -1]])


@pytest.mark.parametrize(
    ("text", "asked", "words"),
    [
        ("king", {"k": 2}, ["kings", "queen"]),
        ("king", {"k": 1, "exclude_forms": True}, ["queen"]),
        ("king", {"within": 1.0, "metric": "l2"}, ["kings", "man", "queen"]),
        ("king", {"against": ("tree", "man", "kings")}, ["kings", "man", "tree"]),
        ("king", {"pattern": "[mt].*"}, ["man", "tree"]),
        ("king", {"pattern": "[mt].*", "sort": "word", "k": 9}, ["man", "tree"]),
        ("king", {"min_frequency": 5.0, "sort": "frequency"}, ["man", "woman"]),
        ("king - man + woman", {"k": 1}, ["queen"]),
        ("king - man + woman", {"k": 1, "method": "mul"}, ["queen"]),
        ("king", {}, ["kings", "queen", "man"]),  # as many as the settings say
    ],
)
def test_an_answer_holds_the_words_that_were_asked_for(tmp_path, text, asked, words):
    space = make(tmp_path, VECTORS, WORDS, languages=["en"])
    found = neighbors.answer(space, text, Question(**asked), lambda word: look_up(space, word, None), 3)
    assert [one.word for one in found.neighbors] == words
