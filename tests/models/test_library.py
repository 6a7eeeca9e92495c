"""The models of a run: each is found once and opened once, on the engine that the settings and its files ask for."""

import numpy as np
import pytest
from msgspec.structs import replace
from safetensors.numpy import load_file

from llmlab.backends import ct2, llamacpp
from llmlab.backends.torch import causal, encoder
from llmlab.errors import MisuseError, UnsupportedError
from llmlab.models import library as module
from llmlab.models import prepare
from llmlab.models.library import Library


@pytest.fixture
def calls(monkeypatch):
    """Every search for a model's files and every start of an engine, by name, in their order."""
    found = []

    def counted(owner, name):
        real = getattr(owner, name)

        def call(*arguments, **options):
            found.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    for owner, name in (
        (module, "locate"),
        (causal, "HuggingFaceLM"),
        (llamacpp, "LlamaCpp"),
        (ct2, "CTranslate2Encoder"),
        (encoder, "SentenceTransformerEncoder"),
        (prepare, "embedding_table"),
    ):
        counted(owner, name)
    return found


def opened_twice(config, ear, ask, path):
    """What a new run gives for a model, asked for twice in two orders: by the settings and by its name."""
    library = Library(replace(config, model=str(path), encoder=str(path)), ear)
    return library, getattr(library, ask)(), getattr(library, ask)(str(path))


@pytest.mark.parametrize(
    ("ask", "model", "engine"),
    [
        ("causal_lm", "lm_folder", "HuggingFaceLM"),
        ("causal_lm", "gguf_file", "LlamaCpp"),
        ("encoder", "encoder_folder", "CTranslate2Encoder"),
    ],
)
def test_a_model_that_is_asked_for_twice_is_found_once_and_opened_once(request, config, ear, calls, ask, model, engine):
    path = request.getfixturevalue(model)
    getattr(Library(config, ear), ask)(str(path))  # what is converted once is not counted
    calls.clear()
    library, one, other = opened_twice(config, ear, ask, path)
    assert one is other
    library.source(str(path))
    library.kind(str(path))
    assert calls == ["locate", engine]


def test_a_table_is_read_once_and_its_model_opened_once(config, ear, calls, lm_folder):
    library = Library(config, ear)
    one, other = library.table(str(lm_folder)), library.table(str(lm_folder))
    assert one is other
    assert np.array_equal(one, load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"])
    library.causal_lm(str(lm_folder))
    assert calls == ["locate", "embedding_table", "HuggingFaceLM"]


def test_another_run_opens_its_own(config, ear, calls, lm_folder):
    models = [Library(config, ear).causal_lm(str(lm_folder)) for _ in range(2)]
    assert models[0] is not models[1]
    assert calls == ["locate", "HuggingFaceLM"] * 2


@pytest.mark.parametrize(
    ("model", "kind"), [("lm_folder", "causal"), ("gguf_file", "causal"), ("encoder_folder", "encoder")]
)
def test_the_kind_of_a_model_of_the_users_own_is_told_by_its_files(request, library, model, kind):
    assert library.kind(str(request.getfixturevalue(model))) == kind


def test_the_kind_of_a_model_of_the_catalogue_is_its_entrys(library, config):
    for name in ("gemma-3-270m", "all-minilm-l6-v2"):
        assert library.kind(name) == config.models[name].kind


@pytest.mark.parametrize(
    ("engine", "model", "runs"),
    [
        ("auto", "lm_folder", "torch"),
        ("auto", "gguf_file", "llama.cpp"),
        ("torch", "gguf_file", "torch"),
        ("llama.cpp", "gguf_file", "llama.cpp"),
    ],
)
def test_a_language_model_runs_on_the_engine_asked_for_or_the_one_for_its_files(
    request, config, ear, engine, model, runs
):
    path = str(request.getfixturevalue(model))
    library = Library(replace(config, engine=engine), ear)
    assert library.runs_on(library.source(path)) == runs
    assert library.causal_lm(path).info.engine == runs


@pytest.mark.parametrize(
    ("engine", "model", "error", "message"),
    [
        ("ctranslate2", "lm_folder", UnsupportedError, "cannot score or generate text"),
        ("llama.cpp", "lm_folder", MisuseError, "is not a GGUF file"),
        ("auto", "encoder_folder", MisuseError, "is a sentence encoder; this needs a causal language model"),
    ],
)
def test_what_cannot_be_opened_as_a_language_model_is_refused(request, config, ear, engine, model, error, message):
    library = Library(replace(config, engine=engine), ear)
    with pytest.raises(error, match=message):
        library.causal_lm(str(request.getfixturevalue(model)))


def test_a_language_model_is_no_encoder(library, lm_folder):
    with pytest.raises(MisuseError, match="is a causal language model; this needs a sentence encoder"):
        library.encoder(str(lm_folder))
