"""A sentence encoder behind a server that speaks OpenAI's protocol: POST {base}/embeddings.

A server may run another model tomorrow, and so may one of several. So each request holds a fixed text before the
user's, whose vector must be the one of the first request. What is no vector is an error.

A server does not say how it cuts a text into tokens, nor which it does not know. One that cuts off what is too long for
it, and says nothing, is not noticed.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends.base import ModelInfo
from llmlab.backends.served.answers import OTHER_SHAPE
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.wire import Wire
from llmlab.errors import LabError, UnsupportedError
from llmlab.language import tr
from llmlab.progress import Progress, silent

FIXED = "The capital of France is Paris."  # its vector tells a model again
TOGETHER = 32  # texts of a request, the fixed one among them: what text-embeddings-inference takes unless told
NEAR = 0.05  # of a vector's length: how far it may be from that of another batch (llama-server: 1e-4) or number type
TOLD = 64  # numbers of a vector that stand for it where it is noted
VECTOR = "vector"  # where they stand in a fingerprint


class ServedEncoder:
    """An encoder, and the vector by which its model is known."""

    def __init__(self, pool: Pool, model: str, info: ModelInfo, fixed: Floats) -> None:
        self.info = info
        self.notes: tuple[str, ...] = ()
        self._pool, self._model, self._fixed = pool, model, fixed

    @property
    def fingerprint(self) -> dict[str, str]:
        """What the model is known again by; whose URL it has does not matter."""
        told = " ".join(f"{value:.4g}" for value in self._fixed[:TOLD].tolist())
        return {"served": self._model, "build": self.info.revision, VECTOR: told}

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> Floats:
        """One vector a text. Raises LabError for an answer that is none, or another model's."""
        size = TOGETHER - 1
        parts = [texts[start : start + size] for start in range(0, len(texts), size)]
        vectors = np.empty((len(texts), self.info.dimension), np.float32)
        done = 0
        for found in self._pool.each(self._batch, parts):
            vectors[done : done + len(found)] = found
            done += len(found)
            progress(done, len(texts))
        return vectors

    def token_vectors(self, text: str) -> tuple[tuple[str, ...], Floats]:
        raise self._lacks(tr("the vectors of tokens"))

    def token_ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        raise self._lacks(tr("the tokens of a text"))

    def _batch(self, texts: Sequence[str]) -> Floats:
        """Vectors [N, D] of some texts, from one of the servers."""
        answer = self._pool.tried(partial(asked, self._model, [FIXED, *texts], self._check))
        return np.asarray(answer["data"][1:], np.float32)

    def _check(self, wire: Wire, vectors: Floats) -> None:
        """Raise LabError for vectors of another model, or that change with what is asked beside them."""
        if vectors.shape[1] != self.info.dimension:
            told = tr("{now} numbers a vector, it was {was}", now=vectors.shape[1], was=self.info.dimension)
        elif not near(vectors[0], self._fixed):
            told = tr("{text!r} has another vector than it had", text=FIXED)
            if near(asked(self._model, [FIXED], unchecked, wire)["data"][0], self._fixed):
                raise LabError(
                    tr("{url} gives {text!r} another vector beside other texts than alone", url=wire.url, text=FIXED),
                    tr("let the server compute one text at a time (llama-server: --parallel 1)"),
                )
        else:
            return
        raise LabError(
            tr("another model than {model} answers at {url}: {told}", model=self.info.name, url=wire.url, told=told),
            tr("let all servers run the same model"),
        )

    def _lacks(self, what: str) -> UnsupportedError:
        message = tr("a server does not tell {what}", what=what)
        hint = tr("take an encoder of this machine, which torch or ctranslate2 runs: --model all-minilm-l6-v2")
        return UnsupportedError(message, hint=hint)


def introduced(pool: Pool, model: str) -> tuple[Floats, str]:
    """The vector [D] of the fixed text, and what the server calls the model that made it."""
    answer = pool.tried(partial(asked, model, [FIXED], unchecked))
    named = [answer.get("model"), answer.get("system_fingerprint")]
    return answer["data"][0], " ".join(str(one) for one in named if one)


def unchecked(wire: Wire, vectors: Floats) -> None:
    """Any vectors will do."""


def asked(model: str, texts: Sequence[str], check: Callable[[Wire, Floats], None], wire: Wire) -> dict[str, Any]:
    """A server's answer, with the vectors of the texts [N, D] for its data, which `check` is shown with the server.

    Raises LabError for what is no vector a text.
    """
    answer = wire.ask("embeddings", {"model": model, "input": list(texts), "encoding_format": "float"})
    try:
        vectors = read(answer, len(texts))
    except LabError as error:
        raise LabError(
            tr("{url} {fault}", url=wire.url, fault=error.message),
            tr("see whether the server runs an encoder"),
        ) from None
    check(wire, vectors)
    return {**answer, "data": vectors}


def read(answer: Any, count: int) -> Floats:
    """The vectors of an answer in the order of the texts, [N, D]. Raises LabError where they are none."""
    rows = answer.get("data") if isinstance(answer, Mapping) else None
    try:
        found = {int(one["index"]): _numbers(one["embedding"]) for one in rows or []}
    except OTHER_SHAPE:
        raise LabError(tr("answers with something else than vectors")) from None
    if len(rows or []) != count or found.keys() != set(range(count)):
        raise LabError(tr("gives {given} vectors for {count} texts", given=len(found), count=count))
    if len({len(one) for one in found.values()}) != 1:
        raise LabError(tr("gives vectors of several lengths"))
    vectors = np.stack([found[place] for place in range(count)])
    if not np.isfinite(vectors).all():
        raise LabError(tr("gives a vector that holds no number"))
    if not vectors.any(axis=1).all():
        raise LabError(tr("gives a vector of zeros"))
    return vectors


def near(one: Floats, other: Floats) -> bool:
    """Whether two vectors of a text are of one model: servers batch, and round."""
    return one.shape == other.shape and bool(np.linalg.norm(one - other) <= NEAR * np.linalg.norm(other))


def same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two fingerprints are of the same things; the vector of a fixed text need be the same but nearly."""
    if VECTOR not in one or VECTOR not in other:
        return dict(one) == dict(other)
    told = [np.array(which[VECTOR].split(), np.float32) for which in (one, other)]
    return {**one, VECTOR: ""} == {**other, VECTOR: ""} and near(*told)


def _numbers(embedding: Any) -> Floats:
    """A vector as a list of numbers, or as OpenAI packs it: float32 in base64."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), "<f4").astype(np.float32)
    if not isinstance(embedding, list) or not embedding:
        raise ValueError
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
        found = np.array(embedding, np.float32)
    if found.ndim != 1:
        raise ValueError
    return found
