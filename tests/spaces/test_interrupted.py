"""A build or an import that is interrupted: what was made is kept, and goes on only as what it was."""

import shlex

import numpy as np
import pytest
from lab_spaces import NAMES, NUMBERS, content, later, left, take, word_file
from msgspec.structs import replace
from wordfreq import top_n_list

from llmlab.errors import LabError, MissingError
from llmlab.models.library import Library
from llmlab.spaces import build, check
from llmlab.spaces import content as blocks
from llmlab.spaces.formats import rows
from llmlab.spaces.listing import listing
from llmlab.spaces.writer import SpaceWriter


class Encoder:
    """An encoder that remembers what it encoded, and is interrupted after so many calls."""

    def __init__(self, inner, calls):
        self.inner, self.info, self.calls, self.encoded = inner, inner.info, calls, []
        self.token_ids = inner.token_ids

    def encode(self, texts, *more):
        if len(self.encoded) == self.calls:
            raise KeyboardInterrupt
        self.encoded.append(list(texts))
        return self.inner.encode(texts, *more)


@pytest.fixture
def encoders(monkeypatch):
    """Every encoder that a build opens: the first is interrupted after one block of four words."""
    opened, real = [], Library.encoder

    def encoder(*how):
        opened.append(Encoder(real(*how), 1 if not opened else 99))
        return opened[-1]

    monkeypatch.setattr(blocks, "ENCODED", 4)
    monkeypatch.setattr(Library, "encoder", encoder)
    return opened


def test_an_interrupted_build_goes_on_where_it_was(tiny, ear, encoders):
    words = top_n_list("en", 10)
    with pytest.raises(KeyboardInterrupt):
        build.build(tiny, "mine", "bert", "wordfreq:en:10")
    assert encoders[0].encoded == [words[:4]]
    assert "mine" not in left(tiny)
    assert [one.state for one in listing(tiny, {}).entries if one.name == "mine"] == ["unfinished"]
    built = build.build(later(tiny), "mine", "bert", "wordfreq:en:10")
    assert encoders[1].encoded == [words[4:8], words[8:]]
    assert "4 words were there from the last time" in ear.heard
    whole = build.build(tiny, "whole", "bert", "wordfreq:en:10")
    assert encoders[2].encoded == [words[:4], words[4:8], words[8:]]
    assert content(built)[0] == content(whole)[0] == words
    np.testing.assert_allclose(content(built)[1], content(whole)[1], atol=1e-6)
    assert built.facts == replace(whole.facts, name="mine")
    assert left(tiny) == ["mine", "whole"]
    check.check(tiny, "mine")


def test_a_file_that_is_called_as_a_list_of_words_is_not_taken_for_it(tiny, tmp_path, encoders, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wordfreq:en:10").write_text("cat\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        build.build(tiny, "mine", "bert", "wordfreq:en:10")
    built = build.build(later(tiny), "mine", "bert", "wordfreq:en:10")
    assert content(built)[0] == top_n_list("en", 10)
    assert built.facts.languages == ("en",)


def test_the_command_that_goes_on_with_a_build_is_typed_in_any_folder(tiny, ear, tmp_path, encoders, monkeypatch):
    words = ["cat", "dog", "love", "the", "and", "to"]
    monkeypatch.chdir(tmp_path)
    file = word_file(tmp_path, *words)
    with pytest.raises(KeyboardInterrupt):
        build.build(tiny, "mine", "bert", file.name)
    with pytest.raises(LabError, match="is not finished") as asked:
        later(tiny).open("mine")
    command = shlex.split(asked.value.hint.split(" goes on")[0])
    assert command == ["llmlab", "space", "build", "mine", "--model", "bert", "--vocab", str(file.resolve())]
    monkeypatch.chdir(tmp_path.parent)
    built = build.build(later(tiny), "mine", "bert", command[-1])
    assert content(built)[0] == words
    assert "4 words were there from the last time" in ear.heard


def test_an_interrupted_build_does_not_go_on_with_other_words(tiny, tmp_path, encoders):
    words = ["cat", "dog", "love", "the", "and", "to"]
    spec = str(word_file(tmp_path, *words))
    with pytest.raises(KeyboardInterrupt):
        build.build(tiny, "mine", "bert", spec)
    word_file(tmp_path, *reversed(words))
    built = build.build(later(tiny), "mine", "bert", spec)
    assert content(built)[0] == words[::-1]


@pytest.mark.parametrize("then", [1, 2, 3, 5])
def test_an_interrupted_import_goes_on_where_it_was(shelf, ear, vec, monkeypatch, then):
    add, added = SpaceWriter.add, []

    def interrupted(writer, words, vectors):
        if len(added) == 2:
            raise KeyboardInterrupt
        added.append(words)
        add(writer, words, vectors)

    monkeypatch.setattr(rows, "BLOCK", 12)  # one row of three float32
    monkeypatch.setattr(SpaceWriter, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        take(shelf, "mine", vec)
    assert added == [["cat"], ["Köln"]]
    monkeypatch.setattr(SpaceWriter, "add", add)
    monkeypatch.setattr(rows, "BLOCK", 12 * then)
    words, vectors = content(take(later(shelf), "mine", vec))
    assert "2 words were there from the last time" in ear.heard
    assert words == NAMES
    np.testing.assert_array_equal(vectors, NUMBERS)
    assert left(shelf) == ["mine"]


@pytest.mark.parametrize(
    ("name", "rest", "told"),
    [
        ("vectors.faiss", 12 + 6, "1 words were there from the last time; what followed them was damaged and is made"),
        ("progress.json", 20, "what was there from the last time was damaged; it is made anew"),
    ],
)
def test_an_import_that_lost_its_power_is_whole_when_it_is_done(shelf, ear, vec, monkeypatch, name, rest, told):
    add, added = SpaceWriter.add, []

    def interrupted(writer, words, vectors):
        if len(added) == 3:
            raise KeyboardInterrupt
        added.append(words)
        add(writer, words, vectors)

    monkeypatch.setattr(rows, "BLOCK", 12)  # one row of three float32
    monkeypatch.setattr(SpaceWriter, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        take(shelf, "mine", vec)
    [file] = shelf.config.spaces_folder.glob(f".mine.begun/{name}")
    data = file.read_bytes()
    file.write_bytes(data[:-rest])  # one row is left, and half of the next; or half a note
    monkeypatch.setattr(SpaceWriter, "add", add)
    words, vectors = content(take(later(shelf), "mine", vec))
    assert words == NAMES
    np.testing.assert_array_equal(vectors, NUMBERS)
    assert any(told in line for line in ear.heard)
    check.check(shelf, "mine")


def test_an_unfinished_build_can_be_removed(tiny, encoders):
    with pytest.raises(KeyboardInterrupt):
        build.build(tiny, "mine", "bert", "wordfreq:en:10")
    assert tiny.remove("mine") > 0
    assert all(one.name != "mine" for one in listing(tiny, {}).entries)


def test_a_model_that_cannot_be_opened_takes_nothing_from_what_was_built(tiny, ear, encoders, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        build.build(tiny, "mine", "bert", "wordfreq:en:10")
    with monkeypatch.context() as patch:
        patch.setattr(Library, "encoder", raising(MissingError("the engine is not installed")))
        with pytest.raises(MissingError):
            build.build(later(tiny), "mine", "bert", "wordfreq:en:10")
    build.build(later(tiny), "mine", "bert", "wordfreq:en:10")
    assert "4 words were there from the last time" in ear.heard


def raising(error):
    """A function that raises."""

    def function(*_):
        raise error

    return function
