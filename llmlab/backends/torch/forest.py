"""Several texts in one forward pass of transformers: side by side and padded, or merged to a prefix forest.

In a forest a token attends to its own ancestors and to nothing else. The mask is four-dimensional and used as it is
by models whose layers are all softmax attention with explicit positions. Whether a model is one is not guessed from
its name: `sees_forests` compares with plain passes.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from llmlab.arrays import Ints
from llmlab.backends.forest import Forest, Ids, grow
from llmlab.backends.torch.scores import Reader, rows

PROBE = ((3, 5, 7, 4), (3, 5, 6), (8, 3))  # two texts that share a beginning, and one that does not
TOLERANCE = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}  # of the largest logit


@dataclass(frozen=True)
class Padded:
    """Texts side by side, padded on the right; nodes are counted position by position, so that a pass over some
    positions has consecutive ones.
    """

    ids: Ints  # [B, L]
    mask: Ints  # [B, L] 0 at padding
    paths: tuple[Ints, ...]  # the nodes of each text


def pad(sequences: Sequence[Ids]) -> Padded:
    count, longest = len(sequences), max(map(len, sequences))
    ids, mask = np.zeros((count, longest), np.int64), np.zeros((count, longest), np.int64)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)], mask[row, : len(sequence)] = sequence, 1
    paths = (np.arange(len(sequence)) * count + row for row, sequence in enumerate(sequences))
    return Padded(ids, mask, tuple(paths))


def inputs(model: Any, device: str, forest: Forest) -> dict[str, Any]:
    """The arguments of one pass over a forest."""
    hidden = torch.from_numpy(~forest.ancestors)
    mask = torch.zeros(hidden.shape, dtype=model.dtype).masked_fill(hidden, torch.finfo(model.dtype).min)
    return {
        "input_ids": torch.from_numpy(forest.ids)[None].to(device),
        "position_ids": torch.from_numpy(forest.positions)[None].to(device),
        "attention_mask": mask[None, None].to(device),
        "use_cache": False,
    }


def sees_forests(model: Any, reader: Reader, device: str) -> bool:
    """Whether a forest gives this model's own logits."""
    if "position_ids" not in inspect.signature(model.forward).parameters:
        return False
    if model.config.get_text_config().vocab_size <= max(map(max, PROBE)):
        return False
    forest = grow(PROBE)
    lasts = [int(path[-1]) for path in forest.paths]
    with torch.inference_mode():
        states, _ = reader.states(len(forest), inputs(model, device, forest))
        found = rows(reader, states[0, lasts])
        plain = [model(input_ids=torch.tensor([ids], device=device), use_cache=False).logits[0, -1] for ids in PROBE]
        expected = torch.stack(plain).float()
        return bool((found - expected).abs().max() <= TOLERANCE[model.dtype] * expected.abs().max())


def deepest(model: Any) -> int:
    """The longest text a forest may hold: beyond a sliding window a layer would no longer see all ancestors."""
    window = getattr(model.config.get_text_config(), "sliding_window", None)
    return int(window) if window else 2**31 - 1
