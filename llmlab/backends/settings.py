"""How a token is drawn: the temperature, and the filters beside it. What they do stands in sampling.py."""

import math
from dataclasses import dataclass

from llmlab.errors import MisuseError
from llmlab.language import tr


@dataclass(frozen=True)
class Settings:
    """How to draw from softmax(z / T). Filters are off at 0, 1 and 0, the repetition penalty at 1."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise MisuseError(
                tr("temperature {temperature:g} is not a number from 0 up", temperature=self.temperature),
                tr("0 is argmax, 1 is the model itself"),
            )
        if self.top_k < 0:
            raise MisuseError(tr("top-k {top_k} is negative", top_k=self.top_k), tr("0 turns it off"))
        if not 0 < self.top_p <= 1:
            raise MisuseError(tr("top-p {top_p:g} is outside (0, 1]", top_p=self.top_p), tr("1 turns it off"))
        if not 0 <= self.min_p <= 1:
            raise MisuseError(tr("min-p {min_p:g} is outside [0, 1]", min_p=self.min_p), tr("0 turns it off"))
        if not (math.isfinite(self.repetition_penalty) and self.repetition_penalty > 0):
            raise MisuseError(
                tr(
                    "repetition penalty {repetition_penalty:g} is not above 0",
                    repetition_penalty=self.repetition_penalty,
                ),
                tr("1 turns it off"),
            )

    @property
    def plain(self) -> bool:
        """Whether nothing but the temperature applies, and that not the limit 0."""
        return self.temperature > 0 and self == Settings(self.temperature)
