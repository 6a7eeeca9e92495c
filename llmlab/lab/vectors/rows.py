"""Vectors of tokens: the rows of a model's table, its hidden states, an encoder's output; and of a word, their mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends.base import CausalLM, Encoder, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.languages import UNSPACED, language
from llmlab.lab.provenance import Provenance, of_vectors
from llmlab.lab.text import show
from llmlab.lab.vectors.charts.embed import tokens as drawn
from llmlab.lab.vectors.embed import Embeddings
from llmlab.language import later, tr, tr_many
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once


@dataclass(frozen=True)
class TokenRows(Embeddings):
    """A row vector a token of one text or several: a matrix."""

    texts: tuple[str, ...] = ()  # whose each token is
    ids: tuple[int, ...] = ()  # of a language model's tokens
    height: int = 0  # rows of the table that they are looked up in; 0 for what a model computes
    what: ClassVar[str] = later("token")

    def views(self, *, full: bool = False, strip: bool = False) -> list[View]:
        """A lone row is shown as a heat strip too."""
        return [self._value_view(full), *([self._strip_view()] if len(self.labels) == 1 else [])]

    def records(self) -> list[Record]:
        ids: list[Record] = [{"token_id": one} for one in self.ids] or [{}] * len(self.labels)
        return [
            {"token": record.pop("token"), "text": text, **own, **record}
            for record, text, own in zip(super().records(), self.texts, ids, strict=True)
        ]

    def document(self) -> Record:
        return {**self.origin.columns, "embeddings": stated_once(self.origin.columns, self.records())}

    def chart(self) -> Chart:
        return drawn(self)

    def _value_view(self, full: bool) -> View:
        """As for a text, with the number of each token, and its text where there are several."""
        whole = super()._value_view(full)
        numbers: list[list[Cell]] = [[f"{one:,}"] for one in self.ids] or [[] for _ in self.labels]
        number = [Column("id", True, means=tr("the token's number: its row in the embedding table"))]
        several = len(set(self.texts)) > 1
        texts: list[list[Cell]] = [[visible(text)] if several else [] for text in self.texts]
        label = [Column(tr("text"), wide=True)] if several else []
        columns = (*label, whole.columns[0], *(number if self.ids else []), *whole.columns[1:])
        rows = [[*text, row[0], *own, *row[1:]] for text, own, row in zip(texts, numbers, whole.rows, strict=True)]
        return View(self.title, columns, rows, whole.notes, whole.conclusion)

    def _conclusion(self) -> str:
        count, size, height = len(self.labels), self.vectors.shape[1], self.height  # one id a label
        if not height:
            return tr("each of {count} tokens is a row vector of {size} numbers", count=count, size=size)
        if count > 1:
            return tr(
                "{count} tokens: the id of each is its row in a table of {height:,} x {size}",
                count=count,
                height=height,
                size=size,
            )
        return tr(
            "{token} is one token: row {row:,} of a table of {height:,} x {size}, {size} numbers",
            token=self.labels[0],
            row=self.ids[0],
            height=height,
            size=size,
        )


def of_tokens(model: Encoder, texts: Sequence[str]) -> TokenRows:
    """One row vector a token: an encoder's output."""
    found = [model.token_vectors(text) for text in map(_filled, texts)]
    return _joined(texts, [(labels, vectors, ()) for labels, vectors in found], of_vectors(model.info))


def of_layer(model: CausalLM, texts: Sequence[str], layer: str, table: Floats | None = None) -> TokenRows:
    """One row vector a token of a language model: at layer `input` the rows of `table` [V, D], else hidden states."""
    found = []
    for text in texts:
        tokens = _encoded(model, text)
        labels = [show(piece) for piece in tokens.pieces]
        found.append((labels, layer_vectors(model, tokens, layer, table), tokens.ids))
    return replace(_joined(texts, found, _at_layer(model, layer)), height=0 if table is None else len(table))


def _joined(
    texts: Sequence[str], found: Sequence[tuple[Sequence[str], Floats, Sequence[int]]], origin: Provenance
) -> TokenRows:
    """The tokens of all texts, one below the other."""
    vectors = np.concatenate([rows for _, rows, _ in found])
    labels = tuple(label for own, _, _ in found for label in own)
    whose = tuple(text for text, (own, _, _) in zip(texts, found, strict=True) for _ in own)
    ids = tuple(one for _, _, own in found for one in own)
    matrix = tr_many(
        "a matrix of {count} token x {size} dimensions",
        "a matrix of {count} tokens x {size} dimensions",
        len(labels),
        size=vectors.shape[1],
    )
    title = tr("{text}: {matrix}", text=visible(texts[0]), matrix=matrix) if len(texts) == 1 else matrix
    return TokenRows(labels, vectors, origin, title, texts=whose, ids=ids)


def of_word(model: CausalLM, texts: Sequence[str], word: str, layer: str, table: Floats | None = None) -> Embeddings:
    """The vector of one word in each text, the mean of its tokens' at a layer: how it changes with its sentence.

    Raises MisuseError for a text that lacks the word.
    """
    labels, vectors = [], []
    for text in texts:
        tokens = _encoded(model, text)
        rows = layer_vectors(model, tokens, layer, table)
        places = _places(tokens, word)
        if not places:
            message = tr("{text!r} does not hold {word!r}", text=text, word=word)
            raise MisuseError(message, tr("give texts that hold the word"))
        for number, place in enumerate(places, 1):
            labels.append(text if len(places) == 1 else f"{text} [{number}]")
            vectors.append(rows[place].astype(np.float64).mean(axis=0))
    origin = _at_layer(model, layer)
    origin = replace(origin, columns={"word": word} | origin.columns)
    title = tr("{word} in each text: the mean of its tokens", word=visible(word))
    return Embeddings(tuple(labels), np.asarray(np.stack(vectors), np.float32), origin, title=title)


def layer_vectors(model: CausalLM, tokens: Tokens, layer: str, table: Floats | None) -> Floats:
    """The row vectors of tokens at a layer, [T, D]."""
    if table is not None:
        return np.asarray(table[list(tokens.ids)], np.float32)
    last = model.info.layers
    number = last if layer == "last" else int(layer) if layer.isdecimal() else 0
    if last and not 1 <= number <= last:  # what has no layers says so itself
        message = tr("{model} has no layer {layer!r}", model=model.info.name, layer=layer)
        raise MisuseError(message, tr("give input, last, or 1 to {last}", last=last))
    return model.hidden(tokens, number)


def _encoded(model: CausalLM, text: str) -> Tokens:
    return model.encode(_filled(text))


def _filled(text: str) -> str:
    if not text.strip():
        raise MisuseError(tr("the text is empty"), tr("give at least one word"))
    return text


def _at_layer(model: CausalLM, layer: str) -> Provenance:
    info, origin = model.info, of_vectors(model.info)
    if layer == "input":  # read from the file itself: no engine computed it
        made = {"model": info.name, "revision": info.revision}
        line = tr("{model} {revision}, rows of its input embedding table", **made)
        return origin.at(line, engine="table", library="", dtype="float32", layer=layer)
    number = str(info.layers) if layer == "last" else layer
    line = tr(
        "{origin}, hidden states after layer {number} of {count}",
        origin=origin.line,
        number=number,
        count=info.layers,
    )
    return origin.at(line, layer=number)


def _places(tokens: Tokens, word: str) -> list[list[int]]:
    """The tokens of each occurrence of a word."""
    spaced = language(word) not in UNSPACED
    before = r"(?<!\w)" if spaced and re.match(r"\w", word) else ""
    after = r"(?!\w)" if spaced and re.search(r"\w$", word) else ""
    found = re.finditer(f"{before}{re.escape(word)}{after}", tokens.text)
    return [
        [i for i, (start, end) in enumerate(tokens.spans) if start < one.end() and end > one.start()] for one in found
    ]
