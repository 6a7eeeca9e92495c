"""The causal engines on the tiny models, for the contract test; a new one is a kind and a branch of `opened`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from naive_ngram import NaiveNgram

from llmlab.backends.ngram.model import NgramLM
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.lab.training import ngram

VOCABULARY, CONTEXT = 600, 256  # of the tiny models


@dataclass(frozen=True)
class Kind:
    """An engine on the tiny weights, and how far its numbers may be off."""

    engine: str
    dtype: str
    near: float  # nats from plain torch in float32
    same: float = 1e-5  # nats from its own numbers for the same text in another batch
    ties: bool = True  # whether what is nearer than `near` may change ranks
    bos: tuple[int, ...] = (0,)

    @property
    def counts(self):
        """Whether it counts n-grams: it reads texts of any length, and has no layers, and tokens of its own."""
        return self.engine == "numpy"

    def __str__(self):
        return f"{self.engine} {self.dtype}{'' if self.bos else ' without BOS'}"


KINDS = (
    Kind("torch", "float32", near=1e-4, ties=False),
    Kind("torch", "float32", near=1e-4, ties=False, bos=()),
    Kind("torch", "bfloat16", near=0.3, same=0.15),
    Kind("llama.cpp", "F32", near=1e-3),
    Kind("llama.cpp", "F32", near=1e-3, bos=()),
    Kind("numpy", "float64", near=1e-5),
    Kind("numpy", "float64", near=1e-5, bos=()),
)


def opened(kind, folder, gguf):
    """The engine; one thread, as those of a tiny model only wait for each other."""
    if kind.counts:
        found = counted()
        return NgramLM(found.vocabulary, found.counts, "tiny", "r1", bos=bool(kind.bos))
    if kind.engine == "torch":
        return HuggingFaceLM(folder, "tiny", "r1", dtype=kind.dtype, threads=1)
    return pytest.importorskip("llmlab.backends.llamacpp").LlamaCpp(gguf, "tiny", "r1", threads=1)


def lines():
    """Those of the 200 texts that hold something."""
    path = Path(__file__).parents[1] / "data" / "texts.json"
    texts = json.loads(path.read_text(encoding="utf-8"))
    return [line for text in texts for line in text.split("\n") if line.strip()]


@cache
def counted():
    """A 3-gram model of them."""
    return ngram.train(lines(), order=3, by="word", min_count=2)


def plain_counts():
    """The same by dictionaries: log-probabilities [T, V] of the token after each of T."""
    vocabulary = counted().vocabulary
    naive = NaiveNgram([vocabulary.encode(line) for line in lines()], len(vocabulary), 3)

    def rows(ids):
        with np.errstate(divide="ignore"):
            return np.log([naive.distribution(ids[: end + 1]) for end in range(len(ids))])

    return rows


def only(wanted):
    """Run a test on the kinds that are wanted, where the others cannot be asked."""
    return pytest.mark.parametrize("kind", filter(wanted, KINDS), indirect=True, ids=str)
