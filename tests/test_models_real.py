"""The default models: reference numbers, and each engine and space against another way to the same number."""

import itertools
import math
from contextlib import nullcontext

import numpy as np
import pytest
from msgspec.structs import replace
from scipy import stats
from sentence_transformers import SentenceTransformer

from llmlab.cli import data_files
from llmlab.config import load, packaged
from llmlab.lab import arithmetic, cloze, embedding, neighbors, next_word, orders, pairs, probability, quiz
from llmlab.lab.generation import Plan, sample
from llmlab.lab.prompt import read
from llmlab.lab.samples import Expected, summarise
from llmlab.lab.space import look_up
from llmlab.models.engines import open_causal_lm, open_encoder, open_table
from llmlab.models.sources import locate
from llmlab.models.spaces import open_space
from llmlab.progress import silent

pytestmark = pytest.mark.models

# torch float32 on the dequantised weights, nats
REFERENCE = {
    "He likes movie.": -31.737,
    "He movie likes.": -39.783,
    "cat": -17.390,
    "xxyy": -24.857,
    "今天天气很好": -19.453,
    "今天天气很差": -25.548,
}
NEXT = {"冷": 0.3907, "热": 0.2546, "闷": 0.0692}  # after 今天天气很
WORDS = ["love", "cat", "king", "water", "seven", "quickly", "germany", "music", "red", "run"]


class Deaf:
    def say(self, message):
        pass

    def progress(self, label):
        return nullcontext(silent)


@pytest.fixture(scope="module")
def config():
    return load(None)


@pytest.fixture(scope="module")
def default(config):
    return open_causal_lm(config, Deaf())


@pytest.fixture(scope="module")
def native(config):
    return open_causal_lm(replace(config, dtype="native"), Deaf())


@pytest.fixture(scope="module")
def torch(config):
    return open_causal_lm(replace(config, engine="torch"), Deaf())


def totals(model):
    return [scored.total for scored in probability.score(model, list(REFERENCE))]


@pytest.mark.parametrize(("engine", "tolerance"), [("default", 0.5), ("torch", 0.01)])
def test_texts_have_their_reference_probability(request, engine, tolerance):
    assert totals(request.getfixturevalue(engine)) == pytest.approx(list(REFERENCE.values()), abs=tolerance)


@pytest.mark.parametrize("engine", ["default", "native", "torch"])
def test_the_better_of_each_pair_is_the_likelier(request, engine):
    found = totals(request.getfixturevalue(engine))
    for better, worse in zip(found[::2], found[1::2], strict=True):
        assert better > worse


@pytest.mark.parametrize(("engine", "tolerance"), [("default", 0.03), ("torch", 0.001)])
def test_the_weather_is_cold_hot_or_stuffy(request, engine, tolerance):
    found = next_word.next_tokens(request.getfixturevalue(engine), "今天天气很", 3)
    assert [piece.decode() for piece in found.pieces] == list(NEXT)
    assert [math.exp(logprob) for logprob in found.logprobs] == pytest.approx(list(NEXT.values()), abs=tolerance)


def test_both_engines_read_the_same_tokens_and_give_nearly_the_same_probability(default, torch, texts):
    for one, other in zip(probability.score(default, texts), probability.score(torch, texts), strict=True):
        assert one.tokens == other.tokens
        assert one.total == pytest.approx(other.total, abs=0.5)


def brute_force(metric, rows, query):
    """Distance of every row in float64, lower is nearer, a block at a time."""
    found = []
    for block in np.array_split(rows, len(rows) // 10_000):
        b, q = block.astype(np.float64), query.astype(np.float64)
        if metric == "cosine":
            with np.errstate(invalid="ignore"):
                found.append(-(b @ q) / np.sqrt((b * b).sum(axis=1) * (q @ q)))
        elif metric == "dot":
            found.append(-(b @ q))
        else:
            found.append(np.linalg.norm(b - q, ord=1 if metric == "l1" else 2, axis=1))
    return np.concatenate(found)


@pytest.mark.parametrize("name", ["minilm", "glove", "gemma"])
def test_neighbours_are_those_of_brute_force(config, name):
    space = open_space(config, Deaf(), name)
    rows = space.rows(np.arange(len(space.words)))
    for word, metric in itertools.product(WORDS, neighbors.METRICS):
        query = look_up(space, word, None)
        distances = brute_force(metric, rows, query.vector)
        distances[query.row] = np.inf
        expected = np.lexsort((np.arange(len(rows)), np.round(distances, 12)))[:10]
        found = neighbors.nearest(space, query, 10, metric)
        assert [one.row for one in found.neighbors] == expected.tolist(), (word, metric)
        sign = 1 if found.metric.ascending else -1
        assert [one.score for one in found.neighbors] == pytest.approx((sign * distances[expected]).tolist())


@pytest.mark.parametrize("name", ["minilm", "glove", "gemma"])
def test_words_within_a_distance_are_exactly_those_of_brute_force(config, name):
    space = open_space(config, Deaf(), name)
    rows = space.rows(np.arange(len(space.words)))
    query = look_up(space, "love", None)
    for metric in neighbors.METRICS:
        distances = brute_force(metric, rows, query.vector)
        distances[query.row] = np.inf
        order = np.lexsort((np.arange(len(rows)), np.round(distances, 12)))
        bound = (distances[order[39]] + distances[order[40]]) / 2
        radius = bound if neighbors.METRICS[metric].ascending else -bound
        found = neighbors.within(space, query, radius, metric)
        assert [one.row for one in found.neighbors] == order[:40].tolist(), metric


@pytest.mark.parametrize("name", ["minilm", "glove", "gemma"])
def test_sums_of_words_are_ranked_as_brute_force_ranks_them(config, name):
    space = open_space(config, Deaf(), name)
    rows = space.rows(np.arange(len(space.words)))
    for text in ("king - man + woman", "paris - france + italy"):
        terms = arithmetic.parse(text)
        queries = [look_up(space, term.word, None) for term in terms]
        unit = [query.vector / np.linalg.norm(query.vector.astype(np.float64)) for query in queries]
        own = [query.row for query in queries]
        distances = brute_force("cosine", rows, unit[0] - unit[1] + unit[2])
        products = [(1 - brute_force("cosine", rows, one)) / 2 for one in unit]
        scores = products[0] * products[2] / (products[1] + 1e-6)
        distances[own], scores[own] = np.inf, -np.inf
        added = neighbors.nearest(space, arithmetic.combine(text, terms, queries, unit=True), 10, "cosine")
        multiplied = neighbors.by_product(space, text, terms, queries, 10)
        assert [one.row for one in added.neighbors] == np.argsort(distances, kind="stable")[:10].tolist()
        assert [one.row for one in multiplied.neighbors] == np.argsort(-scores, kind="stable")[:10].tolist()


def test_a_word_changes_with_its_sentence_in_the_layers_and_not_in_the_table(config, torch):
    rivers = ["He swam to the river bank.", "They fished from the muddy bank."]
    money = ["She opened an account at the bank.", "He took his money to the bank."]
    texts = rivers + money
    _, table = open_table(config, Deaf(), config.model)
    same = embedding.of_word(torch, texts, "bank", "input", table).matrix
    assert same == pytest.approx(np.ones((4, 4)))
    moved = embedding.of_word(torch, texts, "bank", "last").matrix
    assert min(moved[0, 1], moved[2, 3]) > moved[:2, 2:].max() + 0.1


def test_the_glove_space_holds_the_vectors_of_its_wheel(config):
    source = locate(config, "glove-6b-50d")
    vectors = np.load(source.path / source.entry.weights, mmap_mode="r")
    space = open_space(config, Deaf(), "glove")
    assert len(space.words) == len(vectors) == 400_000
    some = np.arange(0, 400_000, 997)
    assert np.array_equal(space.rows(some), vectors[some].astype(np.float32))
    assert space.words.first(3) == ["the", ",", "."]


def test_the_encoder_gives_the_vectors_of_sentence_transformers(config, texts):
    asked = texts[::4]
    encoder = open_encoder(config, Deaf())
    expected = SentenceTransformer(str(locate(config, config.encoder).path), device="cpu").encode(asked)
    found = encoder.encode(asked)
    assert encoder.info.engine == "ctranslate2"
    cosines = (found * expected).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
    assert len(cosines) == 50
    assert cosines.min() >= 0.9999
    space = open_space(config, Deaf(), "minilm")
    assert encoder.encode(["love"])[0] == pytest.approx(space.vector(space.words.find("love")), abs=1e-5)


@pytest.mark.parametrize("engine", ["default", "torch"])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_two_thousand_first_tokens_are_as_frequent_as_their_exact_probability(request, config, engine, temperature):
    model = request.getfixturevalue(engine)
    prompt = read(model, config.generate.question, template=config.presets["qa"].template)
    drawn = sample(model, prompt, Plan((temperature,), samples=2000, max_tokens=1, seed=5))
    logits = model.decoder(prompt.tokens, 1, 1).first.astype(np.float64) / temperature
    exact = np.exp(logits - logits.max())
    exact /= exact.sum()
    best = np.argsort(-exact)[:50]
    counts = np.bincount([one.ids[0] for one in drawn], minlength=len(exact))[best]
    observed, wanted = np.append(counts, 2000 - counts.sum()), np.append(exact[best], 1 - exact[best].sum()) * 2000
    likely = wanted >= 5  # what chi-squared asks of a cell
    observed = np.append(observed[likely], observed[~likely].sum())
    wanted = np.append(wanted[likely], max(wanted[~likely].sum(), 1e-9))
    assert stats.chisquare(observed, wanted).pvalue > 1e-4


def test_the_share_right_falls_as_the_temperature_grows(default, config):
    prompt = read(default, config.generate.question, template=config.presets["qa"].template)
    plan = Plan((0.0, 0.5, 1.0, 1.5), samples=20, max_tokens=8, seed=1, stop=("\n",))
    found = summarise(default, prompt, plan, sample(default, prompt, plan), Expected(("Paris",)))
    shares = [one["right"]["share"] for one in found.document()["temperatures"]]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
    assert shares[-1] < 0.5


def test_subject_verb_object_is_the_likeliest_order(default):
    assert orders.orders(default, "He likes movies.").place == 1
    assert orders.orders(default, "我喜欢看电影。").place == 1


def test_nouns_fill_the_blank_better_than_verbs(default):
    nouns, verbs = ["movies", "music", "food", "animals"], ["eats", "went", "sleeps", "wrote"]
    ranked = [one.words[0] for one in cloze.cloze(default, "He likes [?].", nouns + verbs).fillings]
    assert set(ranked[:4]) == set(nouns)
    proposed = [one.words[0] for one in cloze.cloze(default, "He likes [?].").fillings]
    assert {"music", "people", "food"} <= set(proposed)


def test_the_exercises_are_mostly_right(default):
    folder = packaged() / "exercises"
    told = data_files.pairs(folder / "pairs.jsonl")
    assert len(told) == 1000
    some = pairs.judge(default, told[::20]).document()["groups"]
    assert some[-1] == {**some[-1], "group": "all", "trials": 50}
    assert some[-1]["share"] > 0.9
    asked = data_files.questions(folder / "choices.jsonl")
    by_sum = next(row for row in quiz.answer(default, asked).document()["groups"] if row["group"] == "all")
    assert by_sum["share"] > 0.7
