"""Spaces over tiny models, and a small file of vectors."""

from pathlib import Path

import pytest
from lab_spaces import NAMES, NUMBERS
from msgspec.structs import replace

from llmlab.config import Config, ModelEntry
from llmlab.models.library import Library
from llmlab.spaces.shelf import Shelf


@pytest.fixture
def tiny(config: Config, ear, encoder_folder: Path, lm_folder: Path) -> Shelf:
    """The spaces of a run whose settings know the tiny encoder, bert, and the tiny language model, llama."""
    models = {
        "bert": ModelEntry("encoder", "tiny", "folder", "MIT", path=str(encoder_folder), revision="1"),
        "llama": ModelEntry("causal", "tiny", "folder", "MIT", path=str(lm_folder), revision="1"),
    }
    return Shelf(Library(replace(config, models=config.models | models), ear))


@pytest.fixture
def vec(tmp_path: Path) -> Path:
    """A file of word2vec text."""
    rows = [" ".join([word, *map(str, row)]) for word, row in zip(NAMES, NUMBERS.astype(float).tolist(), strict=True)]
    path = tmp_path / "v.vec"
    path.write_text("\n".join(["5 3", *rows, ""]), encoding="utf-8")
    return path
