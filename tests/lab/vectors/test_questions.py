"""Which word is odd, and which is the translation, against a brute-force search by numpy."""

import io
import tempfile
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.vectors import evaluate, judgements
from llmlab.lab.vectors.judgements import ODD, TRANSLATIONS, WordQuestion
from llmlab.spaces import space as spaces

CHINESE = [chr(ord("一") + place) for place in range(30)]
LATIN = [f"w{place}" for place in range(30)]


def two_languages(folder, seed):
    """A space of Chinese and Latin words, mixed, and the unit vector of each."""
    rng = np.random.default_rng(seed)
    words = rng.permutation(CHINESE + LATIN).tolist()
    vectors = rng.normal(size=(60, 5)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return make(folder, vectors, words), dict(zip(words, unit, strict=True))


@given(seed=st.integers(0, 10**6), size=st.integers(3, 6))
def test_the_odd_word_is_the_one_least_like_the_mean_of_all(seed, size):
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        space, unit = two_languages(folder, seed)
        asked = [rng.choice(LATIN, size, replace=False).tolist() for _ in range(8)]
        found = evaluate.odd(space, [WordQuestion("s", tuple(words)) for words in asked])
    right = 0
    for words in asked:
        mean = sum(unit[word] for word in words) / size
        right += min(words, key=lambda word: unit[word] @ mean) == words[-1]
    assert (found.total.questions, found.total.known, found.total.right) == (8, 8, right)


def nearest(unit, word, script):
    """By brute force, among the words of a script, the word itself left out."""
    able = [other for other in unit if unicodedata.name(other[0]).startswith(script) and other != word]
    return max(able, key=lambda other: round(float(unit[word] @ unit[other]), 12))


@given(seed=st.integers(0, 10**6), block=st.integers(1, 70))
def test_a_translation_is_right_where_brute_force_finds_one_of_them_in_its_script(seed, block):
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(spaces, "BLOCK", block)
        space, unit = two_languages(folder, seed)
        asked = []
        for word in (*rng.choice(CHINESE, 5), *rng.choice(LATIN, 5)):
            into, script = (LATIN, "LATIN") if word in CHINESE else (CHINESE, "CJK")
            best = nearest(unit, word, script)
            others = [other for other in into if other not in (best, word)][:2]
            asked += [((str(word), *others, best), 1), ((str(word), *others), 0)]
        found = evaluate.translations(space, [WordQuestion("s", words) for words, _ in asked])
    assert (found.total.known, found.total.right) == (20, sum(right for _, right in asked)) == (20, 10)


def test_of_a_translation_the_word_and_one_that_is_right_must_be_known(tmp_path):
    space = make(tmp_path, np.array([[1, 0], [0.9, 0.1], [0, 1]]), ["猫", "cat", "dog"])
    questions = [
        WordQuestion("zh", ("猫", "kitty", "cat")),
        WordQuestion("zh", ("猫", "kitty")),
        WordQuestion("zh", ("狗", "dog")),
        WordQuestion("en", ("DOG", "猫")),
    ]
    found = evaluate.translations(space, questions)
    counts = [(one.name, one.questions, one.known, one.right) for one in (*found.sections, found.total)]
    assert counts == [("zh", 3, 1, 1), ("en", 1, 1, 1), ("total", 4, 2, 2)]


def test_a_word_is_no_translation_of_itself_where_both_languages_have_one_script(tmp_path):
    space = make(tmp_path, np.array([[1, 0], [0.9, 0.1], [0, 1]]), ["cat", "chat", "dog"])
    found = evaluate.translations(space, [WordQuestion("fr", ("cat", "chat")), WordQuestion("fr", ("dog", "chat"))])
    assert (found.total.known, found.total.right) == (2, 2)


@pytest.mark.parametrize("block", [1, 2, 3])
def test_of_equally_near_translations_the_first_of_the_vocabulary_counts(tmp_path, monkeypatch, block):
    monkeypatch.setattr(spaces, "BLOCK", block)
    space = make(tmp_path, np.array([[0, 1], [1, 0], [1, 0], [1, 0]]), ["far", "cat", "dog", "猫"])
    found = evaluate.translations(space, [WordQuestion("s", ("猫", "cat")), WordQuestion("s", ("猫", "dog"))])
    assert (found.total.known, found.total.right) == (2, 1)
    assert evaluate.translations(space, [WordQuestion("s", ("猫", "cat"))]).total.right == 1


def test_each_kind_of_question_says_what_was_counted(tmp_path):
    space = make(tmp_path, np.array([[1, 0], [0.9, 0.1], [0, 1]]), ["猫", "cat", "dog"])
    odd = evaluate.odd(space, [WordQuestion("s", ("猫", "cat", "dog"))])
    translated = evaluate.translations(space, [WordQuestion("s", ("猫", "cat"))])
    assert [found.records()[0]["task"] for found in (odd, translated)] == ["odd", "translations"]
    (view,) = odd.views()
    assert (view.title, view.rows[0][:4]) == ("which word does not belong?", ["s", 1, 1, 1])
    (view,) = translated.views()
    assert [column.means for column in view.columns][2] == "the word and one that is right are in the space"


@pytest.mark.parametrize("judge", [evaluate.odd, evaluate.translations])
def test_questions_of_which_none_is_known_are_refused(tmp_path, judge):
    with pytest.raises(MisuseError, match="s knows none of the questions"):
        judge(make(tmp_path, np.eye(3)), [WordQuestion("s", ("a", "b", "c"))])


@pytest.mark.parametrize(
    ("task", "text", "message"),
    [
        (ODD, "a b c\na b\n", "line 2 is no question"),
        (TRANSLATIONS, "# x\n: s\n猫\n", "line 3 is no translation"),
        (ODD, ": s\n", "holds no questions"),
        (TRANSLATIONS, "", "holds no translations"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path, task, text, message):
    path = tmp_path / "asked.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MisuseError, match=message):
        judgements.read_questions(Files(io.TextIOWrapper(io.BytesIO()), print), path, task)
