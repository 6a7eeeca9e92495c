"""What a transformers model says of tokens: states of positions, then logits, without a [T, V] array in between.

With a vocabulary of 262,144 the output layer is most of the work and all of the memory. `Split` applies it itself,
to the positions that are asked for and a block of the vocabulary at a time, so that logits are summed while they
are in the processor's cache. A model whose logits are not its hidden states times one matrix stays `Whole`; which
one it is is not guessed from its name: `reader` compares with the model's own logits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from llmlab.arrays import Ints
from llmlab.backends.base import TokenStats
from llmlab.backends.finite import check_finite
from llmlab.errors import MisuseError
from llmlab.language import tr

BLOCK = 1024  # rows of the output layer at a time
PROBE = (3, 5, 7, 4)
TOLERANCE = {torch.float32: 1e-5, torch.float16: 3e-3, torch.bfloat16: 2e-2}  # of the largest logit: a few roundings


class Reader(Protocol):
    """A model in two steps."""

    def states(self, keep: int, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """What the last `keep` positions of one pass come to, [B, keep, W], and the cache of keys and values."""
        ...

    def logits(self, states: Any) -> Iterator[Any]:
        """Logits after the states [n, W] in blocks of the vocabulary, in its order, each [n, <= V] float32."""
        ...


@dataclass(frozen=True)
class Whole:
    """The model's own forward pass: states are logits."""

    model: Any

    def states(self, keep: int, inputs: dict[str, Any]) -> tuple[Any, Any]:
        output = self.model(**inputs, logits_to_keep=keep)
        return output.logits[:, -keep:], cache_of(self.model, output)  # a few models keep all whatever they are told

    def logits(self, states: Any) -> Iterator[Any]:
        yield states.float()


@dataclass(frozen=True)
class Split:
    """Hidden states of the model without its output layer; the layer, and the cap that Gemma 2 puts on logits."""

    body: Any
    weight: Any  # [V, D]
    bias: Any | None  # [V]
    cap: float | None

    def states(self, keep: int, inputs: dict[str, Any]) -> tuple[Any, Any]:
        output = self.body(**inputs)
        return output.last_hidden_state[:, -keep:], cache_of(self.body, output)

    def logits(self, states: Any) -> Iterator[Any]:
        biases = [None] * -(-len(self.weight) // BLOCK) if self.bias is None else self.bias.split(BLOCK)
        for weight, bias in zip(self.weight.split(BLOCK), biases, strict=True):
            block = torch.nn.functional.linear(states, weight, bias).float()
            yield torch.tanh(block / self.cap) * self.cap if self.cap else block


def cache_of(model: Any, output: Any) -> Any:
    """The keys and values after a pass. Raises MisuseError for XLNet, RWKV and such, which have none of this kind."""
    if not hasattr(output, "cache"):
        raise MisuseError(
            tr("{model} keeps no keys and values, which is needed", model=type(model).__name__), tr("use another model")
        )
    return output.cache


def reader(model: Any, device: str) -> Reader:
    """`Split` if it gives the model's own logits, else `Whole`."""
    head, body = model.get_output_embeddings(), model.base_model
    if type(head) is not torch.nn.Linear or body is model or model.config.get_text_config().vocab_size <= max(PROBE):
        return Whole(model)
    cap = getattr(model.config.get_text_config(), "final_logit_softcapping", None)
    split = Split(body, head.weight, head.bias, cap)
    inputs = {"input_ids": torch.tensor([PROBE], device=device), "use_cache": False}
    with torch.inference_mode():
        expected = model(**inputs).logits[0].float()
        check_finite(_numpy(expected.amax(-1)))
        try:
            found = rows(split, split.states(len(PROBE), inputs)[0][0])
        except (AttributeError, RuntimeError, TypeError):  # the body answers in another shape than the model reads
            return Whole(model)
    near = TOLERANCE[model.dtype] * expected.abs().max()
    same = found.shape == expected.shape and (found - expected).abs().max() <= near
    return split if same else Whole(model)


def rows(model: Reader, states: Any) -> Any:
    """Whole rows of logits, [n, V] float32."""
    blocks = list(model.logits(states))
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks, -1)


def logprobs(model: Reader, states: Any, places: Ints, tokens: Ints) -> TokenStats:
    """Log-probabilities of tokens [Q] after the states at `places` [Q] of [n, W]; the other columns stay empty."""
    own = np.empty(len(tokens), np.float64)  # [Q] the tokens' logits
    sums, begin = [], 0  # log sum exp of each block, [n]
    for block in model.logits(states):
        sums.append(torch.logsumexp(block, -1))
        here = np.flatnonzero((tokens >= begin) & (tokens < begin + block.shape[1]))
        own[here] = _numpy(block[torch.from_numpy(places[here]), torch.from_numpy(tokens[here] - begin)])
        begin += block.shape[1]
    totals = _numpy(torch.logsumexp(torch.stack(sums).double(), 0))  # [n]
    check_finite(totals)
    count = len(tokens)
    return TokenStats(own - totals[places], np.zeros(count, np.int64), np.full(count, np.nan))


def details(model: Reader, states: Any, places: Ints, tokens: Ints, most: int) -> TokenStats:
    """The same with ranks and entropies; `places` do not fall, `most` rows of logits at a time."""
    parts = []
    for begin in range(0, len(states), most):
        logits = rows(model, states[begin : begin + most])
        first, last = np.searchsorted(places, [begin, begin + most])
        parts.append(_details(logits, places[first:last] - begin, tokens[first:last]))
    return TokenStats.join(parts)


def _details(logits: Any, places: Ints, tokens: Ints) -> TokenStats:
    """From whole rows of logits [n, V]."""
    check_finite(_numpy(logits.amax(-1)))
    logprobs = torch.log_softmax(logits, -1)
    entropies = torch.stack([torch.special.entr(row.exp()).sum(dtype=torch.float64) for row in logprobs])
    at = torch.from_numpy(places)
    own = logits[at, torch.from_numpy(tokens)]  # [Q]
    ranks = [1 + int((logits[place] > value).sum()) for place, value in zip(places, own, strict=True)]
    return TokenStats(
        _numpy(logprobs[at, torch.from_numpy(tokens)]),
        np.array(ranks, np.int64),
        _numpy(entropies[at]),
    )


def _numpy(tensor: Any) -> Any:
    return tensor.double().cpu().numpy()
