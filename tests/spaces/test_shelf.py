"""Spaces by name: how those of the settings, of files and of the user's own are made, opened and removed."""

import os
import shutil
import unicodedata

import msgspec
import numpy as np
import pytest
from lab_spaces import NAMES, NUMBERS, builds, content, later, left, take
from msgspec.structs import replace
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

from llmlab import cache
from llmlab.config import SpaceEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.models.library import Library
from llmlab.spaces import build
from llmlab.spaces import shelf as module
from llmlab.spaces.shelf import Shelf
from llmlab.spaces.vocabulary import by_frequency


def given(tiny, **spaces):
    """A run whose settings know these spaces."""
    return Shelf(Library(replace(tiny.config, spaces=spaces), tiny.reporter))


SENTENCES = SpaceEntry("bert", "encoder", "wordfreq:en:100", ("en",))
TOKENS = SpaceEntry("llama", "table", "model", ("*",))


def test_a_space_of_an_encoder_holds_its_vectors_of_frequent_words(tiny, encoder_folder):
    shelf = given(tiny, sentences=SENTENCES)
    space = shelf.open("sentences")
    words = by_frequency("wordfreq:en:100")
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(words)
    assert space.words.first(100) == words
    np.testing.assert_allclose(space.rows(np.arange(100)), expected, atol=1e-5)
    facts = {"name": "sentences", "model": "bert", "words": 100, "dimension": 32}
    assert facts.items() <= msgspec.to_builtins(space.facts).items()
    assert shelf.encoder_of(space).info.name == "bert"


def test_a_space_of_a_table_holds_its_rows(tiny, lm_folder):
    shelf = given(tiny, tokens=TOKENS)
    space = shelf.open("tokens")
    table = load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"]
    found = space.rows(np.arange(len(space.words)))
    for row in found:
        assert (table == row).all(axis=1).any()
    assert len(space.words) == len(found) > 200
    assert space.words.find("the") is not None
    assert shelf.encoder_of(space) is None


def test_a_space_is_built_once_and_again_when_it_is_damaged_or_asked_for_differently(tiny, ear):
    shelf = given(tiny, sentences=SENTENCES)
    shelf.open("sentences")
    later(shelf).open("sentences")
    assert builds(ear, "sentences") == 1
    index = shelf.config.spaces_folder / "sentences" / "vectors.faiss"
    whole = index.read_bytes()
    index.write_bytes(whole[:-1])
    later(shelf).open("sentences")
    assert builds(ear, "sentences") == 2
    assert index.read_bytes() == whole
    index.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    Shelf(Library(shelf.config, ear), thorough=True).open("sentences")
    assert builds(ear, "sentences") == 3
    seven = given(tiny, sentences=replace(SENTENCES, vocabulary="wordfreq:en:7"))
    assert len(seven.open("sentences").words) == 7


def test_in_one_run_a_space_is_found_and_opened_once(tiny, monkeypatch, vec):
    found, real = [], cache.find
    monkeypatch.setattr(cache, "find", lambda *how, **more: found.append(how) or real(*how, **more))
    made = given(tiny, sentences=SENTENCES)
    made.open("sentences")
    take(made, "mine", vec)
    run = later(made)
    for name in ("sentences", "mine", str(vec)):
        run.open(name)
        found.clear()
        assert run.open(name) is run.open(name)
        assert found == []


def test_a_space_of_ones_own_is_removed(shelf, vec):
    folder = take(shelf, "mine", vec).folder
    take(shelf, "other", vec)
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert shelf.remove("mine") == size
    assert left(shelf) == ["other"]
    with pytest.raises(MisuseError, match="no space called 'mine'") as caught:
        shelf.remove("mine")
    assert caught.value.hint == "yours: other"


@pytest.mark.parametrize("to", ["mine", "nowhere"])
def test_a_link_in_the_place_of_a_space_is_not_followed_and_alone_removed(shelf, vec, to):
    whole = take(shelf, "mine", vec).folder
    (whole.parent / "link").symlink_to(whole.parent / to)
    with pytest.raises(DamagedError, match="the space link is damaged"):
        shelf.open("link")
    assert shelf.remove("link") > 0
    assert left(shelf) == ["mine"]
    assert shelf.open("mine").folder == whole


def test_the_space_of_a_file_is_removed_by_its_path_and_the_file_stays(shelf, vec):
    folder = shelf.open(str(vec)).folder
    assert shelf.remove(str(vec)) > 0
    assert not folder.exists()
    assert vec.is_file()


@pytest.mark.parametrize("name", ["nowhere", "..", ".files", "", "/"])
def test_what_is_no_space_of_ones_own_is_not_removed(shelf, vec, name):
    shelf.open(str(vec))
    with pytest.raises(MisuseError, match="you have no space called") as caught:
        shelf.remove(name)
    assert caught.value.hint == "yours: there are none yet"
    assert left(shelf) == [".files"]


def test_of_a_space_and_a_file_of_one_name_the_space_is_meant(shelf, vec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("other 1 2\n", encoding="utf-8")
    of_file = shelf.open("./mine").folder
    named = take(shelf, "mine", vec)
    assert content(later(shelf).open("mine"))[0] == NAMES
    assert shelf.remove("mine") > 0
    assert not named.folder.exists()
    assert of_file.is_dir()
    assert shelf.remove("./mine") > 0
    assert not of_file.exists()


def test_a_folder_of_the_cache_is_no_space_because_a_path_leads_there(shelf, vec):
    (shelf.config.spaces_folder / ".none").mkdir(parents=True)
    take(shelf, "mine", vec)
    for path in ("../..", "/no/such.vec", ".none", "~", "~nobody/v.vec", "../spaces/mine"):
        with pytest.raises(MisuseError, match=r"there is no file|is a folder"):
            shelf.open(path)
        with pytest.raises(MisuseError, match="you have no space called"):
            shelf.remove(path)
    assert left(shelf) == [".none", "mine"]


@pytest.mark.parametrize("text", ["a" * 300, "loop", "爱" * 100])
def test_what_names_no_file_is_misuse_whatever_it_is(shelf, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    for ask in (shelf.open, shelf.remove):
        with pytest.raises(MisuseError, match=r"no space (is )?called"):
            ask(text)


def test_a_space_is_found_however_its_name_is_composed(shelf, vec):
    names = {form: unicodedata.normalize(form, "Köln") for form in ("NFC", "NFD")}
    take(shelf, names["NFD"], vec)
    assert left(shelf) == [names["NFC"]]
    for name in names.values():
        assert content(later(shelf).open(name))[0] == NAMES
    assert shelf.remove(names["NFD"]) > 0


def test_a_name_that_differs_in_case_alone_is_taken(shelf, vec):
    take(shelf, "mine", vec)
    with pytest.raises(MisuseError, match="cannot be called 'Mine': there is mine already"):
        take(shelf, "Mine", vec)
    take(shelf, "mine", vec)


def test_a_space_of_ones_own_is_not_replaced_by_one_of_the_settings(tiny, vec):
    take(tiny, "sentences", vec)
    build.build(tiny, "tokens", "llama", "model")
    shelf = given(tiny, sentences=SENTENCES, tokens=TOKENS)
    for name in ("sentences", "tokens"):
        with pytest.raises(MisuseError, match=f"{name} is a space of the settings and one of your own"):
            shelf.open(name)
        assert shelf.remove(name) > 0
        assert shelf.open(name).facts.kind == shelf.config.spaces[name].vectors


def test_only_a_folder_that_was_begun_is_unfinished(shelf, vec):
    take(shelf, "x.begun", vec)
    (shelf.config.spaces_folder / "notes.txt").touch()
    assert shelf.own_names == ["x.begun"]


def test_a_space_of_the_settings_is_not_removed_as_ones_own(shelf):
    with pytest.raises(MisuseError, match="minilm is a space of the settings") as caught:
        shelf.remove("minilm")
    assert "llmlab models remove minilm" in caught.value.hint


def test_an_unknown_name_lists_ones_own(shelf, vec):
    take(shelf, "mine", vec)
    with pytest.raises(MisuseError, match="no space is called 'mone'") as caught:
        shelf.open("mone")
    assert "did you mean mine?" in caught.value.hint
    assert "gemma, mine" in caught.value.hint


def test_a_space_of_another_version_is_not_read(shelf, vec, monkeypatch):
    take(shelf, "mine", vec)
    monkeypatch.setattr(module, "FORMAT", "0")
    with pytest.raises(DamagedError, match="the space mine was made by another version of llmlab"):
        later(shelf).open("mine")


def test_an_encoder_whose_folder_has_changed_does_not_answer_for_a_space(shelf, tmp_path, encoder_folder):
    folder = shutil.copytree(encoder_folder, tmp_path / "encoder")
    build.build(shelf, "mine", str(folder), "wordfreq:en:5")
    [weights] = folder.rglob("*.safetensors")
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 64]))
    os.utime(weights, ns=(0, 0))
    run = later(shelf)
    with pytest.raises(DamagedError, match="mine"):
        run.encoder_of(run.open("mine"))


def test_the_space_of_a_file_is_made_once_and_again_when_the_file_changes(shelf, ear, vec):
    later(shelf).open(str(vec))
    later(shelf).open(str(vec))
    assert builds(ear, "v.vec") == 1
    stat = vec.stat()
    vec.write_text(vec.read_text(encoding="utf-8").replace("dog", "cow"), encoding="utf-8")
    os.utime(vec, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert content(later(shelf).open(str(vec)))[0] == [*NAMES[:-1], "cow"]  # another time
    vec.write_text("1 1\nlonger-word 1\n", encoding="utf-8")
    os.utime(vec, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert content(later(shelf).open(str(vec)))[0] == ["longer-word"]  # another size
    assert builds(ear, "v.vec") == 3
    assert len(left(shelf)) == len(list((shelf.config.spaces_folder / ".files").glob("[!.]*"))) == 1


def test_the_space_of_an_array_is_made_again_when_its_words_change(shelf, tmp_path):
    np.save(tmp_path / "v.npy", NUMBERS)
    (tmp_path / "v.txt").write_text("a\nb\nc\nd\ne\n", encoding="utf-8")
    later(shelf).open(str(tmp_path / "v.npy"))
    (tmp_path / "v.txt").write_text("apple\nb\nc\nd\ne\n", encoding="utf-8")
    assert content(later(shelf).open(str(tmp_path / "v.npy")))[0] == ["apple", "b", "c", "d", "e"]


def test_a_table_is_kept_both_as_it_is_and_standardised(shelf, ear, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("w,x\na,1\nb,3\n", encoding="utf-8")
    for _ in range(2):
        np.testing.assert_array_equal(content(later(shelf).open(str(path)))[1], [[1], [3]])
        np.testing.assert_array_equal(content(later(shelf).open(str(path), standardize=True))[1], [[-1], [1]])
    assert builds(ear, "t.csv") == 2


@pytest.mark.parametrize("name", ["mine", "minilm"])
def test_a_space_that_is_made_is_not_standardised(shelf, vec, name):
    take(shelf, "mine", vec)
    with pytest.raises(MisuseError, match=f"the space {name} is made already"):
        shelf.open(name, standardize=True)
