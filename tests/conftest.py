"""Tiny models and the 200 texts, made once a session; settings with a cache of their own, and what reads from them."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves the path alone
import tiny

from llmlab.config import Config, load
from llmlab.language import speak
from llmlab.models.library import Library
from llmlab.progress import silent
from llmlab.spaces.shelf import Shelf

# A test fails by what it finds, not by how long it takes; and finds the same in each run, but where it is to search.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("search" if os.environ.get("SOAK") else "steady")


@pytest.fixture(scope="session")
def texts() -> list[str]:
    path = Path(__file__).parent / "data" / "texts.json"
    return list(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture
def chinese() -> None:
    """What is said is said in Chinese."""
    speak("zh")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What a test is told after one that ran in Chinese is English again."""
    yield
    speak("en")


@pytest.fixture(scope="session")
def lm_folder(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    """A transformers folder whose tokenizer puts <s> first."""
    return tiny.language_model(tmp_path_factory.mktemp("lm"), texts)


@pytest.fixture(scope="session")
def lm_folder_without_bos(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    """The same with tied embeddings and no BOS."""
    return tiny.language_model(tmp_path_factory.mktemp("lm-without-bos"), texts, bos=False, tied=True)


@pytest.fixture(scope="session")
def gguf_file(tmp_path_factory: pytest.TempPathFactory, lm_folder: Path) -> Path:
    """The weights of `lm_folder` as F32 GGUF."""
    return tiny.gguf_of(lm_folder, tmp_path_factory.mktemp("gguf") / "tiny-f32.gguf")


@pytest.fixture(scope="session")
def gguf_file_without_bos(tmp_path_factory: pytest.TempPathFactory, lm_folder_without_bos: Path) -> Path:
    """The weights of `lm_folder_without_bos` as F32 GGUF."""
    return tiny.gguf_of(lm_folder_without_bos, tmp_path_factory.mktemp("gguf") / "tiny-f32.gguf", bos=False)


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    """A sentence-transformers folder: BERT, mean pooling, normalised."""
    return tiny.sentence_encoder(tmp_path_factory.mktemp("encoder"), texts)


class Ear:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, message: str) -> None:
        self.heard.append(message)

    def detail(self, message: object) -> None:
        pass

    def progress(self, label: str):
        return nullcontext(silent)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Settings whose cache is a temporary folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return load(None, {"LLMLAB_CACHE": str(tmp_path / "cache")})


@pytest.fixture
def library(config: Config, ear: Ear) -> Library:
    """The models of one run."""
    return Library(config, ear)


@pytest.fixture
def shelf(library: Library) -> Shelf:
    """The spaces of one run."""
    return Shelf(library)
