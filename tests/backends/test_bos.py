"""BOS as it is asked for: before every text or none, whatever the tokenizer does by itself; by plain transformers."""

import json
import shutil

import numpy as np
import pytest
import tiny
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from llmlab.backends.base import Message, ScoreRequest, Tokens
from llmlab.backends.llamacpp import LlamaCpp
from llmlab.backends.sampling import log_softmax
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.errors import MisuseError

TEMPLATE = "{{ bos_token }}[{{ messages[0]['content'] }}]"
ENGINES = pytest.mark.parametrize("engine", ["torch", "llama.cpp"])


@pytest.fixture
def opened(request, tmp_path):
    """The tiny model on an engine; its tokenizer puts <s> first, or only names it, or (None) does not."""

    def opened(engine, adds, bos, template=""):
        source = request.getfixturevalue("lm_folder" if adds else "lm_folder_without_bos")
        folder = shutil.copytree(source, tmp_path / "it")
        if template:
            (folder / "chat_template.jinja").write_text(template)
        if adds is None:
            for name in ("tokenizer_config.json", "config.json", "generation_config.json"):
                fields = json.loads((folder / name).read_text())
                kept = {key: value for key, value in fields.items() if not key.startswith("bos_")}
                (folder / name).write_text(json.dumps(kept))
        if engine == "torch":
            return HuggingFaceLM(folder, "tiny", threads=1, bos=bos)
        path = tiny.gguf_of(source, tmp_path / "it.gguf", bos=adds, chat_template=template)
        return LlamaCpp(path, "tiny", threads=1, bos=bos)

    return opened


@ENGINES
@pytest.mark.parametrize("adds", [True, False])
@pytest.mark.parametrize("bos", [True, False])
def test_bos_stands_before_a_text_or_not_as_it_is_asked_for(
    opened, lm_folder, lm_folder_without_bos, engine, adds, bos
):
    lm = opened(engine, adds, bos)
    plain = tiny.plain_torch(lm_folder if adds else lm_folder_without_bos)
    text = lm.encode("The cat sat")
    before = (0,) * bos
    rows = plain(before + text.ids)
    expected = rows[np.arange(len(text) - 1 + bos), list(text.ids)[1 - bos :]]
    found = lm.score([ScoreRequest(text, detail=True)])[0].logprobs
    assert np.isnan(found[: 1 - bos]).all()
    np.testing.assert_allclose(found[1 - bos :], expected, atol=1e-3)
    np.testing.assert_allclose(lm.next([text])[0], rows[-1], atol=1e-3)
    np.testing.assert_allclose(log_softmax(lm.decoder(text, 1, 1).first), rows[-1], atol=1e-3)
    assert lm.info.bos == ("<s>" if bos else None)


@ENGINES
def test_with_bos_even_nothing_is_a_context_and_without_it_is_not(opened, lm_folder_without_bos, engine):
    np.testing.assert_allclose(
        opened(engine, False, True).next([Tokens((), ())])[0],
        tiny.plain_torch(lm_folder_without_bos)((0,))[-1],
        atol=1e-3,
    )


def test_hidden_states_follow_the_bos_that_is_asked_for(opened, lm_folder_without_bos):
    lm = opened("torch", False, True)
    text = lm.encode("The cat sat")
    model = AutoModelForCausalLM.from_pretrained(lm_folder_without_bos).eval()
    with torch.no_grad():
        states = model(torch.tensor([(0, *text.ids)]), output_hidden_states=True).hidden_states
    np.testing.assert_allclose(lm.hidden(text, 1), states[1][0, 1:].numpy(), atol=1e-4)


@ENGINES
def test_bos_of_a_model_that_names_none_is_misuse(opened, engine):
    with pytest.raises(MisuseError, match="tiny names no BOS that could stand before a text"):
        opened(engine, None, True)


@ENGINES
@pytest.mark.parametrize("bos", [None, False])
def test_a_model_that_names_no_bos_has_none(opened, engine, bos):
    assert opened(engine, None, bos).info.bos is None


def test_a_bos_that_only_the_configuration_names_is_one(opened, tmp_path):
    opened("torch", None, None)
    config = tmp_path / "it" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"bos_token_id": 1}))
    assert HuggingFaceLM(tmp_path / "it", "tiny", bos=True).info.bos == "</s>"
    assert HuggingFaceLM(tmp_path / "it", "tiny").info.bos is None


@ENGINES
@pytest.mark.parametrize("adds", [True, False])
@pytest.mark.parametrize("bos", [None, True, False])
def test_a_chat_template_that_begins_with_bos_gives_one_or_none_as_asked(opened, tmp_path, engine, adds, bos):
    lm = opened(engine, adds, bos, TEMPLATE)
    ids = ([0] if lm.info.bos else []) + list(lm.encode(lm.chat([Message("user", "Hi")]), allow_special=True).ids)
    messages = [{"role": "user", "content": "Hi"}]
    by_transformers = AutoTokenizer.from_pretrained(tmp_path / "it").apply_chat_template(messages)["input_ids"]
    assert by_transformers[0] == 0
    assert ids == by_transformers[bos is False :]
