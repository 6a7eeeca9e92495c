"""The tiny model on both engines, and what plain torch says of it."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import servers
import tiny
from numpy.typing import NDArray

from llmlab.backends.llamacpp import LlamaCpp
from llmlab.backends.served.model import ServedLM
from llmlab.backends.spellings import Spellings
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.config import load
from llmlab.models.library import Library
from llmlab.models.serving import launch
from llmlab.models.serving.launch import Place
from llmlab.progress import Progress, silent

Plain = Callable[[Sequence[int]], NDArray[np.float64]]


@pytest.fixture(scope="session")
def lm(lm_folder: Path) -> HuggingFaceLM:
    return HuggingFaceLM(lm_folder, "tiny", "r1")


@pytest.fixture(scope="session")
def lm_without_bos(lm_folder_without_bos: Path) -> HuggingFaceLM:
    return HuggingFaceLM(lm_folder_without_bos, "tiny", "r1")


@pytest.fixture(scope="session")
def llama(gguf_file: Path) -> LlamaCpp:
    return LlamaCpp(gguf_file, "tiny", "r1")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, gguf_file: Path) -> Iterator[ServedLM]:
    """The same model behind llama.cpp's own server."""
    servers.skip_without_wheel()
    config = load(None, {"LLMLAB_CACHE": str(tmp_path_factory.mktemp("served")), "LLMLAB_ENGINE": "server"})
    library = Library(config, Silent())
    _, process = launch.start(library, str(gguf_file), Place())
    try:
        yield library.causal_lm(str(gguf_file))  # type: ignore[misc]
    finally:
        process.kill()
        process.wait()


class Silent:
    """A reporter that tells nobody."""

    def say(self, message: str) -> None:
        pass

    def detail(self, message: object) -> None:
        pass

    def progress(self, label: str) -> AbstractContextManager[Progress]:
        return nullcontext(silent)


@pytest.fixture(scope="session")
def plain(lm_folder: Path) -> Plain:
    """Log-probabilities [T, V] of the token after each of T, <s> (0) put first."""
    forward = tiny.plain_torch(lm_folder)
    return lambda ids: forward((0, *ids))


@pytest.fixture(scope="session")
def total(lm: HuggingFaceLM, plain: Plain) -> Callable[..., float]:
    """(text, first scored token) -> log-probability in nats by plain torch."""

    def total(text: str, start: int = 0) -> float:
        ids = lm.encode(text).ids
        rows = plain(ids)
        return float(sum(rows[i][ids[i]] for i in range(start, len(ids))))

    return total


@pytest.fixture(scope="session")
def spellings(lm):
    return Spellings.read(lm)


@pytest.fixture(scope="session")
def enumerated(lm, lm_folder):
    """(bytes, bytes that are given as these tokens) -> P(bytes as a beginning), by plain torch."""
    forward = cache(tiny.plain_torch(lm_folder))
    pieces = [None if token < 2 else lm.piece(token) for token in range(lm.info.vocabulary)]

    def beginning(text, given=()):
        def after(ids, spelt):
            total = 0.0
            logprobs = forward((0, *given, *ids))[-1]
            for token, piece in enumerate(pieces):
                if piece is None:
                    continue
                longer = spelt + piece
                if longer.startswith(text):
                    total += math.exp(logprobs[token])
                elif text.startswith(longer):
                    total += math.exp(logprobs[token]) * after((*ids, token), longer)
            return total

        return after((), b"")

    return cache(beginning)
