"""Blanks on the default model. The sentences and their obvious fillings were named before any was run."""

import pytest
from deaf import Deaf

from llmlab.config import load
from llmlab.lab.probability.cloze import cloze
from llmlab.models.library import Library

pytestmark = pytest.mark.models

OBVIOUS = {
    "en": {
        "He likes to drink [?] with milk in the morning.": "coffee",
        "The [?] barked at the postman.": "dog",
        "The sun rises in the [?].": "east",
        "She opened the [?] with her key.": "door",
        "Paris is the capital of [?].": "France",
        "Cows give us [?].": "milk",
        "He washed his [?] with soap.": "hands",
        "The baby began to [?] because it was hungry.": "cry",
        "In winter it is very [?] outside.": "cold",
        "One week has seven [?].": "days",
    },
    "zh": {
        "今天天气很[?]。": "好",
        "太阳从[?]边升起。": "东",
        "法国的首都是[?]。": "巴黎",
        "中国人喜欢喝[?]。": "茶",
        "一年有十二个[?]。": "月",
        "冬天很[?]。": "冷",
        "他用肥皂洗[?]。": "手",
        "鱼在[?]里游。": "水",
        "[?]是中国的首都。": "北京",
        "小猫喜欢吃[?]。": "鱼",
    },
}


@pytest.fixture(scope="module")
def model():
    return Library(load(None), Deaf()).causal_lm()


@pytest.mark.parametrize("language", OBVIOUS)
def test_the_obvious_word_is_in_the_top_five_of_at_least_eight_of_ten(model, language):
    firsts = {sentence: [one.words[0] for one in cloze(model, sentence).fillings[:5]] for sentence in OBVIOUS[language]}
    missed = {sentence: found for sentence, found in firsts.items() if OBVIOUS[language][sentence] not in found}
    assert len(missed) <= 2, missed


def test_the_weather_is_good(model):
    assert cloze(model, "今天天气很[?]。").fillings[0].words == ("好",)


def test_a_blank_that_comes_first_is_filled_by_what_follows(model):
    assert cloze(model, "[?] is the capital of France.").fillings[0].words == ("Paris",)
    assert "Shakespeare" in [one.words[0] for one in cloze(model, "[?] wrote Hamlet.").fillings[:5]]


def test_only_whole_words_are_proposed(model):
    english = {one.words[0] for one in cloze(model, "I [?]").fillings}
    assert {"have", "don't"} <= english
    assert not {"don", "didn", "haven", "couldn"} & english
    chinese = {one.words[0] for one in cloze(model, "[?]是中国的首都。").fillings}
    assert all(word.isalpha() and not word.isascii() for word in chinese), chinese
