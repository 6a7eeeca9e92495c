"""What a GGUF file says of itself, read without loading the model."""

import mmap
import struct
from pathlib import Path
from typing import Any

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import shards
from llmlab.errors import DamagedError

NUMBERS = ("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?", "", "", "<Q", "<q", "<d")  # gguf.md: by type
STRING, ARRAY = 8, 9


def file_type(number: int) -> str:
    """llama.cpp's name of a file's quantisation, e.g. 15 -> Q4_K_M."""
    from gguf.constants import LlamaFileType

    try:
        return str(LlamaFileType(number).name).removeprefix("MOSTLY_").removeprefix("ALL_")
    except ValueError:
        return f"type {number}"


def embedding_table(path: Path) -> Floats:
    """The rows of token_embd.weight, dequantised to float32, [V, D]."""
    from gguf.quants import dequantize

    for tensor in (tensor for part in shards.paths(path) for tensor in _open(part).tensors):
        if tensor.name == "token_embd.weight":
            return np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), np.float32)
    raise DamagedError(f"{path} holds no token_embd.weight", "is it a whole language model?")


def metadata(path: Path) -> dict[str, Any]:
    """The numbers and texts of a GGUF file's header, in a tenth of a second: its long lists are passed over.

    Raises DamagedError for what is no GGUF file.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            facts = _Header(content).facts() if content[:4] == b"GGUF" else None
    except (OSError, ValueError, IndexError, OverflowError, struct.error) as error:
        raise DamagedError(f"{path} is no whole GGUF file: {error}", "fetch it again") from error
    if facts is None:
        raise DamagedError(f"{path} is no whole GGUF file: it does not begin with GGUF", "fetch it again")
    return facts


class _Header:
    """Keys and values one after the other (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content, self._place = content, 8  # behind the magic number and the version

    def facts(self) -> dict[str, Any]:
        self._number("<Q")  # tensors
        pairs = ((self._text(), self._value(self._number("<I"))) for _ in range(self._number("<Q")))
        return {key: value for key, value in pairs if value is not None}

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._text()
        if kind != ARRAY:
            return self._number(NUMBERS[kind])
        inner, count = self._number("<I"), self._number("<Q")
        if inner == STRING:
            self._pass_texts(count)
        elif inner != ARRAY:
            self._place += count * struct.calcsize(NUMBERS[inner])
        else:
            for _ in range(count):
                self._value(inner)
        return None

    def _pass_texts(self, count: int) -> None:
        size_of, content, place = struct.Struct("<Q").unpack_from, self._content, self._place
        for _ in range(count):  # a vocabulary has 262,144
            place += 8 + size_of(content, place)[0]
        self._place = place

    def _text(self) -> str:
        size = self._number("<Q")
        self._place += size
        return self._content[self._place - size : self._place].decode(errors="replace")

    def _number(self, layout: str) -> Any:
        (value,) = struct.unpack_from(layout, self._content, self._place)
        self._place += struct.calcsize(layout)
        return value


def header(path: Path) -> dict[str, Any]:
    """Facts (of its first file) and tensors (name, shape, type) of a GGUF model, as JSON can hold them."""
    readers = [_open(part) for part in shards.paths(path)]
    fields = {key: field for key, field in readers[0].fields.items() if not key.startswith("tokenizer.ggml.")}
    architecture = str(fields["general.architecture"].contents())
    value = {key.removeprefix(f"{architecture}."): field.contents() for key, field in fields.items()}
    held = [tensor for reader in readers for tensor in reader.tensors]
    tensors = [(t.name, [int(n) for n in reversed(t.shape)], t.tensor_type.name) for t in held]
    facts = {
        "architecture": architecture,
        "layers": value.get("block_count"),
        "hidden_size": value.get("embedding_length"),
        "attention_heads": value.get("attention.head_count"),
        "key_value_heads": value.get("attention.head_count_kv"),
        "feed_forward_dimension": value.get("feed_forward_length"),
        "vocabulary": next((shape[0] for name, shape, _ in tensors if name == "token_embd.weight"), None),
        "context": value.get("context_length"),
        "dtype": file_type(int(value.get("general.file_type", -1))),
        "memory_mib": round(sum(int(t.n_bytes) for t in held) / 2**20, 1),
    }
    return {"facts": facts, "tensors": tensors}


def _open(path: Path) -> Any:
    from gguf import GGUFReader

    try:
        return GGUFReader(path)
    except (ValueError, IndexError, OSError) as error:
        raise DamagedError(f"{path} is no whole GGUF file: {error}", "fetch it again") from error
