"""Settings whose cache is a temporary folder, and a reporter that remembers."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from llmlab.config import Config, load
from llmlab.progress import silent


class Ear:
    def __init__(self):
        self.heard: list[str] = []

    def say(self, message):
        self.heard.append(message)

    def progress(self, label):
        return nullcontext(silent)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return load(None, {"LLMLAB_CACHE": str(tmp_path / "cache")})
