"""What a GGUF file says of itself, read without loading the model."""

import mmap
import struct
from dataclasses import dataclass, replace
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from llmlab import memory
from llmlab.arrays import Floats
from llmlab.backends import shards
from llmlab.errors import DamagedError, reason
from llmlab.language import later, tr

NUMBERS = ("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?", "", "", "<Q", "<q", "<d")  # gguf.md: by type
STRING, ARRAY = 8, 9
MAGIC = b"GGUF"
SHORT = 512  # numbers of a list that is kept: one a layer
ROWS = 16_384  # of a table, dequantised at a time
TABLE = "token_embd.weight"
DIMENSIONS = 4  # ggml.h: GGML_MAX_DIMS
NESTED = 4  # lists in lists
LEAST_PAIR, LEAST_TENSOR, LEAST_LIST = 13, 24, 12  # bytes
KINDS = {
    "general.architecture": (str, later("its {key} is no text")),
    "general.file_type": (int, later("its {key} is no number")),
    "general.alignment": (int, later("its {key} is no number")),
}


def file_type(number: int) -> str:
    """llama.cpp's name of a file's quantisation, e.g. 15 -> Q4_K_M."""
    from gguf.constants import LlamaFileType

    try:
        return str(LlamaFileType(number).name).removeprefix("MOSTLY_").removeprefix("ALL_")
    except ValueError:
        return f"type {number}"


@dataclass(frozen=True)
class Weight:
    """A tensor as it lies in a file."""

    name: str
    shape: tuple[int, ...]  # as numpy counts: the rows first
    dtype: str  # such as Q6_K
    start: int  # in bytes
    size: int


def embedding_table(path: Path) -> Floats:
    """The rows of token_embd.weight, dequantised to float32, [V, D]."""
    from gguf import GGMLQuantizationType

    metadata(shards.paths(path)[0])
    held = [(part, tensor) for part in shards.paths(path) for tensor in _read(part)[1] if tensor.name == TABLE]
    if not held:
        raise DamagedError(tr("{path} holds no {table}", path=path, table=TABLE), tr("is it a whole language model?"))
    part, tensor = held[0]
    memory.check(path.name, tr("give a smaller model"), written=4 * prod(tensor.shape))
    raw = np.memmap(part, np.uint8, "r", tensor.start, (tensor.shape[0], tensor.size // tensor.shape[0]))
    try:
        return dequantized(raw, GGMLQuantizationType[tensor.dtype])
    except NotImplementedError as error:
        raise DamagedError(
            tr("{part} holds {table} as {dtype}, which is no table", part=part, table=TABLE, dtype=tensor.dtype),
            tr("fetch it again"),
        ) from error


def dequantized(raw: Any, kind: Any) -> Floats:
    """A GGUF tensor as float32, of its bytes [R, ...] and GGMLQuantizationType, some rows at a time.

    The library itself holds all that it returns twice: 640 MiB more for the table of a small model.
    """
    from gguf.quants import dequantize

    if raw.ndim < 2:
        return np.array(dequantize(raw, kind))
    blocks = (dequantize(raw[first : first + ROWS], kind) for first in range(0, len(raw), ROWS))
    first = next(blocks)
    table = np.empty((len(raw), *first.shape[1:]), np.float32)
    for place, block in enumerate(chain([first], blocks)):
        table[place * ROWS : (place + 1) * ROWS] = block
    return table


def metadata(path: Path) -> dict[str, Any]:
    """The numbers and texts of a GGUF file's header, in a tenth of a second: its long lists are passed over.

    Raises DamagedError for what is no GGUF file, or none of a model.
    """
    facts = _read(path)[0]
    if "general.architecture" not in facts:
        raise DamagedError(tr("{path} states no general.architecture", path=path), tr("is it a whole language model?"))
    return facts


def _read(path: Path) -> tuple[dict[str, Any], list[Weight]]:
    """The facts of a GGUF file's header and its tensors, both in a tenth of a second."""
    try:
        memory.check(path.name, tr("give a smaller model"), mapped=_size(path))
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            header = _Header(content)
            return header.facts, header.tensors
    except (OSError, _BrokenError) as error:
        raise DamagedError(
            tr("{path} is no whole GGUF file: {error}", path=path, error=reason(error)), tr("fetch it again")
        ) from error


class _BrokenError(Exception):
    """What is wrong with a header."""


def _size(path: Path) -> int:
    """The bytes of a file that has some: no other is mapped."""
    if size := path.stat().st_size:
        return size
    raise _BrokenError(tr("it does not begin with GGUF"))


class _Header:
    """Keys and values one after the other (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""

    def __init__(self, content: mmap.mmap) -> None:
        if content[: len(MAGIC)] != MAGIC:
            raise _BrokenError(tr("it does not begin with GGUF"))
        self._content, self._place = content, 8  # behind the magic number and the version
        tensors, pairs = self._number("<Q"), self._number("<Q")
        self.facts = self._facts(pairs)
        found = self._found(tensors)
        alignment = self.facts.get("general.alignment", 32)
        weights = -(-self._place // alignment) * alignment
        self.tensors = [replace(tensor, start=weights + tensor.start) for tensor in found]
        if any(tensor.start + tensor.size > len(content) for tensor in self.tensors):
            raise _BrokenError(tr("it ends before its weights do"))

    def _facts(self, count: int) -> dict[str, Any]:
        """As llama.cpp does, a name that comes twice is refused; what stands for nothing is left out."""
        self._within(count * LEAST_PAIR)
        facts: dict[str, Any] = {}
        for _ in range(count):
            key = self._text()
            if key in facts:
                raise _BrokenError(tr("it states {key} twice", key=key))
            facts[key] = self._value(self._number("<I"))
        for key, (kind, otherwise) in KINDS.items():
            if key in facts and not isinstance(facts[key], kind):
                raise _BrokenError(tr(otherwise, key=key))
        if facts.get("general.alignment", 1) < 1:
            raise _BrokenError(tr("its general.alignment is below 1"))
        return {key: value for key, value in facts.items() if value is not None}

    def _found(self, count: int) -> list[Weight]:
        self._within(count * LEAST_TENSOR)
        found: dict[str, Weight] = {}
        for _ in range(count):
            tensor = self._tensor()
            if tensor.name in found:
                raise _BrokenError(tr("it holds {tensor} twice", tensor=tensor.name))
            found[tensor.name] = tensor
        return list(found.values())

    def _tensor(self) -> Weight:
        from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

        name, dimensions = self._text(), self._number("<I")
        if dimensions > DIMENSIONS:
            raise _BrokenError(tr("{name} has {dimensions:,} dimensions", name=name, dimensions=dimensions))
        shape = tuple(self._number("<Q") for _ in range(dimensions))
        number = self._number("<I")
        try:
            kind = GGMLQuantizationType(number)
        except ValueError:
            raise _BrokenError(
                tr("{name} is of type {number:,}, which GGUF does not have", name=name, number=number)
            ) from None
        block, size = GGML_QUANT_SIZES[kind]
        if name == TABLE and (len(shape) != 2 or not all(shape)):
            raise _BrokenError(tr("{name} is no table", name=name))
        if shape and shape[0] % block:
            raise _BrokenError(tr("{name} is not made of whole blocks of {kind}", name=name, kind=kind.name))
        return Weight(name, shape[::-1], kind.name, self._number("<Q"), prod(shape) // block * size)

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind == STRING:
            return self._text()
        if kind != ARRAY:
            return self._number(self._layout(kind))
        inner, count = self._number("<I"), self._number("<Q")
        if inner == ARRAY:
            return self._pass_lists(count, depth)
        if inner == STRING:
            return self._pass_texts(count)
        layout = self._layout(inner)
        if count <= SHORT:
            return [self._number(layout) for _ in range(count)]
        size = count * struct.calcsize(layout)
        self._within(size)
        self._place += size
        return None

    def _layout(self, kind: int) -> str:
        layout = NUMBERS[kind] if kind < len(NUMBERS) else ""
        if not layout:
            raise _BrokenError(tr("it states a value of type {kind:,}, which GGUF does not have", kind=kind))
        return layout

    def _pass_lists(self, count: int, depth: int) -> None:
        if depth == NESTED:
            raise _BrokenError(tr("its lists are nested too deeply"))
        self._within(LEAST_LIST * count)
        for _ in range(count):
            self._value(ARRAY, depth + 1)

    def _pass_texts(self, count: int) -> None:
        self._within(8 * count)
        size_of, content, place = struct.Struct("<Q").unpack_from, self._content, self._place
        try:
            for _ in range(count):  # a vocabulary has 262,144
                place += 8 + size_of(content, place)[0]
        except (struct.error, OverflowError):
            raise _BrokenError(tr("it ends before what it states does")) from None
        self._place = place

    def _text(self) -> str:
        size = self._number("<Q")
        self._within(size)
        self._place += size
        return self._content[self._place - size : self._place].decode(errors="replace")

    def _within(self, size: int) -> None:
        """Raise _BrokenError where so many bytes are not in the file: nothing is reserved for what is not there."""
        if size > len(self._content) - self._place:
            raise _BrokenError(tr("it ends before what it states does"))

    def _number(self, layout: str) -> Any:
        size = struct.calcsize(layout)
        self._within(size)
        (value,) = struct.unpack_from(layout, self._content, self._place)
        self._place += size
        return value


def header(path: Path) -> dict[str, Any]:
    """Facts (of its first file) and tensors (name, shape, type) of a GGUF model, as JSON can hold them."""
    paths = shards.paths(path)
    parts, value = [_read(part) for part in paths], metadata(paths[0])
    architecture = str(value["general.architecture"])
    value = {key.removeprefix(f"{architecture}."): fact for key, fact in value.items()}
    held = [tensor for _, tensors in parts for tensor in tensors]
    facts = {
        "architecture": architecture,
        "layers": value.get("block_count"),
        "hidden_size": value.get("embedding_length"),
        "attention_heads": value.get("attention.head_count"),
        "key_value_heads": value.get("attention.head_count_kv"),
        "feed_forward_dimension": value.get("feed_forward_length"),
        "vocabulary": next((one.shape[0] for one in held if one.name == TABLE), None),
        "context": value.get("context_length"),
        "dtype": file_type(int(value.get("general.file_type", -1))),
        "memory_mib": round(sum(one.size for one in held) / 2**20, 1),
    }
    return {"facts": facts, "tensors": [(one.name, list(one.shape), one.dtype) for one in held]}
