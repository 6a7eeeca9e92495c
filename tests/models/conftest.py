"""The hub's client in this process, with a cache of its own and another hub."""

from pathlib import Path

import pytest
from hub_server import Hub
from huggingface_hub import constants

from llmlab.models import fetch


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache, empty; nobody is logged in."""
    folder = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)  # read when the client is imported
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(fetch, "PAUSE_S", 0.0)
    return folder


@pytest.fixture
def use(hub_cache: Path, monkeypatch: pytest.MonkeyPatch):
    """Let the client ask this hub."""

    def use(hub: Hub) -> Hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        return hub

    return use
