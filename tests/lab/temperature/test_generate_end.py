"""How a sample ends, and what of it is shown while it grows."""

from dataclasses import replace

import numpy as np
import pytest

from llmlab.backends.base import ModelInfo, Tokens
from llmlab.lab.prompt import Prompt, read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample, stream

PROMPT = Prompt("x", "x", Tokens((0,), (b"x",)))


class Scripted:
    """A model that continues any text with the same pieces; b"" ends it."""

    info = ModelInfo("scripted", "", "none", "none 1", "float32", 8, 99, 1, 1, None)

    def __init__(self, *pieces: bytes):
        self.pieces = pieces

    def encode(self, text, *, allow_special=False):
        return Tokens((0,), (text.encode(),))

    def chat(self, message):
        return None

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
    plan = Plan((0.0,), **options)
    (one,) = sample(Scripted(*pieces), PROMPT, plan, plan.places)
    assert (one.text, len(one.ids), one.finish) == (text, count, finish)


@pytest.mark.parametrize(
    ("pieces", "stop", "shown"),
    [
        ([b"one", b" two", b""], (), ["one", " two", ""]),
        ([b"\xe7\x88", b"\xb1", b"x", b""], (), ["", "爱", "x", ""]),  # whole characters only
        ([b"a\xe7", b"b", b""], (), ["a", "\ufffdb", ""]),
        ([b"ab", b"cd", b"ef"], ("bc",), ["a", ""]),  # b is held back: it may become the stop
        ([b"ab", b"xd", b""], ("bc",), ["a", "bxd", ""]),
        ([b"a", b"\n"], ("\n\n",), ["a", "\n"]),
    ],
)
def test_a_stream_gives_whole_characters_and_takes_nothing_back(pieces, stop, shown):
    plan = Plan((0.0,), stop=stop, max_tokens=len(pieces))
    found = list(stream(Scripted(*pieces), PROMPT, plan))
    assert [text for text, _ in found] == shown
    assert "".join(shown) == found[-1][1].text
    assert [one.finish for _, one in found[:-1]] == ["interrupted"] * (len(found) - 1)


def test_a_stopped_text_is_the_free_one_up_to_the_stop(lm):
    prompt, plan = read(lm, "The cat sat on"), Plan(samples=5, max_tokens=40, seed=2)
    free = {one.sample: one for one in sample(lm, prompt, plan, plan.places)}
    stop = free[0].text[10:12]
    stopped = list(sample(lm, prompt, replace(plan, stop=(stop,)), plan.places))
    assert len(stopped) == len(free) == 5
    for one in stopped:
        whole = free[one.sample]
        assert one.text == whole.text.partition(stop)[0]
        assert (one.finish == "stop") == (stop in whole.text)
