"""The default language model: reference numbers, and each engine against another way to the same number.

One copy of it is in memory at a time: a class has the tests of an engine.
"""

import gc
import io
from typing import ClassVar

import numpy as np
import pytest
from deaf import Deaf
from msgspec.structs import replace
from scipy import stats

from llmlab.config import load
from llmlab.files import Files
from llmlab.lab.probability.cloze import cloze
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.probability.orders import orders
from llmlab.lab.probability.pairs import PAIRS, judge
from llmlab.lab.probability.quiz import QUESTIONS, answer
from llmlab.lab.probability.scored import score
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.generate import sample
from llmlab.lab.temperature.samples import summarise
from llmlab.lab.vectors.rows import of_word
from llmlab.models import card
from llmlab.models.library import Library
from llmlab.packaged import packaged

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


@pytest.fixture(scope="module")
def config():
    return load(None)


def opened(config, **settings):
    gc.collect()  # the one before
    return Library(replace(config, **settings), Deaf()).causal_lm()


def totals(model):
    return [one.total for one in score(model, list(REFERENCE))]


def test_the_card_counts_what_the_default_model_is_made_of(config):
    library = Library(config, Deaf())
    found = card.read(library.shop, library.source("gemma-3-270m"))
    assert (found.parameters["embedding"], found.total) == (262_144 * 640, 268_098_176)  # as its authors publish them
    facts, drawing, tensors = found.views()
    assert facts.conclusion.endswith("its embedding table holds 168 of 268 million: 62.6%")
    assert drawing.title == "input -> embedding -> layer 1 -> ... -> layer 18 -> head -> next token"
    assert "no b: this family has none, a layer is activate(W·X)" in tensors.notes


def test_both_engines_read_the_same_tokens_and_give_nearly_the_same_probability(config, texts):
    default, torch = (score(opened(config, engine=engine), texts) for engine in ("auto", "torch"))
    for one, other in zip(default, torch, strict=True):
        assert one.tokens == other.tokens
        assert one.total == pytest.approx(other.total, abs=0.5)


class OfEveryEngine:
    """What holds on each engine; the copy of a class is gone when the next one opens its own."""

    settings: ClassVar = {}

    @pytest.fixture(scope="class")
    def model(self, request, config):
        return opened(config, **request.cls.settings)

    def test_the_better_of_each_pair_is_the_likelier(self, model):
        found = totals(model)
        assert all(better > worse for better, worse in zip(found[::2], found[1::2], strict=True))


class OfExactEngines(OfEveryEngine):
    """What holds of weights in 16 bits or more, to within so many nats, and so much of a probability."""

    def test_texts_have_their_reference_probability(self, model):
        assert totals(model) == pytest.approx(list(REFERENCE.values()), abs=self.nats)

    def test_the_weather_is_cold_hot_or_stuffy(self, model):
        found = next_tokens(model, read(model, "今天天气很", raw=True), 3)
        assert [piece.decode() for piece in found.pieces] == list(NEXT)
        (plain,) = found.tempered
        assert np.exp(plain.logprobs) == pytest.approx(list(NEXT.values()), abs=self.share)

    @pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
    def test_two_thousand_first_tokens_are_as_frequent_as_their_exact_probability(self, model, config, temperature):
        prompt = read(model, config.presets["qa"].question, template=config.presets["qa"].template)
        plan = Plan((temperature,), samples=2000, max_tokens=1, seed=5)
        drawn = list(sample(model, prompt, plan, plan.places))
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


class TestTorch(OfExactEngines):
    """torch with the dequantised weights in float32."""

    settings: ClassVar = {"engine": "torch"}
    nats, share = 0.01, 0.001

    def test_a_word_changes_with_its_sentence_in_the_layers_and_not_in_the_table(self, model, config):
        rivers = ["He swam to the river bank.", "They fished from the muddy bank."]
        money = ["She opened an account at the bank.", "He took his money to the bank."]
        table = Library(config, Deaf()).table(config.model)
        same = of_word(model, rivers + money, "bank", "input", table).matrix
        assert same == pytest.approx(np.ones((4, 4)))
        moved = of_word(model, rivers + money, "bank", "last").matrix
        assert min(moved[0, 1], moved[2, 3]) > moved[:2, 2:].max() + 0.1


class TestDefault(OfExactEngines):
    """llama.cpp with the weights widened to float16."""

    nats, share = 0.5, 0.03

    def test_the_share_right_falls_as_the_temperature_grows(self, model, config):
        prompt = read(model, config.presets["qa"].question, template=config.presets["qa"].template)
        plan = Plan((0.0, 0.5, 1.0, 1.5), samples=20, max_tokens=8, seed=1, stop=("\n",))
        found = summarise(model, prompt, plan, sample(model, prompt, plan, plan.places), Expected(("Paris",)))
        shares = [one["right"]["share"] for one in found.document()["temperatures"]]
        assert shares == sorted(shares, reverse=True)
        assert shares[0] == 1
        assert shares[-1] < 0.5

    def test_a_sample_is_the_same_text_in_a_batch_whose_last_digits_differ(self, model):
        prompt = read(model, "The capital of France is")

        def first(seed, samples):
            plan = Plan(samples=samples, max_tokens=8, seed=seed)
            return next(one.ids for one in list(sample(model, prompt, plan, plan.places)) if one.sample == 0)

        assert sum(first(seed, 1) == first(seed, 5) for seed in range(10)) >= 9

    @pytest.mark.parametrize("sentence", ["He likes movies.", "我喜欢看电影。"])
    def test_subject_verb_object_is_the_likeliest_order(self, model, sentence):
        assert orders(model, sentence).place == 1

    def test_nouns_fill_the_blank_better_than_verbs(self, model):
        nouns, verbs = ["movies", "music", "food", "animals"], ["eats", "went", "sleeps", "wrote"]
        ranked = [one.words[0] for one in cloze(model, "He likes [?].", nouns + verbs).fillings]
        assert set(ranked[:4]) == set(nouns)
        proposed = [one.words[0] for one in cloze(model, "He likes [?].").fillings]
        assert {"music", "people", "food"} <= set(proposed)

    def test_the_exercises_are_mostly_right(self, model):
        folder, files = packaged() / "exercises", Files(io.TextIOWrapper(io.BytesIO()), print)
        told = files.records(folder / "pairs.jsonl", PAIRS)
        assert len(told) == 1000
        some = judge(model, told[::20]).document()["groups"]
        assert some[-1] == {**some[-1], "group": "all", "trials": 50}
        assert some[-1]["share"] > 0.9
        asked = files.records(folder / "choices.jsonl", QUESTIONS)
        by_sum = next(row for row in answer(model, asked).document()["groups"] if row["group"] == "all")
        assert by_sum["share"] > 0.7


class TestNative(OfEveryEngine):
    """llama.cpp with the 4-bit weights as they are."""

    settings: ClassVar = {"dtype": "native"}
