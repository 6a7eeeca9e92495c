"""The default language model over characters: the lecture's own examples, on each engine and against each other."""

import gc
import math
import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import scipy.stats
from deaf import Deaf
from msgspec.structs import replace

from llmlab.config import load
from llmlab.lab.characters.covers import Effort, cover
from llmlab.lab.characters.reading import whole
from llmlab.lab.probability.by_character import spelt
from llmlab.lab.probability.choose import choose, choose_all
from llmlab.lab.probability.cloze import cloze
from llmlab.lab.probability.compare import difference
from llmlab.lab.probability.next_text import what_follows
from llmlab.lab.probability.scored import score
from llmlab.lab.prompt import mended, read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample
from llmlab.models.library import Library

pytestmark = pytest.mark.models

OWN_TOKENS = Effort(per_token=1, beside=1, rounds=1, exact=False)  # only contexts that the tokenizer itself would make

# Every cover above 1e-7 of the sum, by plain torch float32 on the dequantised weights.
FACTORS = {"今": 3.536e-05, "天": 0.3709, "天 ": 0.00765, "气": 0.8103, "很": 0.0971, "好": 0.4546}
AFTER = {"晴": 0.239, "很": 0.097, "好": 0.076}  # 今天天气


class Opened:
    """A model and its vocabulary; one is in memory at a time."""

    def __init__(self, engine, dtype="auto"):
        gc.collect()
        library = Library(replace(load(None), engine=engine, dtype=dtype), Deaf())
        self.lm, self.spellings = library.causal_lm(), library.spellings()

    def follows(self, text, by=None, *temperatures):
        return what_follows(
            self.lm, lambda: self.spellings, read(self.lm, text, raw=True), by, 10, temperatures or (1.0,)
        )


@pytest.fixture(scope="module")
def default():
    return Opened("auto")


def check_factors(opened, near):
    found = spelt(opened.lm, opened.spellings, "今天天气很好")
    for row, factor in zip(found.rows, FACTORS.values(), strict=True):
        assert row.logprob == pytest.approx(math.log(factor), abs=near + 5e-4)  # the reference has four figures
    assert found.total == pytest.approx(-19.4461, abs=near)
    assert 0 < found.covered["foreign_tokens"] < 0.01  # other tokens than the tokenizer's own hold little


class TestOnLlamaCpp:
    def test_the_lectures_factors_multiply_to_the_sentence(self, default):
        check_factors(default, near=0.02)

    def test_good_is_the_likeliest_weather_and_bad_is_not(self, default):
        found = default.follows("今天天气很")
        masses = found.tempered[0].masses
        assert found.by == "character"
        assert found.listed[:3] == ("好", "冷", "热")
        assert 0.45 <= masses["好"] <= 0.46
        assert masses["差"] == pytest.approx(0.001, abs=1e-4)
        after = default.follows("今天天气", "character").tempered[0].masses
        assert {one: after[one] for one in AFTER} == pytest.approx(AFTER, abs=0.002)

    def test_choose_compare_cloze_and_the_sentences_tell_one_story(self, default):
        lm = default.lm
        good, bad = score(lm, ["今天天气很好", "今天天气很差"])
        ratio = good.total - bad.total
        assert ratio == pytest.approx(math.log(445), abs=0.05)
        chosen = choose(lm, "今天天气很", ["好", "差"]).choices
        assert chosen[0].logprob - chosen[1].logprob == pytest.approx(ratio, abs=1e-3)
        assert difference(lm, good.text, bad.text).total == pytest.approx(ratio, abs=1e-3)
        stopped = score(lm, ["今天天气很好。", "今天天气很差。"])
        filled = cloze(lm, "今天天气很[?]。", ["好", "差"]).fillings
        assert filled[0].total - filled[1].total == pytest.approx(stopped[0].total - stopped[1].total, abs=1e-3)

    def test_the_order_of_choices_is_that_of_the_whole_texts(self, default, texts):
        drawn = random.Random(13)
        questions = []
        for _ in range(200):
            text, others = drawn.choice(texts), drawn.sample(texts, 3)
            cut = drawn.randint(1, min(12, max(len(text) - 1, 1)))
            choices = dict.fromkeys(one[drawn.randint(0, 3) :][:3] or "x" for one in (text[cut:], *others))
            questions.append((text[:cut], list(choices)))
        answers = choose_all(default.lm, questions, glue=True)
        whole_texts = [
            context + one.text for (context, _), found in zip(questions, answers, strict=True) for one in found.choices
        ]
        totals = iter([one.total for one in score(default.lm, whole_texts)])
        for found in answers:
            own = [next(totals) for _ in found.choices]
            for (better, worse), (one, other) in zip(pairwise(own), pairwise(found.choices), strict=True):
                assert better >= worse - 0.02
                assert one.logprob - other.logprob == pytest.approx(better - worse, abs=0.05)

    @pytest.mark.parametrize(("text", "temperature"), [("今天天气很", 0.7), ("I like ic", 1.0), ("中国人", 1.5)])
    def test_what_generate_draws_is_what_next_says(self, default, text, temperature):
        prompt = mended(default.lm, default.spellings, read(default.lm, text, raw=True))
        drawn = sample(default.lm, prompt, Plan((temperature,), 400, 2, 7), [(temperature, i) for i in range(400)])
        counts = Counter(one.text[:1] for one in drawn)
        masses = default.follows(text, "character", temperature).tempered[0].masses
        frequent = [one for one, mass in masses.items() if mass > 0.02]
        seen = np.array([counts[one] for one in frequent])
        expected = 400 * np.array([masses[one] for one in frequent])
        pvalue = scipy.stats.chisquare([*seen, 400 - seen.sum()], [*expected, 400 - expected.sum()]).pvalue
        assert pvalue > 1e-3

    @pytest.mark.parametrize(
        ("text", "inside"),
        [("中国人", True), ("哈哈哈", True), ("I like stra", True), ("The end ", True), ("He likes", False)],
    )
    def test_a_text_that_ends_inside_a_token_is_known_whatever_its_own_tokens_are(self, default, text, inside):
        found = default.follows(text)
        assert found.records()[0]["by"] == ("character" if inside else "token")
        assert bool(mended(default.lm, default.spellings, read(default.lm, text, raw=True)).cuts) == inside

    def test_words_are_found_whole(self, default):
        he = default.follows("He likes", "word").tempered[0]
        assert max(he.masses, key=he.masses.get) == "to"
        stem = default.follows("I like stra", "word").tempered[0].masses
        assert stem["strawberries"] > stem["strange"] > 0.01
        # P(to, then no letter) by the characters after "He likes to"
        after = default.follows("He likes to", "character").tempered[0]
        parted = 1 - sum(mass for one, mass in after.masses.items() if one.isalpha() or one in "'’-")
        (with_to,) = [default.follows("He likes", "character").tempered[0].masses[" "]]
        spelt_out = spelt(default.lm, default.spellings, "He likes to").total
        before = spelt(default.lm, default.spellings, "He likes").total
        assert math.log(he.masses["to"]) == pytest.approx(spelt_out - before + math.log(parted), abs=0.02)
        assert he.masses["to"] < with_to

    def test_a_beam_misses_little_of_what_a_wide_one_finds_and_says_about_how_much(self, default, texts):
        missed, said = [], []
        for text in [one for one in texts if 5 <= len(one) <= 40][:20]:
            request = whole(default.lm, default.spellings, text, default.lm.encode(text))
            narrow, usual, wide = (
                cover(default.lm, default.spellings, request, effort)
                for effort in (OWN_TOKENS, Effort(), Effort(3e-5, 12, 60, 12, 0.0))
            )
            assert narrow.logprob - 1e-3 <= usual.logprob <= wide.logprob + 2e-3
            assert wide.logprob - usual.logprob <= 0.02
            missed.append(1 - math.exp(usual.logprob - wide.logprob))
            said.append(usual.left_out)
            assert usual.contexts <= Effort().budget(len(request.own))
        assert np.mean(missed) <= np.mean(said) + 1e-3


class TestOnTorch:
    @pytest.fixture(scope="class")
    def torch(self, default):
        return Opened("torch", "float32")

    def test_the_lectures_factors_multiply_to_the_sentence(self, torch):
        check_factors(torch, near=0.002)

    def test_good_is_the_likeliest_weather(self, torch):
        assert torch.follows("今天天气很").tempered[0].masses["好"] == pytest.approx(0.4546, abs=0.001)
