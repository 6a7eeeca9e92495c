"""Whether a model is causal, by what it does: a later token must not change an earlier token's score.

P(text) is the product of P(token | before) only then. A masked model or one that reads in both directions gives
numbers too, and they look like scores.
"""

import numpy as np

from llmlab.arrays import Doubles
from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.errors import MisuseError
from llmlab.language import tr

SHARED = (1, 2, 3, 4, 5)  # the beginning of two texts, in tenths of the vocabulary
ENDINGS = ((6, 7, 8), (9, 0, 6))
NEAR = 1e-4  # nats: the same sums of the same numbers; measured is 0 on every engine
NEAR_IN_16_BITS = 0.02  # experts that are given other tokens beside these may round otherwise


def check_causal(model: CausalLM) -> None:
    """Raise MisuseError for a model whose scores of a text's beginning change with its end."""
    tenth = (model.info.vocabulary - 1) / 10
    beginnings: list[Doubles] = []
    for ending in ENDINGS:  # one at a time: an engine computes what texts share only once
        ids = tuple(round(tenth * place) for place in (*SHARED, *ending))
        stats = model.score([ScoreRequest(Tokens(ids, (b"",) * len(ids)))])[0]
        beginnings.append(stats.logprobs[: len(SHARED)])
    near = NEAR_IN_16_BITS if model.info.dtype in ("bfloat16", "float16") else NEAR
    one, other = beginnings
    if not np.allclose(one, other, rtol=0, atol=near, equal_nan=True):
        raise MisuseError(
            tr(
                "{model} is no causal language model: later tokens change the scores of those before",
                model=model.info.name,
            ),
            tr("see `llmlab models list`; llmlab embed gives vectors of a masked model"),
        )
