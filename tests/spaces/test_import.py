"""Spaces of the user's own, imported from a file and exported to one: what goes in comes out."""

import msgspec
import numpy as np
import pytest
from lab_spaces import NAMES, NUMBERS, builds, content, later, left, take

from llmlab.errors import DamagedError, MisuseError
from llmlab.spaces import build, space
from llmlab.spaces.formats import export, rows


def test_word2vec_text_is_imported_as_it_is(shelf, vec):
    made = take(shelf, "mine", vec)
    words, vectors = content(made)
    assert words == NAMES
    np.testing.assert_array_equal(vectors, NUMBERS)
    facts = {"name": "mine", "format": "word2vec text", "model": "v.vec", "words": 5, "dimension": 3, "case": "keep"}
    assert facts.items() <= msgspec.to_builtins(made.facts).items()
    assert shelf.encoder_of(made) is None


def test_a_table_is_imported_with_the_names_of_its_columns(shelf, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("name,age,sex\nann,30,f\nbob,40,m\neve,56,f\n", encoding="utf-8")
    made = take(shelf, "plain", path)
    assert content(made)[0] == ["ann", "bob", "eve"]
    np.testing.assert_array_equal(content(made)[1], [[30, 1, 0], [40, 0, 1], [56, 1, 0]])
    assert made.facts.dimensions == ("age", "sex=f", "sex=m")
    assert made.facts.notes == ("text columns are one-hot encoded: sex (f, m)",)
    age = np.array([30, 40, 56.0])
    standard = content(take(shelf, "standard", path, standardize=True))[1]
    np.testing.assert_allclose(standard[:, 0], (age - age.mean()) / age.std(), rtol=1e-6)
    np.testing.assert_array_equal(standard[:, 1:], [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize("scale", [1e-25, 1, 1e20])
def test_cosines_do_not_depend_on_the_scale_of_a_file(shelf, tmp_path, scale):
    rows = np.array([[1, 2], [2, 1], [-1, 3]], float) * scale
    np.save(tmp_path / "v.npy", rows)
    (tmp_path / "v.txt").write_text("a\nb\nc\n", encoding="utf-8")
    space = take(shelf, "mine", tmp_path / "v.npy")
    scores, found = space.search(np.array([[1, 2]], np.float32), 3, "cosine")
    cosines = (rows / scale) @ [1, 2] / np.linalg.norm(rows / scale, axis=1) / np.sqrt(5)
    assert found[0].tolist() == np.argsort(-cosines).tolist()
    np.testing.assert_allclose(scores[0], np.sort(cosines)[::-1], atol=1e-6)


def test_the_same_file_under_the_same_name_is_imported_once(shelf, ear, vec):
    take(shelf, "mine", vec)
    take(later(shelf), "mine", vec)
    assert builds(ear, "mine") == 1


@pytest.mark.parametrize("case", [None, "keep", "lower"])
def test_how_words_are_looked_up_can_be_said(shelf, vec, case):
    made = take(shelf, "mine", vec, case=case, language="de")
    assert made.facts.case == (case or "keep")  # Köln has a capital
    assert made.facts.languages == ("de",)


@pytest.mark.parametrize("name", ["minilm", "", "a/b", "..", ".hidden", "a b", "-x", "../spaces/x", "/tmp/x"])
def test_a_name_that_is_taken_or_is_none_is_refused(tiny, vec, name):
    with pytest.raises(MisuseError, match="a space of yours cannot be called"):
        take(tiny, name, vec)
    with pytest.raises(MisuseError, match="a space of yours cannot be called"):
        build.build(tiny, name, "bert", "wordfreq:en:5")
    assert left(tiny) == []


def test_a_space_is_not_replaced_by_another_of_its_name(shelf, vec, tmp_path):
    take(shelf, "mine", vec)
    other = tmp_path / "other.csv"
    other.write_text("w,x\na,1\n", encoding="utf-8")
    with pytest.raises(MisuseError, match="mine"):
        take(shelf, "mine", other)
    assert content(later(shelf).open("mine"))[0] == NAMES


@pytest.mark.parametrize("block", [2**23, 12])
@pytest.mark.parametrize("line", ["dog 1 2", "dog 1 2 nan", "dog 1 2 x"])
def test_an_import_of_a_wrong_file_leaves_nothing_behind(shelf, vec, monkeypatch, line, block):
    monkeypatch.setattr(rows, "BLOCK", block)
    good = vec.read_text(encoding="utf-8").splitlines()
    vec.write_text("\n".join([*good[:-1], line, ""]), encoding="utf-8")
    with pytest.raises(DamagedError, match=r"v\.vec line 6 "):
        take(shelf, "mine", vec)
    assert left(shelf) == []


@pytest.mark.parametrize("ending", [".vec", ".txt", ".bin", ".csv", ".tsv", ".npy"])
def test_an_export_is_imported_as_the_same_words_and_vectors(tiny, tmp_path, monkeypatch, ending):
    monkeypatch.setattr(space, "BLOCK", 7)  # in several blocks
    built = build.build(tiny, "mine", "bert", "wordfreq:en:25", "float32")
    path = tmp_path / f"out{ending}"
    assert export.export(built, path) == 25
    words, vectors = content(take(tiny, "again", path))
    assert words == content(built)[0]
    assert vectors.tobytes() == content(built)[1].tobytes()


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_an_exported_table_keeps_the_names_of_its_columns(shelf, tmp_path, ending):
    path = tmp_path / "people.csv"
    path.write_text("name,age,sex\nann,30,f\nbob,40,m\n", encoding="utf-8")
    first = take(shelf, "mine", path)
    export.export(first, tmp_path / f"out{ending}")
    second = take(shelf, "again", tmp_path / f"out{ending}")
    assert second.facts.dimensions == first.facts.dimensions
    np.testing.assert_array_equal(content(second)[1], content(first)[1])
