"""What else might have come at each place of a text: the likeliest tokens beside the one that stands there."""

from collections.abc import Iterator

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
    read in the windows in which it is scored, each from its beginning on, a token a step.
    """
    found: list[Alternatives] = []
    for window in windows.pieces(windows.Windows.of(model.info), ScoreRequest(tokens)):
        for place, logits in _after(model, window.tokens):
            if place >= window.start:
                found.append(_others(model, logits, window.tokens.ids[place], k))
                progress(len(found), len(tokens))
        if len(found) < len(tokens) and window.start == 0 and not model.info.bos:
            found.insert(0, ())
    return found


def _after(model: CausalLM, tokens: Tokens) -> Iterator[tuple[int, Floats]]:
    """Each place of a text that anything stands before, and the logits [V] there; valid until the next."""
    first = 0 if model.info.bos else 1
    if first >= len(tokens):
        return
    decoder = model.decoder(tokens[:first], 1, len(tokens) - first)
    yield first, decoder.first
    for place in range(first + 1, len(tokens)):
        yield place, decoder.step([0], [tokens.ids[place - 1]])[0]


def _others(model: CausalLM, logits: Floats, token: int, k: int) -> Alternatives:
    logprobs = sampling.log_softmax(logits)
    best = [other for other in sampling.top(logprobs, k + 1).tolist() if other != token][:k]
    return tuple((model.piece(other), float(logprobs[other])) for other in best if np.isfinite(logprobs[other]))
