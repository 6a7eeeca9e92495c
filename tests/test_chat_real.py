"""The model that follows a question, against plain transformers on the same weights; and what it says on one screen."""

import io
import os
from functools import cache

import numpy as np
import pytest
import torch
from deaf import Deaf
from msgspec.structs import replace
from transformers import AutoModelForCausalLM, AutoTokenizer

from llmlab.backends.base import Message
from llmlab.cli import main
from llmlab.cli.world import World
from llmlab.config import load
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample
from llmlab.models import prepare
from llmlab.models.library import Library

pytestmark = pytest.mark.models

NAME = "smollm2-135m-instruct"
TURNS = {
    "a question": [("user", "What is the capital of France?")],
    "a system's": [("system", "You are a pirate."), ("user", "Who are you?")],
    "a conversation": [
        ("user", "I have a dog. Its name is Rex."),
        ("assistant", "That is a nice name."),
        ("user", "What is the name of my dog?"),
    ],
}


@pytest.fixture(scope="module", params=["llama.cpp", "torch"])
def model(request):
    return Library(replace(load(None), engine=request.param), Deaf()).causal_lm(NAME)


@pytest.fixture(scope="module")
def plain():
    """transformers' own model and tokenizer, in float32."""
    library = Library(load(None), Deaf())
    folder = prepare.transformers_folder(library.shop, library.source(NAME))
    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def asked(plain):
    """The tokens of a conversation as transformers makes them, and its greedy answer."""

    @cache
    def of(name):
        lm, tokenizer = plain
        messages = [{"role": role, "content": content} for role, content in TURNS[name]]
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            written = lm.generate(ids, max_new_tokens=12, do_sample=False)[0, ids.shape[1] :]
            likely = torch.softmax(lm(ids).logits[0, -1].double(), -1)
        return ids[0].tolist(), written.tolist(), likely.numpy()

    return of


def prompt_of(model, name):
    *before, (_, last) = TURNS[name]
    return read(model, last, before=[Message(*turn) for turn in before])


@pytest.mark.parametrize("name", TURNS)
def test_a_conversation_is_read_and_answered_as_transformers_does(model, asked, name):
    ids, written, likely = asked(name)
    prompt, plan = prompt_of(model, name), Plan((0.0,), max_tokens=12)
    assert list(prompt.tokens.ids) == ids
    assert 0.5 * np.abs(np.exp(model.next([prompt.tokens])[0].astype(np.float64)) - likely).sum() < 0.01
    (answer,) = sample(model, prompt, plan, plan.places)
    assert list(answer.ids) == written


@pytest.mark.parametrize(("name", "said"), [("a question", "Paris."), ("a conversation", "Rex.")])
def test_an_answer_is_right_and_ends_with_the_turn(model, name, said):
    plan = Plan((0.0,), max_tokens=40)
    (answer,) = sample(model, prompt_of(model, name), plan, plan.places)
    assert answer.text.endswith(said)
    assert answer.finish == "end"
    assert model.piece(answer.ids[-1]) == b"<|im_end|>"
    assert "<|im_end|>" not in answer.text


def test_a_text_has_no_bos_unless_it_is_asked_for(model, plain):
    _, tokenizer = plain
    assert model.info.bos is None
    asked = Library(replace(load(None), engine=model.info.engine, bos=True), Deaf()).causal_lm(NAME)
    assert asked.info.bos == "<|im_start|>"
    assert asked.chat([Message("user", "Hi")]) == model.chat([Message("user", "Hi")]).removeprefix("<|im_start|>")
    assert model.encode("He likes movies.").ids == tuple(tokenizer("He likes movies.")["input_ids"])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_sweep_of_eighty_answers_fits_a_screen():
    out, line = Terminal(), f"--model {NAME} --sweep 0:1.5:0.5 -n 20 --expect Paris --seed 1".split()
    argv = ["generate", "What is the capital of France?", *line]
    environ = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm"}
    assert main(World(argv=argv, environ=environ, stdout=out, stderr=io.StringIO())) == 0
    lines = out.getvalue().splitlines()
    assert len(lines) < 24  # a prompt stands below them
    assert any("right answers: 100% at T = 0" in one for one in lines)
    assert max(map(len, lines)) <= 80
