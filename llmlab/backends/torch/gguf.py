"""A GGUF file as an ordinary transformers folder: float32 safetensors and a tokenizer.

transformers reads GGUF itself, but takes over a minute each time; the folder loads in two seconds.
"""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def convert(source: Path, target: Path) -> None:
    """Dequantise `source` into the folder `target`."""
    where = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    convert_tokenizer(source, target)
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, trust_remote_code=False)
    model.hf_quantizer = None  # the weights are plain float32 now
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(target)


def convert_tokenizer(source: Path, target: Path) -> None:
    """Write the tokenizer alone."""
    where = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    AutoTokenizer.from_pretrained(**where, trust_remote_code=False).save_pretrained(target)
