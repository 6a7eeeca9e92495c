"""A prefix forest in one forward pass of transformers: a token attends to its own ancestors and to nothing else.

The mask is four-dimensional and used as it is by models whose layers are all softmax attention with explicit
positions. Whether a model is one is not guessed from its name: `sees_forests` compares with plain passes.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from llmlab.backends.base import Floats
from llmlab.backends.forest import Forest, grow

PROBE = ((3, 5, 7, 4), (3, 5, 6), (8, 3))  # two texts that share a beginning, and one that does not
TOLERANCE = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}  # of the largest logit


def logits(model: Any, device: str, forest: Forest, wanted: Sequence[int]) -> Floats:
    """Logits after each wanted node, [len(wanted), V] float32."""
    hidden = torch.from_numpy(~forest.ancestors)
    mask = torch.zeros(hidden.shape, dtype=model.dtype).masked_fill(hidden, torch.finfo(model.dtype).min)
    with torch.inference_mode():
        output = model(
            input_ids=torch.from_numpy(forest.ids)[None].to(device),
            position_ids=torch.from_numpy(forest.positions)[None].to(device),
            attention_mask=mask[None, None].to(device),
            use_cache=False,
            logits_to_keep=torch.tensor(list(wanted), device=device),
        )
    return np.asarray(output.logits[0].float().cpu().numpy(), np.float32)


def sees_forests(model: Any, device: str) -> bool:
    """Whether a forest gives this model's own logits."""
    known = inspect.signature(model.forward).parameters
    if not {"position_ids", "logits_to_keep"} <= set(known) or model.config.get_text_config().vocab_size < 10:
        return False
    forest = grow(PROBE)
    found = logits(model, device, forest, [int(path[-1]) for path in forest.paths])
    with torch.inference_mode():
        rows = [model(input_ids=torch.tensor([ids], device=device), use_cache=False).logits[0, -1] for ids in PROBE]
    expected = np.stack([row.float().cpu().numpy() for row in rows])
    return bool(np.abs(found - expected).max() <= TOLERANCE[model.dtype] * np.abs(expected).max())


def deepest(model: Any) -> int:
    """The longest text a forest may hold: beyond a sliding window a layer would no longer see all ancestors."""
    window = getattr(model.config.get_text_config(), "sliding_window", None)
    return int(window) if window else 2**31 - 1
