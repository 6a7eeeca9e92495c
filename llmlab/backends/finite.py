"""What a model computes that is no number: damaged weights, or sums that its dtype cannot hold."""

from typing import Any

import numpy as np

from llmlab.errors import DamagedError
from llmlab.language import later, tr

LOGITS = later("the model's logits are no finite numbers: its weights are damaged, or too large for its dtype")
VECTORS = later("the model's vectors are no finite numbers: its weights are damaged, or too large for its dtype")
WEIGHTS = later("the model's attention is no finite numbers: its weights are damaged, or too large for its dtype")


def check_finite(values: Any, what: str = LOGITS) -> None:
    """Raise DamagedError, with `what` as its message, for an array that holds nan or infinity."""
    if not np.isfinite(values).all():
        raise DamagedError(tr(what), tr("fetch it again, or give --dtype float32"))
