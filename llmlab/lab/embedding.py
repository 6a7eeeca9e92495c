"""Vectors to look at: of words, of sentences, and of each token of a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmlab.backends.base import CausalLM, Encoder, Floats
from llmlab.errors import MisuseError
from llmlab.lab.probability import encode
from llmlab.lab.space import Query, origin, provenance
from llmlab.lab.text import show, visible
from llmlab.store.space import SpaceFiles
from llmlab.view import Cell, Column, Record, View, stated_once

ENDS = 3  # values shown at each end of a vector
SHORT = 8  # labels longer or more than this head their columns by number


@dataclass(frozen=True)
class Embeddings:
    """Several vectors of one kind."""

    labels: tuple[str, ...]
    vectors: Floats  # [N, D]
    source: Record  # provenance, as columns
    caption: str  # the same in words
    what: str = "text"  # what a label is: text or token
    title: str = ""
    full: bool = False

    @property
    def norms(self) -> NDArray[np.float64]:
        """Euclidean length of each vector."""
        return np.asarray(np.linalg.norm(self.vectors.astype(np.float64), axis=1))

    @property
    def cosines(self) -> NDArray[np.float64]:
        """Cosine similarity of every pair, [N, N]; nan beside a zero vector."""
        with np.errstate(invalid="ignore", divide="ignore"):
            unit = self.vectors.astype(np.float64) / self.norms[:, None]
        return np.asarray(np.clip(unit @ unit.T, -1, 1))

    def views(self) -> list[View]:
        columns = (
            Column(self.what, wide=True),
            Column("dimension", True),
            Column("norm", True),
            Column("values", wide=True),
        )
        rows: list[list[Cell]] = [
            [visible(label), len(vector), f"{norm:.4f}", self._values(vector)]
            for label, vector, norm in zip(self.labels, self.vectors, self.norms, strict=True)
        ]
        views = [View(self.title, columns, rows, (self.caption,))]
        if self.what == "text" and len(self.labels) > 1:
            views.append(self._cosine_view())
        return views

    def records(self) -> list[Record]:
        return [
            {
                self.what: label,
                "position": position,
                "dimension": len(vector),
                "norm": float(norm),
                "vector": [float(value) for value in vector],
                **self.source,
            }
            for position, (label, vector, norm) in enumerate(zip(self.labels, self.vectors, self.norms, strict=True))
        ]

    def document(self) -> Record:
        own = stated_once(self.source, self.records())
        document = {**self.source, "embeddings": own}
        if self.what == "text" and len(self.labels) > 1:
            document["cosine"] = [[float(x) if np.isfinite(x) else None for x in row] for row in self.cosines]
        return document

    def _values(self, vector: Floats) -> str:
        if self.full or len(vector) <= 2 * ENDS:
            return " ".join(f"{value:+.4f}" for value in vector)
        head, tail = vector[:ENDS], vector[-ENDS:]
        return " ".join(f"{x:+.3f}" for x in head) + " ... " + " ".join(f"{x:+.3f}" for x in tail)

    def _cosine_view(self) -> View:
        short = all(len(label) <= SHORT for label in self.labels) and len(self.labels) <= SHORT
        names = [visible(label) if short else str(n) for n, label in enumerate(self.labels, 1)]
        columns = (Column("cosine", wide=True), *(Column(name, True) for name in names))
        rows: list[list[Cell]] = [
            [name if short else f"{name} {visible(label)}", *(f"{value:.4f}" for value in row)]
            for name, label, row in zip(names, self.labels, self.cosines, strict=True)
        ]
        return View("", columns, rows, ("cosine = a·b / (|a| |b|), higher is nearer",))


def of_texts(encoder: Encoder, texts: Sequence[str], full: bool = False) -> Embeddings:
    """One vector a text. Raises MisuseError for an empty text."""
    if not all(text.strip() for text in texts):
        raise MisuseError("the text is empty", "give at least one word")
    return Embeddings(tuple(texts), encoder.encode(texts), _known(encoder), _named(encoder), full=full)


def of_words(space: SpaceFiles, queries: Sequence[Query], full: bool = False) -> Embeddings:
    """Vectors of a space's words."""
    vectors = np.stack([query.vector for query in queries])
    return Embeddings(tuple(query.text for query in queries), vectors, provenance(space), origin(space), full=full)


def of_tokens(model: Encoder | CausalLM, text: str, table: Floats | None = None, full: bool = False) -> Embeddings:
    """One row vector a token: an encoder's output, or with `table` [V, D] a language model's input embeddings."""
    if not text.strip():
        raise MisuseError("the text is empty", "give at least one word")
    if table is not None:
        tokens = encode(model, text)  # type: ignore[arg-type]
        labels = tuple(show(piece) for piece in tokens.pieces)
        vectors = np.asarray(table[list(tokens.ids)], np.float32)
    else:
        labels, vectors = model.token_vectors(text)  # type: ignore[union-attr]
    source, caption = _known(model), _named(model)
    if table is not None:  # read from the file itself: no engine computed it
        source |= {"engine": "table", "dtype": "float32"}
        caption = f"{model.info.name} {model.info.revision}, rows of its input embedding table"
    title = f"{visible(text)}: a matrix of {vectors.shape[0]} tokens x {vectors.shape[1]} dimensions"
    return Embeddings(labels, vectors, {"text": text} | source, caption, "token", title, full)


def _known(model: Encoder | CausalLM) -> Record:
    info = model.info
    return {"model": info.name, "revision": info.revision, "engine": info.engine, "dtype": info.dtype}


def _named(model: Encoder | CausalLM) -> str:
    info = model.info
    return f"{info.name} {info.revision}, {info.engine}, {info.dtype}"
