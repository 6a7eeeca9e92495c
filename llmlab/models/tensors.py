"""The arrays that a model is made of, and the part of it that each belongs to."""

import re
from dataclasses import dataclass
from typing import Literal

from llmlab.language import later

PARTS = (  # of a model; in a layer, in the order of its steps
    later("embedding"),
    later("attention"),
    later("MLP"),
    later("normalisation"),
    later("head"),
    later("other"),
)
Role = Literal["W", "b", "scale"]
later("scale")  # as it is shown


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def part(self) -> str:
        return part(self.name)

    @property
    def role(self) -> Role:
        """What it is in activate(W·X + b); a normalisation multiplies each number by its own scale."""
        if len(self.shape) > 1:
            return "W"
        return "b" if re.search(r"(bias|beta)$|^(proj_|ln_|cnn_)?b\d?(_\d)?$", self.name) else "scale"


def part(tensor: str) -> str:
    """The part of the model that a tensor belongs to, from its name in GGUF, transformers, or the arrays of usem.py."""
    name = tensor.lower()
    patterns = {
        "normalisation": r"norm|layernorm|ln_[0-9fgb]",
        "embedding": r"token_embd|position_embd|embed|wte|wpe|^vectors$|^q\d+$",
        "attention": r"attn|attention",
        "MLP": r"ffn|mlp|intermediate|output\.dense|feed_forward|\.fc[12]\.|^[dp]\d$",
        "head": r"^output\.|lm_head|cls\.predictions",
    }
    return next((found for found, pattern in patterns.items() if re.search(pattern, name)), "other")
