"""What a model is made of: the W and b of each layer, counted by part."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from llmlab.models import prepare
from llmlab.models.nature import nature, read_config
from llmlab.models.prepare import Workshop
from llmlab.models.sources import Source
from llmlab.view import Cell, Column, Record, View

PARTS = ("embedding", "attention", "MLP", "normalisation", "head", "other")


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Card:
    """A model's facts and its tensors."""

    name: str
    facts: Record
    tensors: tuple[Tensor, ...]

    @property
    def parameters(self) -> dict[str, int]:
        """Parameters by part."""
        counts = dict.fromkeys(PARTS, 0)
        for tensor in self.tensors:
            counts[part(tensor.name)] += prod(tensor.shape)
        return {name: count for name, count in counts.items() if count}

    def views(self) -> list[View]:
        facts: list[list[Cell]] = [[key.replace("_", " "), _text(value)] for key, value in self.facts.items() if value]
        columns = (Column("part"), Column("tensor", wide=True), Column("shape"), Column("times", True))
        rows: list[list[Cell]] = []
        for name, shapes in self._shapes().items():
            rows += [[name, tensor, " x ".join(map(str, shape)), count] for tensor, shape, count in shapes]
            rows.append(["", "", "parameters", f"{self.parameters[name]:,}"])
        rows.append(["total", "", "parameters", f"{sum(self.parameters.values()):,}"])
        views = [View(self.name, (Column("fact"), Column("", wide=True)), facts)]
        return [*views, View("", columns, rows, self._notes())]

    def records(self) -> list[Record]:
        return [
            {
                "model": self.name,
                "tensor": one.name,
                "part": part(one.name),
                "shape": list(one.shape),
                "dtype": one.dtype,
            }
            for one in self.tensors
        ]

    def document(self) -> Record:
        tensors = [{k: v for k, v in row.items() if k != "model"} for row in self.records()]
        total = sum(self.parameters.values())
        return {"model": self.name, **self.facts, "parameters": self.parameters | {"total": total}, "tensors": tensors}

    def values(self) -> list[str]:
        return [str(sum(self.parameters.values()))]

    def _shapes(self) -> dict[str, list[tuple[str, tuple[int, ...], int]]]:
        """By part: tensor with its layer number taken out, shape, how many layers have it."""
        counts: dict[tuple[str, str, tuple[int, ...]], int] = defaultdict(int)
        for tensor in self.tensors:
            counts[part(tensor.name), re.sub(r"\.\d+\.", ".N.", tensor.name), tensor.shape] += 1
        shapes: dict[str, list[tuple[str, tuple[int, ...], int]]] = {}
        for name in PARTS:
            found = [(tensor, shape, count) for (p, tensor, shape), count in counts.items() if p == name]
            if found:
                shapes[name] = found
        return shapes

    def _notes(self) -> tuple[str, ...]:
        tied = "embedding" in self.parameters and "head" not in self.parameters and self.facts.get("kind") == "causal"
        return ("the head shares its matrix with the embedding",) if tied else ()


def part(tensor: str) -> str:
    """The part of the model that a tensor belongs to, from its name in GGUF or in transformers."""
    name = tensor.lower()
    patterns = {
        "normalisation": r"norm|layernorm|ln_[0-9f]",
        "embedding": r"token_embd|position_embd|embed|wte|wpe|^vectors$",
        "attention": r"attn|attention",
        "MLP": r"ffn|mlp|intermediate|output\.dense|feed_forward|\.fc[12]\.",
        "head": r"^output\.|lm_head|cls\.predictions",
    }
    return next((found for found, pattern in patterns.items() if re.search(pattern, name)), "other")


def read(shop: Workshop, source: Source) -> Card:
    """Read a model's card from its files, without loading its weights."""
    tensors, facts = _gguf(shop, source) if source.is_gguf else _folder(source)
    known = source.entry
    shared: Record = {
        "kind": nature(source).kind,
        "source": f"{known.source} {known.pip or known.path}" if known else str(source.path),
        "runs_as": known.dtype if known else "",
        "revision": source.revision,
        "sha256": known.sha256 if known else "",
        "licence": known.licence if known else "",
        "licence_url": known.licence_url if known else "",
        "languages": list(known.languages) if known else [],
        "distance_to_float32": dict(known.distance) if known else {},
    }
    return Card(source.name, facts | shared, tuple(tensors))


def _gguf(shop: Workshop, source: Source) -> tuple[list[Tensor], Record]:
    """GGUF's own header; reading it takes 10 s for a large vocabulary, so it is kept."""
    path = prepare.gguf(shop, source)

    def build(folder: Path) -> dict[str, Any]:
        from llmlab.backends import gguf as gguf_file

        shop.reporter.say(f"reading the header of {path.name} (about 10 seconds, once)")
        return gguf_file.header(path)

    header = shop.make(source, "card", build).facts
    tensors = [Tensor(name, tuple(shape), dtype) for name, shape, dtype in header["tensors"]]
    return tensors, dict(header["facts"]) | {"file_mib": round(path.stat().st_size / 2**20, 1)}


def _folder(source: Source) -> tuple[list[Tensor], Record]:
    """A transformers folder (config.json and safetensors), or a static model's one matrix."""
    if source.entry is not None and source.entry.kind == "static":
        import numpy as np

        matrix = np.load(source.path / source.entry.weights, mmap_mode="r", allow_pickle=False)
        facts = {"architecture": "static table", "hidden_size": matrix.shape[1], "vocabulary": matrix.shape[0]}
        return [Tensor("vectors", matrix.shape, str(matrix.dtype))], facts | {"memory_mib": _mib([matrix.nbytes])}
    config = read_config(source.path)
    limits = source.path / "sentence_bert_config.json"
    limit = json.loads(limits.read_text(encoding="utf-8")).get("max_seq_length") if limits.is_file() else None
    files = sorted(source.path.glob("*.safetensors"))
    tensors = [tensor for file in files for tensor in _safetensors(file) if not tensor.dtype.startswith(("I", "U"))]
    facts = {
        "architecture": (config.get("architectures") or [config.get("model_type", "")])[0],
        "layers": config.get("num_hidden_layers", config.get("n_layer")),
        "hidden_size": config.get("hidden_size", config.get("n_embd")),
        "attention_heads": config.get("num_attention_heads", config.get("n_head")),
        "vocabulary": config.get("vocab_size"),
        "context": limit or config.get("max_position_embeddings", config.get("n_positions")),
        "dtype": ", ".join(sorted({tensor.dtype for tensor in tensors})),
        "memory_mib": _mib(file.stat().st_size for file in files),
    }
    return tensors, facts


def _safetensors(path: Path) -> list[Tensor]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        return [Tensor(name, tuple(one.get_shape()), one.get_dtype()) for name, one in slices.items()]


def _mib(sizes: Iterable[int]) -> float:
    return round(sum(sizes) / 2**20, 1)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number:g}" for key, number in value.items())
    return (
        ", ".join(map(str, value))
        if isinstance(value, list)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )
