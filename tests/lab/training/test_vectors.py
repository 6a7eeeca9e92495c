"""train vectors: the tables are spaces, and what is said of them is what gensim and plain numpy say."""

import json

import numpy as np
import pytest
import training_texts
from lab_spaces import content, later, left
from sklearn.decomposition import PCA

from llmlab.errors import MisuseError
from llmlab.lab.training import making
from llmlab.lab.training.making import train
from llmlab.lab.training.vectors import WATCHED
from llmlab.lab.vectors.asking import ask
from llmlab.lab.vectors.question import Question

keyedvectors = pytest.importorskip("gensim.models.keyedvectors")
TEXT = training_texts.english(3_000)
STEPS = (0, 1_000, 20_000)
HOW = {"dimension": 10, "steps": STEPS, "watch": ["horse", "taxi", "eats"]}


@pytest.fixture
def made(shelf):
    return train(shelf, "toy", TEXT, "t.txt", **HOW)


def of_gensim(space):
    """The same vectors as gensim holds them."""
    words, rows = content(space)
    vectors = keyedvectors.KeyedVectors(space.dimension)
    vectors.add_vectors(words, rows)
    return vectors


def test_every_moment_is_a_space_and_the_last_has_the_name(shelf, made):
    assert made.values() == ["toy@0", "toy@1000", "toy@20000", "toy"]
    assert shelf.own_names == ["toy", "toy@0", "toy@1000", "toy@20000"]
    assert [one.words_read for one in made.moments] == [0, 1_000, 20_000, 75_000]
    assert [one.passes for one in made.moments] == pytest.approx([0, 1 / 15, 4 / 3, 5])
    assert {len(one.space.words) for one in made.moments} == {27}


def test_nearest_words_are_gensim_s_own(shelf, made):
    for one in made.moments:
        vectors = of_gensim(one.space)
        for word, found in zip(made.words, one.nearest, strict=True):
            expected = vectors.most_similar(word, topn=5)
            assert [near.word for near in found.neighbors] == [near for near, _ in expected]
            assert [near.score for near in found.neighbors] == pytest.approx(
                [cosine for _, cosine in expected], abs=1e-6
            )
    asked = ask(shelf, "dog", Question(k=8), "toy")
    assert asked.records()[7]["word"] == of_gensim(made.last.space).most_similar("dog", topn=8)[7][0]


def test_neighbours_form(made):
    kin = {*training_texts.ANIMALS, *training_texts.EATS, *training_texts.FOOD}
    near = [{one.word for one in moment.nearest[0].neighbors} for moment in made.moments]  # of horse
    assert near[-1] < kin
    assert not near[0] < kin
    shares = [moment.like_last for moment in made.moments]
    assert shares[0] < shares[2] < shares[3] == 1


def test_the_share_that_is_like_the_last_is_gensim_s_too(made):
    last, shares = of_gensim(made.last.space), []
    tens = {word: {near for near, _ in last.most_similar(word, topn=10)} for word in last.index_to_key}
    for one in made.moments:
        vectors = of_gensim(one.space)
        same = [len(tens[word] & {near for near, _ in vectors.most_similar(word, topn=10)}) for word in tens]
        shares.append(sum(same) / 10 / len(tens))
    assert [one.like_last for one in made.moments] == pytest.approx(shares)


def test_the_map_is_scikit_learn_s_pca_of_the_last_table_for_all(made):
    rows = [content(one.space) for one in made.moments]
    tables = [vectors[[words.index(word) for word in made.words]].astype(np.float64) for words, vectors in rows]
    unit = [table / np.linalg.norm(table, axis=1, keepdims=True) for table in tables]
    pca = PCA(2).fit(unit[-1])
    places, shares = made.places
    assert shares == pytest.approx(pca.explained_variance_ratio_)
    for placed, table in zip(places, unit, strict=True):
        np.testing.assert_allclose(np.abs(placed), np.abs(pca.transform(table)), atol=1e-6)


def test_the_same_training_is_not_done_again_and_another_is_refused(shelf, made, monkeypatch):
    monkeypatch.setattr(making, "_tables", lambda *_: pytest.fail("it is there already"))
    again = train(later(shelf), "toy", TEXT, "t.txt", **HOW)
    assert json.dumps(again.document()) == json.dumps(made.document())
    others = [{"seed": 2}, {"dimension": 11}, {"steps": (0,)}, {"text": TEXT + "the cat eats.\n"}]
    for other in others:
        with pytest.raises(MisuseError, match=r"you have a space toy(@0)?, made from something else") as caught:
            train(shelf, "toy", **{"text": TEXT, "file": "t.txt", **HOW, **other})
        assert caught.value.hint == "llmlab space remove toy"


def test_a_table_that_was_lost_is_trained_again_and_is_the_same(shelf, made):
    before = content(made.last.space)[1]
    shelf.remove("toy@20000")
    again = train(later(shelf), "toy", TEXT, "t.txt", **HOW)
    assert np.array_equal(content(again.last.space)[1], before)
    assert "toy@20000" in later(shelf).own_names


@pytest.mark.usefixtures("made")
def test_a_training_is_removed_whole_or_a_moment_alone(shelf):
    assert shelf.remove("toy@1000") > 0
    assert later(shelf).own_names == ["toy", "toy@0", "toy@20000"]
    assert shelf.remove("toy") > 0
    assert left(shelf) == []


def test_a_space_tells_what_it_was_trained_with(made):
    facts = made.last.space.facts
    assert (facts.kind, facts.model, facts.engine) == ("trained", "skip-gram", "gensim")
    assert facts.words_read == 75_000
    assert {"dimension 10", "window 5", "negative 5", "min_count 5", "seed 1"} < set(facts.training)
    assert facts.training[0].startswith("engine gensim 4.")
    assert len(facts.source["text"]) == 64
    assert facts.source["text"].startswith(facts.revision)


def test_counts_make_one_table(shelf):
    found = train(shelf, "counted", TEXT, "t.txt", "bigram", 10, watch=["horse"])
    assert found.values() == ["counted"]
    assert found.last.space.facts.engine == "scipy"
    assert (found.last.passes, found.last.like_last) == (1, 1)
    assert found.conclusion.startswith("At the end ")
    assert {one.word for one in found.last.nearest[0].neighbors[:4]} == {*training_texts.ANIMALS} - {"horse"}


def test_words_of_chinese_are_cut_and_near_what_they_go_with(shelf):
    found = train(shelf, "中", training_texts.chinese(3_000), "t.txt", dimension=10, watch=["小猫", "汽车"])
    assert found.last.space.facts.languages == ("zh",)
    cat, car = ({one.word for one in near.neighbors[:3]} for near in found.last.nearest)
    assert cat < {*training_texts.HAN[0], *training_texts.HAN_VERBS[0]}
    assert car < {*training_texts.HAN[1], *training_texts.HAN_VERBS[1]}


def test_words_that_are_watched_unasked_are_frequent_and_not_short(shelf, made):
    assert made.counts == tuple(TEXT.count(word) for word in ("horse", "taxi", "eats"))
    found = train(shelf, "toy", TEXT, "t.txt", **HOW | {"watch": ()})
    assert len(found.words) == WATCHED
    assert min(map(len, found.words)) == 4
    assert found.counts == tuple(sorted(map(TEXT.count, found.words), reverse=True))


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"dimension": 1}, "--dimension 1 makes no table"),
        ({"dimension": 1_001}, "give 2 to 1,000"),
        ({"way": "bigram", "steps": [0]}, "--steps is of skip-gram"),
        ({"steps": [1_000, 10]}, "--steps must rise"),
        ({"steps": [5, 5]}, "--steps must rise"),
        ({"steps": [-1]}, "--steps must rise"),
        ({"steps": [75_000]}, "--steps 75000: of t.txt 75,000 words are read in all"),
        ({"watch": ["zebra"]}, "t.txt has no 'zebra' that is met 5 times or more"),
        ({"watch": [f"w{number}" for number in range(61)]}, "61 words are too many to watch"),
        ({"text": "a few words"}, "t.txt is too little to learn from"),
        ({"name": "a/b"}, "a space of yours cannot be called 'a/b'"),
        ({"name": "toy@3"}, "a space of yours cannot be called 'toy@3'"),
        ({"name": "glove"}, "there is glove already"),
        ({"way": "bigram", "dimension": 27}, "too few for 27 dimensions"),
    ],
)
def test_misuse_is_said_before_anything_is_made(shelf, how, expected):
    with pytest.raises(MisuseError) as caught:
        train(shelf, **{"name": "toy", "text": TEXT, "file": "t.txt", **how})
    assert expected in f"{caught.value.message}; {caught.value.hint}"
    assert left(shelf) == []
