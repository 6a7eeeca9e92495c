"""A file that must be refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lab_spaces import read_all

from llmlab.errors import DamagedError


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str, bytes, str], None]:
    """(name, content, message): a file that is read is refused with that message, in one line that names the file."""

    def refused(name: str, content: bytes, message: str) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DamagedError, match=message) as caught:
            read_all(tmp_path / name)
        assert str(tmp_path) in caught.value.message
        assert "\n" not in caught.value.message

    return refused
