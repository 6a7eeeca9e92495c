"""Each opening of a folder of the cache looks at what decides how the rest is read; a thorough look at every byte."""

import json

import pytest
from kept_folders import NEW, Ear, build, flip, make

from llmlab import cache
from llmlab.cache import record


@pytest.fixture
def short_heads(monkeypatch):
    """Of a file of 1,000 bytes the first 100 are looked at whenever it is opened, as of a large one its header."""
    monkeypatch.setattr(record, "SMALL", 10)
    monkeypatch.setattr(record, "HEAD", 100)


@pytest.mark.usefixtures("short_heads")
@pytest.mark.parametrize(("place", "at_once"), [(0, True), (99, True), (100, False), (999, False)])
def test_a_changed_bit_is_seen_at_once_where_a_file_begins_and_elsewhere_by_a_thorough_look(tmp_path, place, at_once):
    folder = make(tmp_path / "model").folder
    flip(folder / "weights.bin", 8 * place + 3)
    assert (cache.find(folder, NEW) is None) == at_once
    assert cache.find(folder, NEW, thorough=True) is None
    assert cache.damage(folder) == ("weights.bin is not what was written" if at_once else "")


@pytest.mark.usefixtures("short_heads")
def test_every_byte_of_a_record_and_of_a_list_of_words_is_guarded_at_each_opening(tmp_path):
    folder = make(tmp_path / "model").folder
    for file in (folder / cache.RECORD, folder / "below" / "words.txt"):
        for bit in (8 * place + place % 8 for place in range(file.stat().st_size)):
            flip(file, bit)
            assert cache.find(folder, None) is None, (file.name, bit)
            flip(file, bit)
    assert cache.find(folder, NEW, thorough=True)


def test_a_record_of_before_is_believed_when_every_byte_is_as_it_says_and_gets_what_it_lacks(tmp_path):
    folder = make(tmp_path / "model").folder
    whole = (folder / cache.RECORD).read_bytes()
    before = {name: value for name, value in json.loads(whole).items() if name not in ("heads", "crc")}
    (folder / cache.RECORD).write_text(json.dumps(before, indent=1))
    flip(folder / "weights.bin", 7999)
    assert cache.find(folder, NEW) is None
    flip(folder / "weights.bin", 7999)
    assert cache.find(folder, NEW).facts == {"files": 2}
    assert (folder / cache.RECORD).read_bytes() == whole


def test_a_file_that_the_system_does_not_give_is_told_with_its_reason(tmp_path):
    folder = make(tmp_path / "model").folder
    (folder / "weights.bin").unlink()
    (folder / "weights.bin").symlink_to("weights.bin")
    assert cache.find(folder, NEW) is None
    assert cache.damage(folder) == "weights.bin cannot be read: Too many levels of symbolic links"
    (folder / "weights.bin").unlink()
    (folder / cache.RECORD).rename(folder / "other.json")
    assert cache.damage(folder) == "record.json is missing"


def test_what_was_damaged_is_said_before_it_is_made_anew(tmp_path):
    ear = Ear()
    flip(make(tmp_path / "model").folder / "below" / "words.txt", 3)
    cache.make(tmp_path / "model", NEW, build, ear)
    name = f"{tmp_path.name}/model"
    assert ear.heard == [f"{name} is damaged: below/words.txt is not what was written; it is made anew"]
