"""A space is written block by block as it would be at once; an interrupt loses nothing that was added."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_spaces import make

from llmlab import cache
from llmlab.cache import disk
from llmlab.errors import DamagedError
from llmlab.lab.vectors import neighbors
from llmlab.lab.vectors.metrics import METRICS
from llmlab.spaces import approximate
from llmlab.spaces import writer as module
from llmlab.spaces.index_file import IndexFile, open_index
from llmlab.spaces.lookup import Query, look_up
from llmlab.spaces.space import WORDS
from llmlab.spaces.writer import SpaceWriter, write


def flat(dimension, precision):
    if precision == "float32":
        return faiss.IndexFlat(dimension, faiss.METRIC_L2)
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_an_index_written_in_blocks_is_the_file_that_faiss_writes(tmp_path, precision):
    vectors = np.random.default_rng(0).normal(size=(100, 7)).astype(np.float16).astype(np.float32)
    out = IndexFile(tmp_path / "ours", 7, precision)
    for start in range(0, 100, 30):
        out.add(vectors[start : start + 30])
    out.close()
    index = flat(7, precision)
    index.add(vectors)
    faiss.write_index(index, str(tmp_path / "theirs"))
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 10**6))
def test_a_build_goes_on_from_what_was_added_and_forgets_what_was_cut_off(tmp_path_factory, kept, more, seed):
    folder, whole = tmp_path_factory.mktemp("part"), tmp_path_factory.mktemp("whole")
    vectors = np.random.default_rng(seed).normal(size=(kept + more, 3)).astype(np.float32)
    words = [f"w{i}" for i in range(len(vectors))]
    with SpaceWriter(folder, 3) as writer:
        if kept:
            writer.add(words[:kept], vectors[:kept])
    for name in (WORDS, "vectors.faiss"):  # a kill in the middle of the next block
        with (folder / name).open("ab") as file:
            file.write(b"half a block")
    with SpaceWriter(folder, 3) as writer:
        assert writer.rows == kept
        writer.add(words[kept:], vectors[kept:])
        facts = writer.finish()
    assert facts == write(whole, words, vectors)
    names = sorted(file.name for file in whole.iterdir())
    assert names == sorted(file.name for file in folder.iterdir())
    assert all((folder / name).read_bytes() == (whole / name).read_bytes() for name in names)


HARMS = {
    "cut": lambda data, at: data[:at],
    "zeros": lambda data, at: data[:at] + bytes(len(data) - at),
    "a bit": lambda data, at: data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :],
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.parametrize("name", [WORDS, "vectors.faiss", "progress.json"])
@given(at=st.floats(0, 1, exclude_max=True))
@settings(max_examples=20)  # each waits for the disk
def test_whatever_a_power_loss_leaves_the_space_is_the_one_that_was_meant(tmp_path_factory, name, harm, at):
    folder, whole = tmp_path_factory.mktemp("part"), tmp_path_factory.mktemp("whole")
    vectors = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    words = [f"W{i}" if i == 13 else f"w{i}" for i in range(40)]
    with SpaceWriter(folder, 3) as writer:
        for start in range(0, 30, 10):
            writer.add(words[start : start + 10], vectors[start : start + 10])
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(harm(data, int(at * len(data))))
    with SpaceWriter(folder, 3) as writer:
        kept = writer.rows
        assert kept in (0, 10, 20, 30)
        assert writer.damaged or kept == 30
        writer.add(words[kept:], vectors[kept:])
        facts = writer.finish()
    assert facts == write(whole, words, vectors)
    names = sorted(file.name for file in whole.iterdir())
    assert names == sorted(file.name for file in folder.iterdir())
    assert all((folder / name).read_bytes() == (whole / name).read_bytes() for name in names)


def test_a_build_goes_back_to_the_last_block_that_is_whole(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    with SpaceWriter(tmp_path, 3) as writer:
        for start in range(0, 30, 10):
            writer.add([f"w{i}" for i in range(start, start + 10)], vectors[start : start + 10])
    file = tmp_path / "vectors.faiss"
    file.write_bytes(file.read_bytes()[: -15 * 3 * 4])  # half of the second block, and the third
    with SpaceWriter(tmp_path, 3) as writer:
        assert (writer.rows, writer.damaged) == (10, True)


@pytest.mark.parametrize(
    "noted", ["", "[]", '{"rows":30,"bytes":99,"capitals":false}', '{"dimension":3,"blocks":[{}]}']
)
def test_progress_that_proves_nothing_begins_anew(tmp_path, noted):
    with SpaceWriter(tmp_path, 3) as writer:
        writer.add(["a", "b"], np.ones((2, 3), np.float32))
    disk.put_sealed(tmp_path / "progress.json", noted.encode())
    with SpaceWriter(tmp_path, 3) as writer:
        assert (writer.rows, writer.damaged) == (0, True)


@pytest.mark.parametrize("gone", [WORDS, "vectors.faiss"])
def test_progress_of_files_that_are_gone_begins_anew(tmp_path, gone):
    with SpaceWriter(tmp_path, 3) as writer:
        writer.add(["a", "b"], np.ones((2, 3), np.float32))
    (tmp_path / gone).unlink()
    with SpaceWriter(tmp_path, 3) as writer:
        assert (writer.rows, writer.damaged) == (0, True)


def test_progress_is_noted_after_what_it_says_is_on_the_disk(tmp_path, monkeypatch):
    synced, sync = [], cache.sync

    def note(path):
        synced.append((path.name, None if path.is_dir() else path.read_bytes()))
        sync(path)

    for one in (cache, disk):
        monkeypatch.setattr(one, "sync", note)
    monkeypatch.setattr(module, "NOTED_S", -1)
    with SpaceWriter(tmp_path, 3) as writer:
        writer.add(["a", "b"], np.ones((2, 3), np.float32))
        assert len(synced) == 4
    assert [name for name, _ in synced[:4]] == [WORDS, "vectors.faiss", "progress.json.tmp", tmp_path.name]
    assert synced[0][1] == b"a\nb\n"
    assert synced[1][1].endswith(np.ones((2, 3), np.float32).tobytes())
    assert synced[2][1] == (tmp_path / "progress.json").read_bytes()


def apart(groups):
    """Words in planes of their own, 11 each, at angles that are told apart easily: a Golomb ruler's marks."""
    angles = np.array([0, 1, 4, 13, 28, 33, 47, 54, 64, 70, 72]) / 72 * np.pi
    vectors = np.zeros((groups, 11, groups, 2))
    vectors[np.arange(groups), :, np.arange(groups)] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return vectors.reshape(groups * 11, groups * 2)


def test_float16_is_chosen_where_it_changes_no_neighbour_and_saves_something(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WORTH", 300)
    alike = np.ones((330, 8)) + np.random.default_rng(0).normal(size=(330, 8)) * 1e-4  # float16 cannot tell these apart
    chosen = []
    for number, vectors in enumerate((apart(30), alike, apart(10))):
        (tmp_path / str(number)).mkdir()
        facts = write(tmp_path / str(number), [f"w{i}" for i in range(len(vectors))], vectors.astype(np.float32))
        chosen.append((facts["stored"], facts["same_ten_in_float16"] == 1))
    assert chosen == [("float16", True), ("float32", False), ("float32", True)]


@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot"])
def test_a_space_of_float16_ranks_as_brute_force_over_its_rows(tmp_path, metric):
    vectors = np.random.default_rng(1).normal(size=(400, 12)).astype(np.float32)
    space = make(tmp_path, vectors, precision="float16")
    assert isinstance(open_index(tmp_path / "vectors.faiss"), faiss.IndexScalarQuantizer)
    stored = vectors.astype(np.float16).astype(np.float64)
    assert np.array_equal(space.rows(np.arange(400)), stored)
    query = stored[7]
    scores = {
        "cosine": -(stored @ query) / np.linalg.norm(stored, axis=1),
        "l2": ((stored - query) ** 2).sum(axis=1),
        "l1": np.abs(stored - query).sum(axis=1),
        "dot": -(stored @ query),
    }[metric]
    expected = [row for row in np.argsort(scores, kind="stable").tolist() if row != 7]
    found = neighbors.nearest(space, look_up(space, "w7", None), 25, metric)
    assert [one.row for one in found.neighbors] == expected[:25]


def test_numbers_too_large_for_float16_are_refused(tmp_path):
    with pytest.raises(DamagedError, match="too large for float16"):
        write(tmp_path, ["a", "b"], np.array([[1e6], [1]], np.float32), "float16")


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A space of clusters that counts as large, its approximate index in several shards; and its vectors."""
    monkeypatch.setattr(module, "LARGE", 2000)
    monkeypatch.setattr(approximate, "SHARD_BYTES", 40_000)
    monkeypatch.setattr(approximate, "ADDED", 700)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 20))[rng.integers(60, size=3000)] + 0.4 * rng.normal(size=(3000, 20))
    space = make(tmp_path, vectors)
    assert len(list((tmp_path / "approximate").iterdir())) == 7
    return space, vectors.astype(np.float32).astype(np.float64)


def test_the_recall_of_an_approximate_index_is_what_its_record_says(large):
    space, vectors = large
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    hits = 0
    for row in range(0, 3000, 10):
        scores = unit @ unit[row]
        scores[row] = -np.inf
        found = neighbors.nearest(space, Query("?", vectors[row].astype(np.float32), row), 10, "cosine")
        assert not found.exact
        hits += len(set(np.argsort(-scores)[:10]) & {one.row for one in found.neighbors})
        for one in found.neighbors:
            assert one.score == pytest.approx(scores[one.row], abs=1e-6)
    assert space.facts.recall_at_10 >= 0.95
    assert hits / 3000 == pytest.approx(space.facts.recall_at_10, abs=0.03)


@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot"])
def test_a_large_space_answers_exactly_when_asked_to(large, metric):
    space, vectors = large
    query = Query("?", vectors[5].astype(np.float32), 5)
    found = neighbors.nearest(space, query, 10, metric, exact=True)
    scores = METRICS[metric].score(vectors[5], vectors)
    order = np.argsort(scores if metric in ("l1", "l2") else -scores, kind="stable")
    assert [one.row for one in found.neighbors] == [row for row in order.tolist() if row != 5][:10]
    assert found.exact


def test_a_filter_that_leaves_too_few_of_the_proposals_is_answered_exactly(large):
    space, vectors = large
    found = neighbors.nearest(
        space, Query("?", vectors[5].astype(np.float32), 5), 10, "cosine", keep=lambda word: word.endswith("00")
    )
    scores = vectors @ vectors[5] / np.linalg.norm(vectors, axis=1)
    order = [row for row in np.argsort(-scores).tolist() if row != 5 and str(row).endswith("00")]
    assert [one.row for one in found.neighbors] == order[:10]
    assert found.exact


def test_the_screen_says_that_an_approximate_index_answered(large):
    space, vectors = large
    view = neighbors.nearest(space, Query("?", vectors[5].astype(np.float32), 5), 3, "cosine").views()[0]
    assert any("approximate index" in note and "--exact" in note for note in view.notes)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux tells what is mapped")
def test_an_opened_space_is_mapped_not_read(tmp_path):
    space = make(tmp_path, np.eye(3))
    space.vector(0)
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert all(str(tmp_path / name) in maps for name in (WORDS, "vectors.faiss"))
