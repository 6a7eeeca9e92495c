"""models list, show, prepare, remove: what is typed, and what comes of it."""

import json

import pytest

from llmlab.models import inventory


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


def test_the_catalogue_is_listed(tells):
    tells("models list", b"", ["gemma-3-270m", "MiB", "Gemma Terms of Use"])


def test_a_sheet_names_the_parts_of_a_model(lab, lm_folder):
    done = lab(f"models show {lm_folder} -f json")
    assert done.code == 0, done.err
    tensors = {one["tensor"]: one["shape"] for one in json.loads(done.out)["tensors"]}
    assert tensors["model.embed_tokens.weight"][1] == 64


def test_a_model_is_prepared_once_and_what_was_made_is_removed(lab, encoder_folder):
    first, again = (lab(f"models prepare {encoder_folder}") for _ in range(2))
    assert (first.code, first.out, again.code, again.out) == (0, "", 0, "")
    assert "converting" in first.err
    assert again.err == f"llmlab: {encoder_folder} is ready\n"
    removed = lab(f"models remove {encoder_folder}")
    assert removed.code == 0, removed.err
    assert removed.err.startswith("llmlab: removed ")
    assert encoder_folder.is_dir()
    assert lab(f"models remove {encoder_folder}").code == 2


def test_of_all_models_those_that_the_engine_cannot_run_are_left_out_and_one_that_is_named_is_an_error(
    lab, environ, encoder_folder, lm_folder, monkeypatch
):
    environ["LLMLAB_ENGINE"] = "ctranslate2"
    monkeypatch.setattr(inventory, "preparable", lambda config: [str(lm_folder), str(encoder_folder)])
    done = lab("models prepare")
    assert done.code == 0, done.err
    left_out, *_, ready = done.err.splitlines()
    assert left_out.startswith(f"llmlab: {lm_folder} is left out: the engine ctranslate2 cannot ")
    assert ready == f"llmlab: {encoder_folder} is ready"
    named = lab(f"models prepare {lm_folder} {encoder_folder}")
    assert (named.code, named.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("models", "models needs one of its verbs: list, show, prepare, remove, probe; see `llmlab models --help`"),
        ("models show nonsense", "no model is called 'nonsense'"),
        ("models prepare nonsense", "no model is called 'nonsense'"),
        ("models remove glove-6b-50d", "nothing of glove-6b-50d is in the cache"),
        ("models remove nonsense", "no model is called 'nonsense'"),
    ],
)
def test_misuse_is_one_line_on_stderr(refuses, line, expected):
    refuses(line, b"", expected)
