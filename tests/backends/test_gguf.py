"""What a GGUF file says of itself, beside what the reader of the package gguf says."""

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize

from llmlab.backends import gguf as ours
from llmlab.errors import DamagedError
from llmlab.models import prepare


def same_as_the_packages_reader(path):
    reader = gguf.GGUFReader(path)
    said = ours.header(path)
    shapes = [(one.name, [int(n) for n in reversed(one.shape)], one.tensor_type.name) for one in reader.tensors]
    assert said["tensors"] == shapes
    assert said["facts"]["memory_mib"] == pytest.approx(sum(one.n_bytes for one in reader.tensors) / 2**20, abs=0.05)
    table = next(one for one in reader.tensors if one.name == "token_embd.weight")
    assert np.array_equal(ours.embedding_table(path), dequantize(table.data, table.tensor_type))
    for key, fact in ours.metadata(path).items():
        assert fact == pytest.approx(reader.fields[key].contents()), key


def written(path, kind, rows=40, alignment=None, **lists):
    """A file of one table and one more tensor, in a number type."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(gguf.LlamaFileType.GUESSED)
    if alignment:
        writer.add_custom_alignment(alignment)
    for key, value in lists.items():
        writer.add_array(key, value)
    values = np.random.default_rng(0).normal(size=(rows, 256)).astype(np.float32)
    for name in ("first.weight", "token_embd.weight"):
        data = gguf.quants.quantize(values, kind)
        writer.add_tensor(name, data, raw_dtype=kind)
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        write()
    writer.close()
    return path


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_1"])
def test_a_table_of_every_number_type_is_read_as_the_package_reads_it(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(ours, "ROWS", 16)  # several blocks, the last not full
    same_as_the_packages_reader(written(tmp_path / "it.gguf", gguf.GGMLQuantizationType[kind]))


def test_alignment_and_lists_are_read_as_the_package_reads_them(tmp_path):
    path = written(
        tmp_path / "it.gguf",
        gguf.GGMLQuantizationType.F16,
        alignment=64,
        heads=[4, 2, 1],
        scales=[0.5, 2.0],
        long=list(range(2000)),
        words=["a", "bc"],
    )
    same_as_the_packages_reader(path)
    assert ours.metadata(path)["heads"] == [4, 2, 1]
    assert not {"long", "words"} & set(ours.metadata(path))


def test_a_file_that_ends_before_its_weights_is_damaged(gguf_file, tmp_path):
    path = tmp_path / "cut.gguf"
    path.write_bytes(gguf_file.read_bytes()[:-100])
    with pytest.raises(DamagedError, match="ends before its weights do"):
        ours.metadata(path)


@pytest.mark.models
def test_the_default_model_is_read_as_the_package_reads_it(library):
    same_as_the_packages_reader(prepare.gguf(library.shop, library.source("gemma-3-270m")))
