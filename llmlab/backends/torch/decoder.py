"""Continuations of one context with transformers: its keys and values are computed once, then copied to each row."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from llmlab.arrays import Floats


class TorchDecoder:
    """Continuations of one context: its keys and values are computed once, then copied to each row."""

    def __init__(self, model: Any, device: str, ids: tuple[int, ...], n: int) -> None:
        self._model, self._device = model, device
        output = _run(model, input_ids=torch.tensor([ids], device=device), use_cache=True, logits_to_keep=1)
        self.first: Floats = _logits(output, 1)[0, 0]
        self._context = output.cache
        self._n = n
        self.restart()

    def restart(self) -> None:
        self._cache = copy.deepcopy(self._context)
        self._places = dict.fromkeys(range(self._n), 0)  # row -> its place in the cache
        self._held = 1  # rows in the cache

    def step(self, rows: Sequence[int], ids: Sequence[int]) -> Floats:
        places = [self._places[row] for row in rows]
        if places != list(range(self._held)):
            self._cache.reorder_cache(torch.tensor(places, device=self._device))
        self._places, self._held = {row: place for place, row in enumerate(rows)}, len(rows)
        output = _run(
            self._model,
            input_ids=torch.tensor(ids, device=self._device)[:, None],
            cache=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cache = output.cache
        return _logits(output, 1)[:, 0]


def _run(model: Any, **inputs: Any) -> Any:
    with torch.inference_mode():
        return model(**inputs)


def _logits(output: Any, kept: int) -> Floats:
    """The last `kept` positions, [B, kept, V]; a few models do not know logits_to_keep and return all."""
    return np.asarray(output.logits[:, -kept:].float().cpu().numpy(), np.float32)
