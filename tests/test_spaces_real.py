"""The default spaces and the encoder: neighbours against brute force in float64, vectors against their origin."""

import gc

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from llmlab.config import load
from llmlab.lab.vectors import arithmetic, embed, neighbors
from llmlab.lab.vectors.metrics import METRICS
from llmlab.lab.vectors.odd import odd_one_out
from llmlab.lab.vectors.why import explain
from llmlab.models.library import Library
from llmlab.spaces.lookup import look_up
from llmlab.spaces.shelf import Shelf

pytestmark = pytest.mark.models

WORDS = ["love", "cat", "king", "water", "seven", "quickly", "germany", "music", "red", "run"]
SPACES = ["minilm", "bilingual", "glove", "gemma"]
BLOCK = 10_000  # rows compared at a time


@pytest.fixture
def library(ear):
    gc.collect()  # the one before, and its spaces
    return Library(load(None), ear)


@pytest.fixture
def space(request, library):
    """A space of the settings, by its name."""
    return Shelf(library).open(request.param)


def brute_force(space, asked):
    """Distances of every row in float64, lower is nearer, for each (vector, metric) that is asked: one pass."""
    found = [np.empty(len(space.words)) for _ in asked]
    for start in range(0, len(space.words), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(space.words)))
        block = space.rows(rows).astype(np.float64)
        for distances, (vector, metric) in zip(found, asked, strict=True):
            distances[rows] = distance(metric, block, vector.astype(np.float64))
    return found


def distance(metric, b, q):
    if metric == "cosine":
        with np.errstate(invalid="ignore"):
            return -(b @ q) / np.sqrt((b * b).sum(axis=1) * (q @ q))
    if metric == "dot":
        return -(b @ q)
    return np.linalg.norm(b - q, ord=1 if metric == "l1" else 2, axis=1)


def in_order(distances, count):
    return np.lexsort((np.arange(len(distances)), np.round(distances, 12)))[:count]


@pytest.mark.parametrize("space", SPACES, indirect=True)
def test_neighbours_are_those_of_brute_force(space):
    queries = [(look_up(space, word, None), metric) for word in WORDS for metric in METRICS]
    every = brute_force(space, [(query.vector, metric) for query, metric in queries])
    for (query, metric), distances in zip(queries, every, strict=True):
        distances[query.row] = np.inf
        expected = in_order(distances, 10)
        found = neighbors.nearest(space, query, 10, metric)
        assert [one.row for one in found.neighbors] == expected.tolist(), (query.text, metric)
        sign = 1 if found.metric.ascending else -1
        assert [one.score for one in found.neighbors] == pytest.approx((sign * distances[expected]).tolist())


@pytest.mark.parametrize("space", SPACES, indirect=True)
def test_words_within_a_distance_are_exactly_those_of_brute_force(space):
    query = look_up(space, "love", None)
    for metric, distances in zip(METRICS, brute_force(space, [(query.vector, one) for one in METRICS]), strict=True):
        distances[query.row] = np.inf
        order = in_order(distances, 41)
        bound = (distances[order[39]] + distances[order[40]]) / 2
        radius = bound if METRICS[metric].ascending else -bound
        found = neighbors.within(space, query, radius, metric)
        assert [one.row for one in found.neighbors] == order[:40].tolist(), metric


@pytest.mark.parametrize("space", SPACES, indirect=True)
@pytest.mark.parametrize("text", ["king - man + woman", "paris - france + italy"])
def test_sums_of_words_are_ranked_as_brute_force_ranks_them(space, text):
    terms = arithmetic.parse(text)
    queries = [look_up(space, term.word, None) for term in terms]
    unit = [query.vector / np.linalg.norm(query.vector.astype(np.float64)) for query in queries]
    asked = [unit[0] - unit[1] + unit[2], *unit]
    distances, *cosines = brute_force(space, [(vector, "cosine") for vector in asked])
    products = [(1 - one) / 2 for one in cosines]
    scores = products[0] * products[2] / (products[1] + 1e-6)
    own = [query.row for query in queries]
    distances[own], scores[own] = np.inf, -np.inf
    added = neighbors.nearest(space, arithmetic.combine(text, terms, queries, unit=True), 10, "cosine")
    multiplied = neighbors.by_product(space, text, terms, queries, 10)
    assert [one.row for one in added.neighbors] == np.argsort(distances, kind="stable")[:10].tolist()
    assert [one.row for one in multiplied.neighbors] == np.argsort(-scores, kind="stable")[:10].tolist()


@pytest.mark.parametrize("space", ["glove"], indirect=True)
def test_the_glove_space_holds_the_vectors_of_its_wheel(library, space):
    source = library.source("glove-6b-50d")
    vectors = np.load(source.path / source.entry.weights, mmap_mode="r")
    assert len(space.words) == len(vectors) == 400_000
    some = np.arange(0, 400_000, 997)
    assert np.array_equal(space.rows(some), vectors[some].astype(np.float32))
    assert space.words.first(3) == ["the", ",", "."]


@pytest.mark.parametrize("space", ["glove"], indirect=True)
def test_the_odd_one_is_the_one_that_people_name(space):
    for one, *others in (["cereal", "breakfast", "dinner", "lunch"], ["car", "cat", "dog", "rabbit"]):
        found = odd_one_out(embed.of_words(space, [look_up(space, word, None) for word in (*others, one)]))
        assert found.document()["odd"] == one


@pytest.mark.parametrize("space", SPACES, indirect=True)
def test_the_parts_of_two_words_add_up_to_their_similarity(space):
    king, queen = (look_up(space, word, None) for word in ("king", "queen"))
    for metric in METRICS:
        found = explain(embed.of_words(space, [king, queen]).by(metric))
        score = distance(metric, king.vector[None].astype(np.float64), queen.vector.astype(np.float64))[0]
        whole = {"l1": score, "l2": score**2}.get(metric, -score)
        assert found.parts.sum() == pytest.approx(whole, rel=1e-5), metric


@pytest.mark.parametrize("space", ["minilm"], indirect=True)
def test_the_encoder_gives_the_vectors_of_sentence_transformers(library, texts, space):
    asked = texts[::4]
    encoder = library.encoder()
    reference = SentenceTransformer(str(library.source(library.config.encoder).path), device="cpu")
    expected, found = reference.encode(asked), encoder.encode(asked)
    assert encoder.info.engine == "ctranslate2"
    cosines = (found * expected).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    assert len(cosines) == 50
    assert cosines.min() >= 0.9999
    assert encoder.encode(["love"])[0] == pytest.approx(space.vector(space.words.find("love")), abs=1e-5)
