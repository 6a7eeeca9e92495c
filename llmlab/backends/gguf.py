"""What a GGUF file says of itself, read without loading the model."""

from pathlib import Path
from typing import Any

import numpy as np

from llmlab.arrays import Floats
from llmlab.errors import DamagedError


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

    for tensor in _open(path).tensors:
        if tensor.name == "token_embd.weight":
            return np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), np.float32)
    raise DamagedError(f"{path} holds no token_embd.weight", "is it a whole language model?")


def header(path: Path) -> dict[str, Any]:
    """Facts and tensors (name, shape, type) of a GGUF file, as JSON can hold them."""
    reader = _open(path)
    fields = {key: field for key, field in reader.fields.items() if not key.startswith("tokenizer.ggml.")}
    architecture = str(fields["general.architecture"].contents())
    value = {key.removeprefix(f"{architecture}."): field.contents() for key, field in fields.items()}
    tensors = [(t.name, [int(n) for n in reversed(t.shape)], t.tensor_type.name) for t in reader.tensors]
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
        "memory_mib": round(sum(int(t.n_bytes) for t in reader.tensors) / 2**20, 1),
    }
    return {"facts": facts, "tensors": tensors}


def _open(path: Path) -> Any:
    from gguf import GGUFReader

    try:
        return GGUFReader(path)
    except (ValueError, IndexError, OSError) as error:
        raise DamagedError(f"{path} is no whole GGUF file: {error}", "fetch it again") from error
