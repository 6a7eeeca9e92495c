"""How many layers config.json says, compared with the names of the weights before a model is made.

transformers makes all layers before it looks at the weights: ten million of them take hours.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llmlab.backends import safetensor_files
from llmlab.errors import DamagedError
from llmlab.language import tr

COUNTS = (  # what types of models call it
    *("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    *("encoder_layers", "decoder_layers", "num_decoder_layers"),
)
REPEATED = ("albert",)  # types of models that go through one layer many times
NUMBERED = re.compile(r"(.*?)\.(\d+)\.")  # up to the number of a layer


def check(folder: Path) -> None:
    """Raise DamagedError where config.json says more layers than there are weights that could be a layer's each.

    A few layers too many are left to transformers, which names the weights that lack.
    """
    said = max(_counts(folder), default=0)
    names = [name for path in safetensor_files.paths(folder) for name in safetensor_files.tensors(path)]
    numbered = [found for name in names if (found := NUMBERED.match(name))]
    if numbered and said > len(numbered):
        message = tr(
            "the config.json of {folder} says {said:,} layers; its weights are those of {held:,}",
            folder=folder,
            said=said,
            held=_held(numbered),
        )
        raise DamagedError(message, tr("fetch config.json again"))


def _held(numbered: Iterable[re.Match[str]]) -> int:
    """Layers that have weights: the most of one kind, where there are an encoder's and a decoder's."""
    layers = defaultdict(set)
    for found in numbered:
        layers[found[1]].add(int(found[2]))
    return max(map(len, layers.values()))


def _counts(folder: Path) -> list[int]:
    """The numbers of layers in config.json and its parts; none of one that is no good, as transformers will say."""
    try:
        whole: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        parts = [whole, *(part for part in whole.values() if isinstance(part, dict))]
    except (OSError, ValueError, AttributeError):
        return []
    told = [part.get(name) for part in parts if part.get("model_type") not in REPEATED for name in COUNTS]
    return [count for count in told if isinstance(count, int)]
