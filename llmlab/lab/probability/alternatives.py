"""What else might have come at each place of a text: the likeliest tokens beside the one that stands there."""

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.lab.alternatives import Alternatives
from llmlab.lab.probability import windows
from llmlab.progress import Progress, silent


def alternatives(model: CausalLM, tokens: Tokens, k: int, progress: Progress = silent) -> list[Alternatives]:
    """The k likeliest others at each token of a text, each after all that is scored before it.

    None where nothing stands before a token (the first, without BOS). A text longer than the model reads at once is
    read in the windows in which it is scored.
    """
    requests = windows.pieces(windows.Windows.of(model.info), ScoreRequest(tokens))
    found: list[Alternatives] = [()] * (0 if model.info.bos else 1)
    for token, logits in windows.foretold(model, requests):
        found.append(_others(model, logits, token, k))
        progress(len(found), len(tokens))
    return found[: len(tokens)]


def _others(model: CausalLM, logits: Floats, token: int, k: int) -> Alternatives:
    logprobs = sampling.log_softmax(logits)
    best = [other for other in sampling.top(logprobs, k + 1).tolist() if other != token][:k]
    return tuple((model.piece(other), float(logprobs[other])) for other in best if np.isfinite(logprobs[other]))
