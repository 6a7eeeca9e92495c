"""What else might have come at each place of a text: the likeliest tokens beside the one that stands there."""

from collections.abc import Iterator

import numpy as np

from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.lab.alternatives import Alternatives
from llmlab.lab.probability import windows
from llmlab.progress import Progress, silent

TOGETHER = 16  # next-token distributions held at a time


def alternatives(model: CausalLM, tokens: Tokens, k: int, progress: Progress = silent) -> list[Alternatives]:
    """The k likeliest others at each token of a text, each after all that is scored before it.

    None where nothing stands before a token (the first, without BOS). A text longer than the model reads at once is
    read in the windows in which it is scored.
    """
    found: list[Alternatives] = []
    places = list(_places(model, tokens))
    for start in range(0, len(places), TOGETHER):
        group = places[start : start + TOGETHER]
        known = [(context, token) for context, token in group if len(context) or model.info.bos]
        nexts = model.next([context for context, _ in known]) if known else ()
        found += [()] * (len(group) - len(known))
        for logprobs, (_, token) in zip(nexts, known, strict=True):
            best = [other for other in sampling.top(logprobs, k + 1).tolist() if other != token][:k]
            possible = [other for other in best if np.isfinite(logprobs[other])]
            found.append(tuple((model.piece(other), float(logprobs[other])) for other in possible))
        progress(len(found), len(tokens))
    return found


def _places(model: CausalLM, tokens: Tokens) -> Iterator[tuple[Tokens, int]]:
    """What stands before each token in the window that scores it, and the token."""
    for window in windows.pieces(windows.Windows.of(model.info), ScoreRequest(tokens)):
        for place in range(window.start, len(window.tokens)):
            yield window.tokens[:place], window.tokens.ids[place]
