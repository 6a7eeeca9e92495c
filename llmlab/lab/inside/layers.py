"""What each layer's state says of the next token: the logit lens (nostalgebraist 2020, "interpreting GPT: the logit
lens").

The model's final norm and output layer are applied to the state of the last token after every layer, as if it were the
last. That is a projection onto the vocabulary: it shows how near a state lies to what the output layer reads, and not
what a layer is for. Of early layers it says little.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM
from llmlab.errors import MisuseError
from llmlab.lab import alternatives
from llmlab.lab.alternatives import Alternatives
from llmlab.lab.inside.charts import layers as charts
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shown import Shown
from llmlab.lab.text import BITS, finite, number, probability, quoted, raw, show
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

LENS = later("logit lens: the final norm and output layer on each layer's last state; layer 0 is the embedding")
CAVEAT = later("a projection, not what a layer computes; early layers say little by it")

ORDINALS = {1: later("{rank:,}st"), 2: later("{rank:,}nd"), 3: later("{rank:,}rd")}  # by the last digit


@dataclass(frozen=True)
class Layer:
    """What one layer's state says; layer 0 is the embedding."""

    number: int
    likeliest: Alternatives
    logprobs: tuple[float, ...]  # nats, of the tracked tokens
    ranks: tuple[int, ...]  # of the same, 1 is the likeliest
    entropy: float  # nats


@dataclass(frozen=True)
class Layers(Shown):
    """The next token by each layer's state."""

    context: Prompt
    ids: tuple[int, ...]  # tracked
    pieces: tuple[bytes, ...]
    layers: tuple[Layer, ...]
    origin: Provenance

    def views(self) -> list[View]:
        columns = [Column(tr("layer"), True)]
        for piece in self.pieces:
            columns += [Column(f"P({show(piece)})", True), Column(tr("rank"), True, means=tr("1 is the likeliest"))]
        columns += [
            Column(tr("entropy"), True, means=tr("uncertainty in bits")),
            Column(tr("likeliest"), wide=True, means=tr("tokens by the layer's state, and their P")),
        ]
        rows = [self._row(layer) for layer in self.layers]
        notes = (tr(LENS), tr(CAVEAT), self.origin.line)
        return [View(f"{visible(self.context.text)} ...", tuple(columns), rows, notes, self._conclusion())]

    def records(self) -> list[Record]:
        """A record a layer and tracked token."""
        return [record for layer in self.layers for record in self._records(layer)]

    def document(self) -> Record:
        shared = {"context": self.context.text, **self.origin.columns}
        return {**shared, "layers": stated_once(shared, self.records())}

    def values(self) -> list[str]:
        """Of each tracked token the first layer from which on it is the likeliest; - where it is not in the end."""
        found = map(self.leads_from, range(len(self.ids)))
        return ["-" if layer is None else str(layer) for layer in found]

    def chart(self) -> Chart:
        return charts.layers(self)

    def leads_from(self, place: int) -> int | None:
        """The first layer from which on a tracked token is the likeliest, None where it is not in the end."""
        behind = [layer.number for layer in self.layers if layer.ranks[place] > 1]
        first = behind[-1] + 1 if behind else 0
        return first if first < len(self.layers) else None

    def _row(self, layer: Layer) -> list[Cell]:
        row: list[Cell] = [layer.number]
        for logprob, rank in zip(layer.logprobs, layer.ranks, strict=True):
            row += [probability(logprob), f"{rank:,}"]
        return [*row, number(layer.entropy * BITS, 2), alternatives.shown(layer.likeliest)]

    def _records(self, layer: Layer) -> list[Record]:
        tracked = zip(self.ids, self.pieces, layer.logprobs, layer.ranks, strict=True)
        return [
            {
                "context": self.context.text,
                "layer": layer.number,
                "token": raw(piece),
                "token_id": token,
                "logprob_nats": finite(logprob),
                "probability": math.exp(logprob),
                "rank": rank,
                "entropy_bits": layer.entropy * BITS,
                "likeliest": alternatives.record(layer.likeliest),
                **self.origin.columns,
            }
            for token, piece, logprob, rank in tracked
        ]

    def _conclusion(self) -> str:
        return tr("; ").join(map(self._told, range(len(self.pieces))))

    def _told(self, place: int) -> str:
        """Of one tracked token, from which layer on it leads, or where it stands at best."""
        token, first, last = show(self.pieces[place]), self.leads_from(place), self.layers[-1]
        if first is None:
            ranks = [layer.ranks[place] for layer in self.layers]
            return tr(
                "{token} is {rank} in the end, and at best {best}, in layer {layer}",
                token=token,
                rank=_ordinal(ranks[-1]),
                best=_ordinal(min(ranks)),
                layer=ranks.index(min(ranks)),
            )
        if first == last.number:
            return tr("{token} leads in the last layer alone ({layer})", token=token, layer=first)
        return tr("{token} leads from layer {layer} of {last} on", token=token, layer=first, last=last.number)


def layers(model: CausalLM, context: Prompt, k: int = 3, tracked: Sequence[int] = ()) -> Layers:
    """The k likeliest tokens by each layer's state, and how likely those that are tracked, by number.

    None tracked is the one that the model itself finds likeliest. Raises as `CausalLM.lens` does.
    """
    rows = model.lens(context.tokens)  # [1 + layers, V] nats
    ids = tuple(tracked) or (int(sampling.top(rows[-1], 1)[0]),)
    found = tuple(_layer(model, place, row, k, ids) for place, row in enumerate(rows))
    return Layers(context, ids, tuple(map(model.piece, ids)), found, of_text(model.info))


def check(k: int, tracked: Sequence[str]) -> None:
    """Raise MisuseError, before a model is opened, for what cannot be shown."""
    if k < 1:
        raise MisuseError(tr("-k {k} shows no token", k=k), tr("at least 1"))
    if not all(tracked):
        raise MisuseError(tr("--track is empty"), tr('give a token, for example --track " Paris" or --track 冷'))


def tokens_of(model: CausalLM, context: Prompt, tracked: Sequence[str], *, allow_special: bool = False) -> list[int]:
    """The numbers of the tokens that texts are, each once.

    A token is what the text becomes where it stands after the context, or by itself. Raises MisuseError for one that is
    no single token.
    """
    return list(dict.fromkeys(_token_of(model, context, text, allow_special) for text in tracked))


def _token_of(model: CausalLM, context: Prompt, text: str, allow_special: bool) -> int:
    joint = model.encode(context.text + text, allow_special=allow_special).ids
    if joint[:-1] == context.tokens.ids:
        return joint[-1]
    alone = model.encode(text, allow_special=allow_special)
    if len(alone) == 1 and model.piece(alone.ids[0]) == text.encode():
        return alone.ids[0]
    cut = " ".join(map(show, alone.pieces))
    first = alone.pieces[0].decode(errors="ignore")
    whole = first.encode() == alone.pieces[0] and len(alone) > 1
    hint = (
        tr("track its first: --track {token}", token=quoted(first))
        if whole
        else tr("track one that is (llmlab tokens shows them)")
    )
    said = tr(
        "{text} is no single token after the text; {model} reads {cut}",
        text=quoted(text),
        model=model.info.name,
        cut=cut,
    )
    raise MisuseError(said, hint)


def _layer(model: CausalLM, place: int, row: Floats, k: int, ids: Sequence[int]) -> Layer:
    top = sampling.top(row, k).tolist()
    likeliest = tuple((model.piece(token), float(row[token])) for token in top)
    ranks = tuple(1 + int(np.count_nonzero(row > row[token])) for token in ids)
    return Layer(place, likeliest, tuple(float(row[token]) for token in ids), ranks, sampling.entropy(row))


def _ordinal(rank: int) -> str:
    if rank % 100 in (11, 12, 13):
        return tr("{rank:,}th", rank=rank)
    return tr(ORDINALS.get(rank % 10, later("{rank:,}th")), rank=rank)
