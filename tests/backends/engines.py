"""The causal engines on the tiny models, for the contract test; a new one is a kind and a branch of `opened`."""

from dataclasses import dataclass

import pytest

from llmlab.backends.torch.causal import HuggingFaceLM

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

    def __str__(self):
        return f"{self.engine} {self.dtype}{'' if self.bos else ' without BOS'}"


KINDS = (
    Kind("torch", "float32", near=1e-4, ties=False),
    Kind("torch", "float32", near=1e-4, ties=False, bos=()),
    Kind("torch", "bfloat16", near=0.3, same=0.15),
    Kind("llama.cpp", "F32", near=1e-3),
    Kind("llama.cpp", "F32", near=1e-3, bos=()),
)


def opened(kind, folder, gguf):
    """The engine; one thread, as those of a tiny model only wait for each other."""
    if kind.engine == "torch":
        return HuggingFaceLM(folder, "tiny", "r1", dtype=kind.dtype, threads=1)
    return pytest.importorskip("llmlab.backends.llamacpp").LlamaCpp(gguf, "tiny", "r1", threads=1)


def only(wanted):
    """Run a test on the kinds that are wanted, where the others cannot be asked."""
    return pytest.mark.parametrize("kind", filter(wanted, KINDS), indirect=True, ids=str)
