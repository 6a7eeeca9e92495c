"""What may be a name: a folder's name on every system, the same one however it is typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.errors import MisuseError
from llmlab.names import LONGEST, checked, checked_moment, is_name, is_path, moment, trained


@pytest.mark.parametrize(
    "name", ["mine", "我的", "v.vec", "gemma-3-270m", "_x", "7", "हिन्दी", "Köln", "nullable", "爱" * 66]
)
def test_a_name_is_itself(name):
    assert checked("a space", name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    ["", "my space", " mine", "a/b", "a\\b", "..", ".", ".hidden", "~", "-x", "a\nb", "a\0b", "a\x1bb", "a\u202eb"]  # noqa: RUF005
    + ["a:b", "a*", "mine.", "con", "NUL", "aux.vec", "com1", "LPT9.txt", "com¹", "a" * (LONGEST + 1), "爱" * 67, "👩"],
)
def test_what_no_folder_can_be_called_everywhere_is_refused_with_the_rule(name):
    with pytest.raises(MisuseError, match="a space cannot be called") as caught:
        checked("a space", name)
    assert "letters, digits" in caught.value.hint


@given(st.text(max_size=9))
def test_a_name_makes_a_folder_beside_others_and_is_no_path(tmp_path_factory, text):
    if is_name(text):
        parent = tmp_path_factory.mktemp("parent")
        (parent / f".{text}.begun").mkdir()
        (parent / text).mkdir()
        assert {path.name for path in parent.iterdir()} == {text, f".{text}.begun"}
        assert not is_path(text)


@pytest.mark.parametrize("path", ["a/b", "./a", "../..", "~/a", ".none", "C:\\a"])
def test_a_path_is_no_name(path):
    assert is_path(path)
    assert not is_name(path)


@pytest.mark.parametrize("name", ["glove", "GLOVE", "Glove", "Straße", "STRASSE"])
def test_a_name_that_some_file_systems_take_for_another_is_taken(name):
    with pytest.raises(MisuseError, match=r"there is (Glove|strasse) already"):
        checked("a space", name, taken=["Glove", "strasse"])


def test_a_name_is_one_however_its_letters_are_composed():
    assert checked("a space", unicodedata.normalize("NFD", "Köln")) == unicodedata.normalize("NFC", "Köln")


@pytest.mark.parametrize("name", ["toy", "我的", "v.vec", "a-b"])
@pytest.mark.parametrize("read", [0, 1_000, 10**12])
def test_a_moment_of_a_training_has_a_name_that_only_a_training_gives(name, read):
    kept = moment(name, read)
    assert trained(kept) == trained(name) == name
    assert checked_moment("a space", kept) == kept
    assert checked_moment("a space", name) == name
    with pytest.raises(MisuseError, match="cannot be called"):
        checked("a space", kept)


@pytest.mark.parametrize("name", ["@3", "a/b@3", "toy@", "toy@x", "toy@1@2", "..@1", "con@1", "toy@-1", "toy@3\n"])
def test_what_is_no_moment_is_refused(name):
    with pytest.raises(MisuseError, match="a space cannot be called"):
        checked_moment("a space", name)
