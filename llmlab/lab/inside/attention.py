"""Where a model's last token looks: how much of each head's weight lies on which tokens, layer by layer.

A head's weights are the softmax(q k / sqrt(d)) of Vaswani et al. 2017, which sum to 1. Much of it rests on the first
token whatever stands there (Xiao et al. 2023, "attention sinks"). Weights are no explanation of what the model says:
others may give the same answer (Jain and Wallace 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from llmlab.arrays import Doubles, Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM
from llmlab.errors import MisuseError
from llmlab.lab.inside.charts import attention as charts
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import number, raw, show
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

CAVEAT = later("weights are not an explanation of what the model says (Jain and Wallace 2019)")


@dataclass(frozen=True)
class Attention(Shown):
    """The weights of the last token, of all layers or of the heads of one."""

    context: Prompt
    pieces: tuple[bytes, ...]  # [T] of what is read, BOS first
    weights: Floats = field(compare=False, repr=False)  # [layers, heads, T]
    layer: int | None  # whose heads are asked for, from 1
    k: int  # tokens named in a row
    origin: Provenance

    def views(self) -> list[View]:
        one = self.layer is not None
        columns = [Column(tr("head") if one else tr("layer"), True)]
        columns += [
            Column(show(self.pieces[0]), True, means=tr("share on the first token")),
            Column(tr("itself"), True, means=tr("on the last")),
            Column(tr("others"), wide=True, means=tr("on those between, the most first")),
        ]
        if not one:
            columns.append(Column(tr("sharpest head"), wide=True, means=tr("of all, on one token after the first")))
        rows = [self._row(*found) for found in enumerate(self.rows, 1)]
        each = (
            tr("the last token's attention, a row a head; all its shares sum to 1")
            if one
            else tr("the last token's attention, a row a layer, the mean of its heads; all its shares sum to 1")
        )
        notes = (each, tr(CAVEAT), self.origin.line)
        text = visible(self.context.text)
        title = tr("{text}, layer {layer}", text=text, layer=self.layer) if one else text
        return [View(title, tuple(columns), rows, notes, self._conclusion())]

    def records(self) -> list[Record]:
        """A record a layer and token, the mean of its heads; of one layer a record a head and token."""
        tokens = list(enumerate(map(raw, self.pieces)))
        return [
            {
                "context": self.context.text,
                "layer": self.layer or place,
                "head": place if self.layer else None,
                "position": position,
                "token": token,
                "weight": float(row[position]),
                **self.origin.columns,
            }
            for place, row in enumerate(self.rows, 1)
            for position, token in tokens
        ]

    def document(self) -> Record:
        shared = {"context": self.context.text, **self.origin.columns}
        return {**shared, "weights": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        """The mean share on the first token."""
        return [repr(float(self.rows[:, 0].mean()))]

    def chart(self) -> Chart:
        return charts.weights(self)

    @property
    def rows(self) -> Doubles:
        """The mean of the heads of each layer, or each head of the one that is asked for, [rows, T]."""
        if self.layer is not None:
            return np.asarray(self.weights[self.layer - 1], np.float64)
        return np.asarray(self.weights.mean(axis=1, dtype=np.float64))

    @property
    def shown(self) -> list[str]:
        """The tokens for the eye; one that stands there several times has its position."""
        names = list(map(show, self.pieces))
        return [f"{name} ({place})" if names.count(name) > 1 else name for place, name in enumerate(names)]

    def _row(self, place: int, row: Doubles) -> list[Cell]:
        top = 1 + sampling.top(row[1:-1], self.k)
        found = "  ".join(f"{self.shown[at]} {number(row[at], 2)}" for at in top.tolist())
        itself = number(row[-1], 2) if len(row) > 1 else "-"
        cells: list[Cell] = [place, number(row[0], 2), itself, found]
        return cells if self.layer is not None else [*cells, self._sharpest(place)]

    def _sharpest(self, layer: int) -> str:
        """The head of a layer with the largest weight after the first token, on which, and how much."""
        after = self.weights[layer - 1, :, 1:]  # [heads, T - 1]
        if not after.size:
            return "-"
        head, at = np.unravel_index(after.argmax(), after.shape)
        return f"{head + 1}: {self.shown[at + 1]} {number(float(after[head, at]), 2)}"

    def _conclusion(self) -> str:
        mean = self.rows.mean(axis=0)
        if self.layer is None:
            where = tr("the mean of all heads and layers")
        else:
            where = tr("the mean of the heads of layer {layer}", layer=self.layer)
        if len(mean) == 1:
            return tr(
                "{share:.0%} of the last token's attention lies on {first}, which stands first: {where}",
                share=mean[0],
                first=self.shown[0],
                where=where,
            )
        most = 1 + int(mean[1:].argmax())
        return tr(
            "{share:.0%} of the last token's attention lies on {first}, which stands first, and most of the rest on "
            "{other} ({rest:.0%}): {where}",
            share=mean[0],
            first=self.shown[0],
            other=self.shown[most],
            rest=mean[most],
            where=where,
        )


def attention(model: CausalLM, context: Prompt, layer: int | None = None, k: int = 3) -> Attention:
    """The weights of the last token of a text in every layer, or in each head of one, counted from 1.

    Raises MisuseError for a layer that the model has not, and as `CausalLM.attention` does.
    """
    if layer is not None and not 1 <= layer <= model.info.layers:
        said = tr("{model} has no layer {layer}", model=model.info.name, layer=layer)
        raise MisuseError(said, tr("1 to {last}", last=model.info.layers))
    weights = model.attention(context.tokens)
    pieces = (*_bos(model), *context.tokens.pieces)
    return Attention(context, pieces, weights, layer, k, of_text(model.info))


def _bos(model: CausalLM) -> Sequence[bytes]:
    return () if model.info.bos is None else (model.info.bos.encode(),)
