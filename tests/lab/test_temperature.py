"""Samples: what T = 0 gives, what they depend on, how they end."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy import stats
from transformers import AutoModelForCausalLM

from llmlab.backends.base import ModelInfo, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.temperature import Plan, sample

PROMPT = "The cat sat on"


def greedy(folder, ids: Sequence[int], count: int) -> list[int]:
    """argmax again and again, the whole text each time, in plain torch."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    grown = [0, *ids]
    with torch.no_grad():
        while len(grown) < 1 + len(ids) + count and grown[-1] != 1:
            grown.append(int(model(torch.tensor([grown])).logits[0, -1].argmax()))
    return grown[1 + len(ids) :]


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_zero_temperature_is_the_greedy_loop_of_plain_torch(request, lm, lm_folder, plain, engine):
    model = request.getfixturevalue(engine)
    for prompt in (PROMPT, "今天天气很", "x"):
        context = lm.encode(prompt).ids
        expected = greedy(lm_folder, context, 30)
        one, other = sample(model, prompt, Plan((0.0,), samples=2, max_tokens=30, seed=3)).samples
        assert list(one.ids) == expected
        assert one.ids == other.ids
        logprobs = plain([*context, *expected])
        steps = range(len(context), len(context) + len(expected))
        total = sum(logprobs[i, token] for i, token in zip(steps, expected, strict=True))
        assert one.logprob == pytest.approx(total, abs=1e-2)


def test_both_engines_write_the_same_greedy_text(lm, llama, texts):
    plan = Plan((0.0,), max_tokens=20)
    for prompt in texts[::20]:
        assert sample(lm, prompt, plan).samples[0].text == sample(llama, prompt, plan).samples[0].text


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_first_tokens_are_as_frequent_as_softmax_of_z_over_t(lm, plain, temperature):
    drawn = sample(lm, PROMPT, Plan((temperature,), samples=1500, max_tokens=1, seed=1)).samples
    expected = torch.softmax(torch.tensor(plain(lm.encode(PROMPT).ids)[-1]) / temperature, -1).numpy() * 1500
    counts = np.bincount([one.ids[0] for one in drawn], minlength=600)
    rare = expected < 5
    observed, wanted = np.append(counts[~rare], counts[rare].sum()), np.append(expected[~rare], expected[rare].sum())
    assert stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-4


def test_a_sample_does_not_depend_on_what_is_drawn_beside_it(lm):
    wide = sample(lm, PROMPT, Plan((0.3, 1.0, 1.7), samples=30, max_tokens=12, seed=5)).samples
    for temperature, count in ((1.0, 1), (1.7, 4), (0.3, 7)):
        alone = sample(lm, PROMPT, Plan((temperature,), samples=count, max_tokens=12, seed=5)).samples
        beside = [one for one in wide if one.temperature == temperature]
        for one, other in zip(alone, beside, strict=False):
            assert (one.sample, one.ids, one.text, one.finish) == (other.sample, other.ids, other.text, other.finish)
            assert one.logprob == pytest.approx(other.logprob, abs=1e-4)


def test_the_same_seed_gives_the_same_text_and_another_seed_another(lm):
    plan = Plan((1.0,), samples=3, max_tokens=12, seed=5)
    assert sample(lm, PROMPT, plan).samples == sample(lm, PROMPT, plan).samples
    ids = {one.ids for seed in (5, 6) for one in sample(lm, PROMPT, Plan(samples=3, max_tokens=12, seed=seed)).samples}
    assert len(ids) == 6


class Scripted:
    """A model that continues any text with the same pieces; b"" ends it."""

    info = ModelInfo("scripted", "", "none", "float32", 8, 99, 1, 1, None)

    def __init__(self, *pieces: bytes):
        self.pieces = pieces

    def encode(self, text, *, allow_special=False):
        return Tokens((0,), (text.encode(),))

    def piece(self, token):
        return self.pieces[token]

    def is_end(self, token):
        return self.pieces[token] == b""

    def decoder(self, context, n, max_tokens):
        self.first = self._surely(0)
        return self

    def step(self, rows, ids):
        return np.stack([self._surely(token + 1) for token in ids])

    def _surely(self, token):
        return np.where(np.arange(len(self.pieces)) == token, 0, -1e4).astype(np.float32)


@pytest.mark.parametrize(
    ("pieces", "options", "text", "count", "finish"),
    [
        ([b"one", b" two", b" three"], {"max_tokens": 2}, "one two", 2, "length"),
        ([b"one", b" two", b""], {}, "one two", 3, "end"),
        ([b"one", b"\n", b"two"], {"stop": ("\n",)}, "one", 2, "stop"),
        ([b"ab", b"cd", b"ef"], {"stop": ("bc",)}, "a", 2, "stop"),  # across two tokens
        ([b"abcd", b"ef"], {"stop": ("c", "b")}, "a", 1, "stop"),  # the earliest wins
        ([b"ab", b"cd"], {"stop": ("cd",), "max_tokens": 2}, "ab", 2, "stop"),
        ([b"", b"ab"], {}, "", 1, "end"),
        ([b"\xe7\x88", b"\xb1", b""], {"stop": ("爱",)}, "", 2, "stop"),
        ([b"a", b"\xe7\x88", b""], {"max_tokens": 2}, "a\ufffd", 2, "length"),
    ],
)
def test_a_text_ends_at_its_stop_at_the_models_end_or_at_its_length(pieces, options, text, count, finish):
    (one,) = sample(Scripted(*pieces), "x", Plan((0.0,), **options)).samples
    assert (one.text, len(one.ids), one.finish) == (text, count, finish)


def test_a_stopped_text_is_the_free_one_up_to_the_stop(lm):
    free = sample(lm, PROMPT, Plan(samples=5, max_tokens=40, seed=2)).samples
    stop = free[0].text[10:12]
    for one, whole in zip(
        sample(lm, PROMPT, Plan(samples=5, max_tokens=40, seed=2, stop=(stop,))).samples, free, strict=True
    ):
        assert one.text == whole.text.partition(stop)[0]
        assert (one.finish == "stop") == (stop in whole.text)


def test_records_carry_seed_settings_and_provenance(lm):
    found = sample(lm, PROMPT, Plan((0.5, 1.0), samples=2, max_tokens=3, seed=9, top_k=4))
    assert [(row["temperature"], row["sample"]) for row in found.records()] == [(0.5, 0), (0.5, 1), (1.0, 0), (1.0, 1)]
    assert {"seed": 9, "top_k": 4, "top_p": 1.0, "max_tokens": 3, "engine": "torch"}.items() <= found.document().items()
    assert "seed 9, top-k 4" in found.views()[0].notes[0]


@pytest.mark.parametrize(
    ("prompt", "plan", "message"),
    [
        ("", Plan(), "the prompt is empty"),
        ("a", Plan(temperatures=()), "nothing to draw"),
        ("a", Plan(samples=0), "nothing to draw"),
        ("a", Plan(max_tokens=0), "nothing to draw"),
        ("a", Plan((1.0, -0.1)), "temperature -0.1 is not a number from 0 up"),
        ("a", Plan((float("nan"),)), "temperature nan"),
        ("a", Plan(seed=-1), "seed -1 is negative"),
        ("a", Plan(top_p=0), "top-p 0 is outside"),
        ("a", Plan(stop=("x", "")), "a stop text is empty"),
        ("a", Plan(max_tokens=300), "the text needs 3"),
    ],
)
def test_what_cannot_be_drawn_is_refused(lm, prompt, plan, message):
    with pytest.raises(MisuseError, match=message):
        sample(lm, prompt, plan)
