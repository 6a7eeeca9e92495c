"""Which lessons are done is kept, and nothing else; a damaged file is said, and stays until a lesson is done."""

import json

import pytest

from llmlab.config import load
from llmlab.errors import LabError, MisuseError
from llmlab.lessons.progress import Learned


@pytest.fixture
def said():
    return []


@pytest.fixture
def learned(tmp_path, said):
    return Learned(tmp_path / "state", said.append)


def test_what_is_noted_is_known_once_and_in_its_order(learned, said):
    assert learned.names() == ()
    for name in ("next", "blank", "next"):
        learned.note(name)
    assert learned.names() == ("next", "blank")
    assert [path.name for path in learned.folder.iterdir()] == ["lessons.json"]
    assert json.loads(learned.file.read_text()) == {"done": ["next", "blank"]}
    assert said == []


@pytest.mark.parametrize("damage", [b"", b'{"done": ["ne', b"[]", b'{"done": 3}', b"\xff\xfe", b'{"done": [1]}'])
def test_a_damaged_file_is_said_and_stays_until_a_lesson_is_done(learned, said, damage):
    learned.folder.mkdir()
    learned.file.write_bytes(damage)
    assert learned.names() == ()
    assert learned.file.read_bytes() == damage
    assert len(said) == 1
    assert str(learned.file) in said[0]
    assert "is damaged" in said[0]
    learned.note("next")
    assert learned.names() == ("next",)


def test_a_folder_that_cannot_be_made_is_named_with_a_way_out(tmp_path, said):
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError) as caught:
        Learned(tmp_path / "file" / "state", said.append).note("next")
    assert not isinstance(caught.value, MisuseError)
    assert "LLMLAB_STATE" in caught.value.hint


def test_what_cannot_be_read_is_said_and_is_not_replaced(learned, said, monkeypatch):
    for name in ("next", "blank"):
        learned.note(name)

    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.read_bytes", forbidden)
        assert learned.names() == ()
        assert said == [f"cannot read {learned.file}: Permission denied"]
        with pytest.raises(LabError, match="cannot read") as caught:
            learned.note("rules")
        assert "LLMLAB_STATE" in caught.value.hint
    assert learned.names() == ("next", "blank")


def test_where_it_is_kept_is_the_users_state_folder_or_the_one_that_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert load(None, {}).state_folder == tmp_path / "xdg" / "llmlab"
    assert load(None, {"LLMLAB_STATE": str(tmp_path / "own")}).state_folder == tmp_path / "own"
