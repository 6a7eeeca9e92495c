"""A terminal of 256 colours."""

import pytest
from rich.style import Style


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "")
    for kept in (Style.parse, Style._add):  # a style keeps the codes of the first terminal that it was shown on
        kept.cache_clear()
