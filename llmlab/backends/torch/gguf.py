"""A GGUF file as an ordinary transformers folder: float32 safetensors and a tokenizer.

transformers reads GGUF itself, but takes over a minute each time; the folder loads in two seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers import modeling_gguf_pytorch_utils as loader

from llmlab.backends.gguf import dequantized


def convert(source: Path, target: Path) -> None:
    """Dequantise `source` into the folder `target`; the tokenizer last, which leaves memory behind."""
    _convert_weights(source, target)
    convert_tokenizer(source, target)


def _convert_weights(source: Path, target: Path) -> None:
    where = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    with _frugal():
        model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, trust_remote_code=False)
    model.hf_quantizer = None  # the weights are plain float32 now
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(target)


def convert_tokenizer(source: Path, target: Path) -> None:
    """Write the tokenizer alone."""
    where = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    AutoTokenizer.from_pretrained(**where, trust_remote_code=False).save_pretrained(target)


class _Numpy:
    """numpy for transformers' loader, which copies each tensor once more than it needs."""

    copy = staticmethod(np.ascontiguousarray)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


@contextmanager
def _frugal() -> Iterator[None]:
    """Let transformers dequantise a tensor by its rows and not copy it: without, the largest one is there four times.

    Measured on gemma-3-270m: a peak of 2,391 MiB instead of 3,199.
    """
    library: Any = gguf
    before = library.dequantize, loader.np
    library.dequantize, loader.np = dequantized, _Numpy()
    try:
        yield
    finally:
        library.dequantize, loader.np = before
