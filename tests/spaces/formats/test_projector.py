"""The folder for the embedding projector, and the lines for embedding-atlas: what their readers would read."""

import json

import numpy as np
import pytest
from lab_spaces import same_bits

from llmlab.errors import LabError, MisuseError
from llmlab.spaces.formats.export import PROJECTOR, export, export_projector, write
from llmlab.spaces.reading import Reading

WORDS = ["你好", '"quoted', "a\tb", " ", "'", "word", "5"]


@pytest.fixture
def space(shelf, tmp_path):
    """A space of odd words."""
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 3)).astype(np.float32)
    write(tmp_path / "v.csv", len(WORDS), 3, [(WORDS, vectors)])
    return shelf.from_file(Reading.of(str(tmp_path / "v.csv")), "odd")


def projected(folder):
    """Words and vectors as the projector's parseMetadata and parseTensors read them.

    Lines end in \\n, blank ones are passed over, cells are between tabs, nothing is quoted; a first line with a tab is
    of names.
    """
    vectors, metadata = ((folder / name).read_bytes().decode().split("\n") for name in PROJECTOR)
    names, *rows = [line.split("\t") for line in metadata if line.strip()]
    numbers = [[float(cell) for cell in line.strip().split("\t")] for line in vectors if line.strip()]
    return names, rows, np.array(numbers).astype(np.float32)


def test_the_projector_reads_the_words_in_their_order_beside_their_vectors(space, tmp_path):
    assert export_projector(space, tmp_path / "out") == len(WORDS)
    names, rows, vectors = projected(tmp_path / "out")
    assert names == ["word", "place"]
    assert [row[0] for row in rows] == [word.replace("\t", "→") for word in space.words]
    assert [row[1] for row in rows] == [str(place) for place in range(1, len(WORDS) + 1)]
    assert same_bits(vectors, np.concatenate([block for _, block in space.blocks()]))
    assert {file.name for file in (tmp_path / "out").iterdir()} == set(PROJECTOR)


def test_a_line_of_json_holds_a_word_and_its_vector(space, tmp_path):
    export(space, tmp_path / "odd.jsonl")
    found = [json.loads(line) for line in (tmp_path / "odd.jsonl").read_text("utf-8").splitlines()]
    assert [one["word"] for one in found] == list(space.words)
    vectors = np.array([one["vector"] for one in found]).astype(np.float32)
    assert same_bits(vectors, np.concatenate([block for _, block in space.blocks()]))


def test_what_is_there_is_replaced_by_force_alone(space, tmp_path):
    export_projector(space, tmp_path / "out")
    (tmp_path / "out" / "metadata.tsv").write_text("mine")
    with pytest.raises(MisuseError, match="is there already"):
        export_projector(space, tmp_path / "out")
    assert (tmp_path / "out" / "metadata.tsv").read_text() == "mine"
    export_projector(space, tmp_path / "out", force=True)
    assert projected(tmp_path / "out")[0] == ["word", "place"]


def test_a_file_in_the_folders_place_and_a_folder_nowhere_are_refused(space, tmp_path):
    with pytest.raises(MisuseError, match="is no folder"):
        export_projector(space, tmp_path / "v.csv")
    with pytest.raises(LabError, match="cannot write"):
        export_projector(space, tmp_path / "no" / "out")


def test_a_space_of_one_dimension_is_none_to_the_projector(shelf, tmp_path):
    (tmp_path / "one.csv").write_text("word,d\na,1\nb,2\n")
    with pytest.raises(MisuseError, match="one dimension"):
        export_projector(shelf.open(str(tmp_path / "one.csv")), tmp_path / "out")
    assert not (tmp_path / "out").exists()
