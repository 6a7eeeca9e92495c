"""What opening or converting a model needs at least, compared with what is free before it is done.

Weights in the numbers that are asked for are mapped as they lie (measured: of 513 MiB of float32, torch keeps 130 MiB
beside the file); in other numbers they are written anew.
"""

from math import prod
from pathlib import Path

from llmlab import memory
from llmlab.backends import gguf as gguf_file
from llmlab.backends import safetensor_files, shards
from llmlab.language import tr
from llmlab.machine import memory as free_memory
from llmlab.progress import Reporter

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
STORED = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}


def of_gguf(path: Path, name: str, reporter: Reporter) -> None:
    """Say what is slow: a model whose file is larger than memory is read from disk again and again."""
    size, free = sum(part.stat().st_size for part in shards.paths(path)), free_memory()
    if size > free:
        reporter.say(
            tr(
                "{model} has {need:,.0f} MiB; {free:,.0f} MiB of memory are free: it is read from disk for each token",
                model=name,
                need=size / memory.MIB,
                free=free / memory.MIB,
            )
        )


def of_torch(folder: Path, name: str, dtype: str) -> None:
    """Raise LabError where torch has no room for the safetensors of a folder in these numbers."""
    files = safetensor_files.paths(folder)
    others = [count for path in files for stored, count in _floats(path) if stored != STORED[dtype]]
    written, mapped = BYTES[dtype] * sum(others), sum(path.stat().st_size for path in files)
    smaller = tr("give a smaller model")
    hint = tr("use --dtype bfloat16, or {hint}", hint=smaller) if BYTES[dtype] == 4 else smaller
    memory.check(name, hint, written=written, mapped=mapped)


def of_conversion(path: Path, name: str) -> None:
    """Raise LabError where transformers has no room to convert a GGUF file: it holds all weights in float32."""
    weights = sum(prod(shape) for _, shape, _ in gguf_file.header(path)["tensors"])
    what = tr("the conversion of {model}", model=name)
    memory.check(what, tr("use --engine llama.cpp, which needs none"), written=weights * BYTES["float32"])


def _floats(path: Path) -> list[tuple[str, int]]:
    """Type and size of each tensor of floating-point numbers; nothing of a file that is damaged."""
    told = safetensor_files.tensors(path).values()
    try:
        return [(one["dtype"], prod(one["shape"])) for one in told if one["dtype"].startswith(("F", "BF"))]
    except (AttributeError, KeyError, TypeError):
        return []
