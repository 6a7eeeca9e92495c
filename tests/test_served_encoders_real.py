"""Sentence encoders behind llama.cpp's own server: its vectors are those of the engines here."""

import numpy as np
import pytest
from bert_gguf import gguf_of_bert
from embeddings_server import llama_embeddings
from msgspec.structs import replace

from llmlab.config import load
from llmlab.models import prepare
from llmlab.models.library import Library
from llmlab.progress import Reporter

pytestmark = pytest.mark.models
TEXTS = ["cat", "He likes movies.", "naïve café", "The capital of France is Paris.", "42 + 1", "unbelievably"] * 12


@pytest.fixture(scope="module")
def quiet() -> Reporter:
    from contextlib import nullcontext

    from llmlab.progress import silent

    class Quiet:
        def say(self, message: str) -> None:
            pass

        def detail(self, message: object) -> None:
            pass

        def progress(self, label: str):
            return nullcontext(silent)

    return Quiet()


@pytest.fixture(scope="module")
def here(quiet) -> Library:
    return Library(load(None), quiet)


def at(here: Library, url: str, quiet: Reporter) -> Library:
    """The models of a run that asks one server, two requests at once."""
    config = here.config
    return Library(replace(config, servers=replace(config.servers, base_url=(url,), parallel=2)), quiet)


@pytest.fixture(scope="module")
def minilm(here, quiet, tmp_path_factory):
    """The encoder that comes with llmlab, written as GGUF, behind llama-server."""
    folder = here.source("all-minilm-l6-v2").path
    file = gguf_of_bert(folder, tmp_path_factory.mktemp("gguf") / "minilm.gguf")
    with llama_embeddings(file, "--cache-type-k", "f32", "--cache-type-v", "f32") as url:
        yield at(here, url, quiet).encoder("openai:minilm")


def test_a_served_encoder_gives_the_vectors_of_the_local_one(here, minilm):
    local, served = here.encoder("all-minilm-l6-v2").encode(TEXTS), minilm.encode(TEXTS)
    assert served.shape == local.shape == (len(TEXTS), 384)
    cosines = (served * local).sum(axis=1) / np.linalg.norm(served, axis=1) / np.linalg.norm(local, axis=1)
    assert cosines.min() > 0.9999  # 0.999997 of 2,000 words


def test_a_text_alone_has_the_vector_that_it_has_in_a_batch(minilm):
    together = minilm.encode(TEXTS)
    alone = np.concatenate([minilm.encode([text]) for text in TEXTS[:6]])
    np.testing.assert_allclose(np.tile(alone, (12, 1)), together, atol=1e-3)


def test_a_language_model_behind_a_server_may_give_vectors_of_texts(here, quiet):
    file = prepare.gguf_to_run(here.shop, here.source("gemma-3-270m"), "float16")
    with llama_embeddings(file) as url:
        served = at(here, url, quiet).encoder("openai:gemma")
        texts = [f"the number {number}" for number in range(40)]
        together = served.encode(texts)
        alone = np.concatenate([served.encode([text]) for text in texts[::13]])
    assert served.info.dimension == 640
    cosines = (together[::13] * alone).sum(axis=1) / np.linalg.norm(together[::13], axis=1)
    assert (cosines / np.linalg.norm(alone, axis=1)).min() > 0.999
    assert len(np.unique(together.round(3), axis=0)) == len(texts)
