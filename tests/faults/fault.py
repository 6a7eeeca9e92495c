"""A row of the fault table: what goes wrong, how it is made to, the command that meets it, and what must happen.

In a line GGUF, LM and ENCODER stand for tiny models, VEC, TEXT and WORDS for files, `mine`, `story` and `table` for
what the cache holds. `then` is what is asked after the fault; it answers as if nothing had been.
"""

import gzip
import io
import json
import signal
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faults.how import (
    How,
)
from safetensors.numpy import load_file, save_file

MINE = ("neighbors king --space mine -f jsonl",)
STORY = ("prob 'the cat' --model story -q",)
GGUF = ("prob 'the cat' --model GGUF -q",)
WIDE = ("prob 'the cat' --model GGUF --dtype float16 -q",)
PROB = "prob 'the cat' --model GGUF -q"
OUT = "generate The -n 8 -t 1 --max-tokens 4 --seed 1 --model GGUF --out out.jsonl"
KILL, HUP = -signal.SIGKILL, -signal.SIGHUP
ASKED = "neighbors king --space mine"
MODEL = "prob 'the cat' --model m -q"


@dataclass(frozen=True)
class Fault:
    """`said` stands in the one line of complaint; without it there is none."""

    name: str
    how: How
    line: str
    code: int
    said: str = ""
    then: tuple[str, ...] = MINE
    damaged: str = ""  # the file that `cache check` names
    silent: bool = True  # nothing is on stdout


def npy(header: str) -> bytes:
    """An .npy file of this header and no more."""
    text = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}, {"b": 2}], dtype=object))
    return file.getvalue()


def packed(size: int) -> bytes:
    """One line of so many bytes, packed."""
    return gzip.compress(b"x" * size)


def weights(change: Any) -> Any:
    """Change the arrays of a folder's safetensors."""

    def how(folder: Path) -> None:
        found = load_file(folder / "model.safetensors")
        save_file(change(found), folder / "model.safetensors", metadata={"format": "pt"})

    return how


def cut(name: str, size: int) -> Any:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def config(**more: Any) -> Any:
    def how(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | more))

    return how


def templated(template: str) -> Any:
    return lambda folder: (folder / "chat_template.jinja").write_text(template)


def gone(*patterns: str) -> Any:
    def how(folder: Path) -> None:
        for pattern in patterns:
            for path in folder.glob(pattern):
                path.unlink()

    return how


NAN = {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}
