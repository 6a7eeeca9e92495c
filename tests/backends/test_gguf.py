"""What a GGUF file says of itself, beside what the reader of the package gguf says."""

import struct
import tracemalloc

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


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def pair(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def tensor(dimensions, kind=0, name="token_embd.weight"):
    sizes = struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
    return text(name) + sizes + struct.pack("<IQ", kind, 0)


UINT, STRING, ARRAY, F32, IQ2_XXS, I32 = 4, 8, 9, 0, 16, 26  # gguf.md
ARCHITECTURE = pair("general.architecture", STRING, text("llama"))
TYPED = [ARCHITECTURE, pair("general.file_type", UINT, struct.pack("<I", 0))]


@pytest.mark.parametrize(
    ("pairs", "tensors", "more"),
    [
        pytest.param([ARCHITECTURE, pair("general.alignment", UINT, struct.pack("<I", 0))], [], {}, id="no alignment"),
        pytest.param(
            [ARCHITECTURE, pair("general.alignment", ARRAY, struct.pack("<IQI", UINT, 1, 7))], [], {}, id="alignments"
        ),
        pytest.param(
            [ARCHITECTURE, pair("general.alignment", ARRAY, struct.pack("<IQQ", STRING, 1, 0))], [], {}, id="texts"
        ),
        pytest.param([ARCHITECTURE, pair("a", ARRAY, struct.pack("<IQ", ARRAY, 1) * 5000)], [], {}, id="nested"),
        pytest.param([pair("general.alignment", UINT, struct.pack("<I", 32))], [], {}, id="no architecture"),
        pytest.param([pair("general.architecture", UINT, struct.pack("<I", 3))], [], {}, id="architecture 3"),
        pytest.param([ARCHITECTURE, pair("general.file_type", STRING, text("x"))], [], {}, id="file type a text"),
        pytest.param([ARCHITECTURE] * 2, [], {}, id="a key twice"),
        pytest.param(TYPED, [tensor(())], {}, id="rank 0"),
        pytest.param(TYPED, [tensor((4,))], {}, id="rank 1"),
        pytest.param(TYPED, [tensor((4, 0))], {}, id="no rows"),
        pytest.param(TYPED, [tensor((4, 4), 9999)], {}, id="unknown type"),
        pytest.param(TYPED, [tensor((4, 4), IQ2_XXS)], {}, id="part of a block"),
        pytest.param(TYPED, [tensor((4, 4))] * 2, {}, id="a tensor twice"),
        pytest.param(TYPED, [tensor((2**64 - 1,) * 80_000)], {}, id="dimensions"),
        pytest.param([ARCHITECTURE, text("k") + struct.pack("<IQ", STRING, 2**60)], [], {}, id="a long text"),
        pytest.param([ARCHITECTURE, pair("k", ARRAY, struct.pack("<IQ", STRING, 2**60))], [], {}, id="texts beyond"),
        pytest.param([ARCHITECTURE, pair("k", ARRAY, struct.pack("<IQ", UINT, 2**60))], [], {}, id="numbers beyond"),
        pytest.param([ARCHITECTURE, pair("k", ARRAY, struct.pack("<IQ", ARRAY, 2**60))], [], {}, id="lists beyond"),
        pytest.param([ARCHITECTURE], [], {"pairs_stated": 2**60}, id="pairs beyond"),
        pytest.param([ARCHITECTURE], [], {"tensors_stated": 2**60}, id="tensors beyond"),
        pytest.param([ARCHITECTURE], [], {"pairs_stated": 2**24}, id="empty pairs"),
        pytest.param([ARCHITECTURE], [], {"tensors_stated": 2**24}, id="empty tensors"),
    ],
)
@pytest.mark.parametrize("reader", [ours.metadata, ours.header, ours.embedding_table])
def test_a_hostile_file_is_damaged_and_little_is_read_of_it(tmp_path, reader, pairs, tensors, more):
    stated = more.get("tensors_stated", len(tensors)), more.get("pairs_stated", len(pairs))
    path = tmp_path / "it.gguf"
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, *stated) + b"".join([*pairs, *tensors]))
        file.truncate(2**30)  # zeros, which take no room
    tracemalloc.start()
    try:
        with pytest.raises(DamagedError):
            reader(path)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_a_header_that_is_cut_off_is_said_in_words(gguf_file, tmp_path):
    path = tmp_path / "it.gguf"
    for size in (4, 9, 20, 24, 30):
        path.write_bytes(gguf_file.read_bytes()[:size])
        with pytest.raises(DamagedError, match="is no whole GGUF file: it ends before what it states does"):
            ours.metadata(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it does not begin with GGUF"),
        ([pair("k", 99, b"")], "it states a value of type 99, which GGUF does not have"),
        ([pair("k", ARRAY, struct.pack("<IQ", 13, 9))], "it states a value of type 13, which GGUF does not have"),
        ([pair("k", ARRAY, struct.pack("<IQ", STRING, 2) + struct.pack("<Q", 2**40))], "it ends before"),
        ([pair("k", ARRAY, struct.pack("<IQ", STRING, 2) + struct.pack("<Q", 2**64 - 1))], "it ends before"),
    ],
)
def test_what_is_wrong_with_a_header_is_said_in_our_words(tmp_path, content, said):
    path = tmp_path / "it.gguf"
    path.write_bytes(headed(content, []) + bytes(8) if content else b"")
    with pytest.raises(DamagedError, match=f"is no whole GGUF file: {said}"):
        ours.metadata(path)


def test_a_tensor_of_a_type_that_nobody_knows_is_named(tmp_path):
    path = tmp_path / "it.gguf"
    path.write_bytes(headed(TYPED, [tensor((4, 4), 9999)]))
    with pytest.raises(DamagedError, match=r"token_embd\.weight is of type 9,999, which GGUF does not have"):
        ours.metadata(path)


def headed(pairs, tensors):
    return b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join([*pairs, *tensors])


def test_a_table_of_whole_numbers_is_none(tmp_path):
    path = tmp_path / "it.gguf"
    held = tensor((4, 4), I32)
    path.write_bytes(headed(TYPED, [held]) + bytes(256))
    with pytest.raises(DamagedError, match=r"token_embd\.weight as I32, which is no table"):
        ours.embedding_table(path)
