"""A terminal of 256 colours."""

import pytest
from rich.style import Style


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "")
    Style.parse.cache_clear()  # a style of rich keeps the codes of the first terminal that it was shown on
