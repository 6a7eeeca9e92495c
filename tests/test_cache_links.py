"""A link in the place of a folder of the cache is not followed: what it leads to stays as it is."""

import pytest
from test_cache import NEW, OLD, WHOLE, Ear, beside, content, make

from llmlab import cache


@pytest.fixture
def outside(tmp_path):
    """A folder of somebody's beside the cache."""
    folder = tmp_path / "outside"
    make(folder, OLD)
    (folder / "letter.txt").write_bytes(b"dear")
    return folder


@pytest.fixture
def planted(tmp_path, outside):
    """A place of the cache where a link to it stands."""
    place = tmp_path / "cache" / "made"
    place.parent.mkdir()
    place.symlink_to(outside)
    return place


def all_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_link_in_the_place_of_a_folder_is_none_and_is_replaced(planted, outside):
    before = all_of(outside)
    assert cache.find(planted, OLD) is None
    assert content(make(planted, OLD).folder) == WHOLE
    assert not planted.is_symlink()
    assert all_of(outside) == before
    assert beside(planted) == [".made.lock", "made"]


@pytest.mark.parametrize("to", ["outside", "nowhere"])
def test_of_a_link_nothing_but_itself_is_removed(planted, outside, to):
    before = all_of(outside)
    planted.unlink()
    planted.symlink_to(outside.with_name(to))
    assert cache.remove(planted, Ear()) > 0
    assert all_of(outside) == before
    assert beside(planted) == [".made.lock"]


def test_nothing_is_built_or_swept_through_a_link(planted, outside):
    before = all_of(outside)
    (outside / cache.BEGUN).write_bytes(b'{"from":"new"}')
    planted.rename(cache.begun_folder(planted))
    planted.with_name(".made.tmp-1").symlink_to(outside)
    assert content(make(planted, NEW, resume=True).folder) == WHOLE
    assert all_of(outside) == before | {cache.BEGUN: b'{"from":"new"}'}
    assert beside(planted) == [".made.lock", "made"]


def test_the_size_of_a_folder_is_of_its_own_files(planted, outside, tmp_path):
    made = make(tmp_path / "cache" / "own").folder
    before = cache.size(made)
    (made / "more").symlink_to(outside / "letter.txt")
    (made / "all").symlink_to(outside)
    assert cache.size(made) == before
