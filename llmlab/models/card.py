"""What a model is made of: the W and b of each layer, counted by part."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

from llmlab.backends import shards
from llmlab.errors import DamagedError
from llmlab.language import later, retold, spoken, tr
from llmlab.models import prepare
from llmlab.models.fact_names import fact_name
from llmlab.models.nature import nature, read_config
from llmlab.models.prepare import Workshop
from llmlab.models.sources import Source
from llmlab.models.tensors import PARTS, Tensor
from llmlab.view import Cell, Column, Record, View

DEEPSEEK_V3 = 7168  # hidden_size of config.json, https://huggingface.co/deepseek-ai/DeepSeek-V3
SHOWN = 16  # digits of a checksum
STATIC, CONVOLUTIONS = later("static table"), later("convolutions over tokens")
RUNS_ON = later("{engine} of {package}")
WITH_B = later("{total:,} parameters, the numbers of its W and b")
WITHOUT_B = later("{total:,} parameters, the numbers of its W")
HIDDEN_SIZE = later("{size} numbers a token, the embedding dimension (DeepSeek-V3: {deepseek:,})")
TABLE_AGAIN = later("that table again: {size} numbers become {words}, one a token")
OWN_W = later("a W: {size} numbers become {words}, one a token")
IN_A_LAYER = re.compile(r"\.(\d+)\.")


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
            counts[tensor.part] += prod(tensor.shape)
        return {name: count for name, count in counts.items() if count}

    @property
    def total(self) -> int:
        return sum(self.parameters.values())

    @property
    def tied(self) -> bool:
        """Whether the head has no matrix of its own."""
        return "embedding" in self.parameters and "head" not in self.parameters and self.facts.get("kind") == "causal"

    def views(self) -> list[View]:
        facts: list[list[Cell]] = [[fact_name(key), _told(key, value)] for key, value in self.facts.items() if value]
        fact_columns = (Column(tr("fact")), Column("", wide=True))
        return [View(self.name, fact_columns, facts, conclusion=self._conclusion()), drawn(self), self._tensors()]

    def records(self) -> list[Record]:
        return [
            {
                "model": self.name,
                "tensor": one.name,
                "part": one.part,
                "role": one.role,
                "shape": list(one.shape),
                "dtype": one.dtype,
            }
            for one in self.tensors
        ]

    def document(self) -> Record:
        tensors = [{k: v for k, v in row.items() if k != "model"} for row in self.records()]
        counts = self.parameters | {"total": self.total}
        return {"model": self.name, **self.facts, "parameters": counts, "tensors": tensors}

    def values(self) -> list[str]:
        return [str(self.total)]

    def _conclusion(self) -> str:
        table = self.parameters.get("embedding", 0)
        biased = any(one.role == "b" for one in self.tensors)
        counted = tr(WITH_B if biased else WITHOUT_B, total=self.total)
        if not table:
            return counted
        held, share = _of(table, self.total), table / self.total
        return counted + tr("; its embedding table holds {held}: {share:.1%}", held=held, share=share)

    def _tensors(self) -> View:
        """The tensors by part, those of all layers in a row."""
        columns = (
            Column(tr("part")),
            Column(tr("tensor"), wide=True, means=tr("N: the number of a layer")),
            Column(tr("is"), means=tr("W and b of activate(W·X + b); scale: a factor for each number")),
            Column(tr("shape")),
            Column(tr("times"), True, means=tr("how many there are")),
            Column(tr("share"), True, means=tr("of all parameters")),
        )
        alike = Counter((one.part, IN_A_LAYER.sub(".N.", one.name), one.role, one.shape) for one in self.tensors)
        rows: list[list[Cell]] = []
        for name, count in self.parameters.items():
            own = [(*key[1:], times) for key, times in alike.items() if key[0] == name]
            rows += [
                [tr(name), tensor, tr(role), " x ".join(map(str, shape)), times, ""]
                for tensor, role, shape, times in own
            ]
            rows.append(["", "", "", tr("parameters"), f"{count:,}", f"{count / self.total:.1%}"])
        rows.append([tr("total"), "", "", tr("parameters"), f"{self.total:,}", ""])
        return View("", columns, rows, self._notes())

    def _notes(self) -> tuple[str, ...]:
        tied = (tr("the head shares its W with the embedding"),) if self.tied else ()
        if not self.facts.get("layers"):
            return tied
        have = [name for name in self.parameters if any(one.part == name and one.role == "b" for one in self.tensors)]
        if have:
            return (*tied, tr("b: in {parts}", parts=tr(", ").join(map(tr, have))))
        return (*tied, tr("no b: this family has none, a layer is activate(W·X)"))


def drawn(card: Card) -> View:
    """The way from input to output, a step a row."""
    steps = [*_steps(card)]
    rows: list[list[Cell]] = [[f"{'↓ ' if number else ''}{name}", said] for number, (name, said) in enumerate(steps)]
    return View(
        " -> ".join(name for name, _ in steps), (Column(tr("step")), Column(tr("what it does"), wide=True)), rows
    )


def _steps(card: Card) -> Iterator[tuple[str, str]]:
    """Each by its name, and what it does."""
    size, words = (f"{card.facts.get(key) or 0:,}" for key in ("hidden_size", "vocabulary"))
    yield tr("input"), tr("a text as tokens, each a number")
    yield (
        tr("embedding"),
        tr("the row of that number, of {words}: a vector of {size} numbers", words=words, size=size),
    )
    first = Counter(one.part for one in card.tensors if one.role == "W" and IN_A_LAYER.findall(one.name)[:1] == ["0"])
    parts = [tr("{part} ({count} W)", part=tr(name), count=first[name]) for name in PARTS if name in first]
    for number in _ends(int(card.facts.get("layers") or 0)):
        name = tr("layer {number}", number=number) if number else "..."
        yield name, tr(", then ").join(parts) if number == 1 else tr("the same, with W of its own") if number else ""
    if card.facts.get("kind") == "causal":
        yield tr("head"), tr(TABLE_AGAIN if card.tied else OWN_W, size=size, words=words)
        yield tr("next token"), tr("softmax makes probabilities of them")
    else:
        yield tr("vector"), tr("{size} numbers for the text", size=size)


def _ends(last: int) -> list[int]:
    """1 to last, what lies between as 0."""
    return [1, 0, last] if last > 2 else [*range(1, last + 1)]


def _of(some: int, total: int) -> str:
    """168 of 268 million, in Chinese of 亿, which are a hundred million; small numbers as they are."""
    unit, places = (1e8, 2) if spoken() == "zh" else (1e6, 0)
    if some < 1e6 or total < unit:
        return tr("{some:,} of {total:,}", some=some, total=total)
    said = {"some": f"{some / unit:,.{places}f}", "total": f"{total / unit:,.{places}f}"}
    return tr("{some} of {total} million", **said)


def read(shop: Workshop, source: Source, runs_on: str = "") -> Card:
    """Read a model's card from its files, without loading its weights. `runs_on`: the engine, for the card."""
    tensors, facts = _gguf(shop, source) if source.is_gguf else _folder(source)
    known = source.entry
    shared: Record = {
        "kind": nature(source).kind,
        "source": f"{known.source} {known.pip or known.path}" if known else str(source.path),
        "runs_as": known.dtype if known else "",
        "runs_on": runs_on,
        "revision": source.revision,
        "sha256": known.sha256 if known else "",
        "licence": known.licence if known else "",
        "licence_url": known.licence_url if known else "",
        "languages": list(known.languages) if known else [],
        "distance_to_float32": dict(known.distance) if known else {},
    }
    return Card(source.name, facts | shared, tuple(tensors))


def _gguf(shop: Workshop, source: Source) -> tuple[list[Tensor], Record]:
    """GGUF's own header."""
    from llmlab.backends import gguf as gguf_file

    path = prepare.gguf(shop, source)
    header = gguf_file.header(path)
    tensors = [Tensor(name, tuple(shape), dtype) for name, shape, dtype in header["tensors"]]
    return tensors, header["facts"] | {"file_mib": _mib(part.stat().st_size for part in shards.paths(path))}


def _folder(source: Source) -> tuple[list[Tensor], Record]:
    """A transformers folder (config.json and safetensors), or a static model's one matrix."""
    if source.entry is not None and source.entry.kind == "static":
        import numpy as np

        matrix = np.load(source.path / source.entry.weights, mmap_mode="r", allow_pickle=False)
        facts = {"architecture": STATIC, "hidden_size": matrix.shape[1], "vocabulary": matrix.shape[0]}
        return [Tensor("vectors", matrix.shape, str(matrix.dtype))], facts | {"memory_mib": _mib([matrix.nbytes])}
    if source.is_use:
        return _arrays(source.path / "weights.npz")
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


def _arrays(path: Path) -> tuple[list[Tensor], Record]:
    """A universal sentence encoder's, by the headers of its arrays."""
    import zipfile

    import numpy as np

    tensors = []
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            with file.open(name) as array:
                np.lib.format.read_magic(array)
                shape, _, dtype = np.lib.format.read_array_header_1_0(array)
            tensors.append(Tensor(name.removesuffix(".npy"), shape, str(dtype)))
    rows = sum(one.shape[0] for one in tensors if one.part == "embedding")
    size = next(one.shape[1] for one in tensors if one.part == "embedding")
    facts = {"architecture": CONVOLUTIONS, "hidden_size": size, "vocabulary": rows}
    return tensors, facts | {"memory_mib": _mib(prod(one.shape) * np.dtype(one.dtype).itemsize for one in tensors)}


def _safetensors(path: Path) -> list[Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            return [Tensor(name, tuple(one.get_shape()), one.get_dtype()) for name, one in slices.items()]
    except SafetensorError:
        raise DamagedError(tr("{path} is no whole safetensors file", path=path), tr("fetch or save it again")) from None


def _mib(sizes: Iterable[int]) -> float:
    return round(sum(sizes) / 2**20, 1)


def _told(key: str, value: object) -> str:
    """A fact for the eye."""
    text = _text(value)
    if key == "hidden_size":
        return tr(HIDDEN_SIZE, size=text, deepseek=DEEPSEEK_V3)
    if key == "sha256":  # whole, it leaves no room for a second column
        return tr("{beginning}… (whole with --format json)", beginning=text[:SHOWN])
    if key == "kind":
        return tr(text)
    return retold(text, RUNS_ON, STATIC, CONVOLUTIONS) if key in ("runs_on", "architecture") else text


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
