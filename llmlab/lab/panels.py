"""What a page needs to play with a result: texts shaded part by part, and distributions that are small enough to be
carried, and exact at every temperature.

Of some 262,144 log-probabilities the highest are carried one by one. The others lie in bins of 0.01 nats, each with
its count n and its mean m: the sum of exp(z / T) over a bin is n exp(m / T) but for its second order, which is a share
of (0.01 / 2T)^2 / 2 at most, 5e-5 at T = 0.5. One mass for all of them would be wrong at every T but one.
"""

import math
from collections.abc import Sequence

import numpy as np

from llmlab.arrays import Doubles, Floats
from llmlab.backends.settings import Settings
from llmlab.lab.shaded import FULL
from llmlab.lab.text import BITS, number, probability, raw, show
from llmlab.language import tr
from llmlab.view import Seen, Shaded, Shading, TemperatureSlider

HIGHEST = 2000  # tokens carried one by one
BIN = 0.01  # nats
DIGITS = 7  # of a log-probability in nats, after the point: about what float32 has


def slider(
    title: str,
    pieces: Sequence[bytes],
    logprobs: Floats,
    temperatures: Sequence[float],
    filters: Settings,
    seen: Sequence[Seen] = (),
) -> TemperatureSlider:
    """A distribution to play with: log-probabilities [V] in nats at T = 1, and the likeliest of its tokens.

    Tokens that cannot come (-inf) are left out: no temperature brings them back.
    """
    falling = -np.sort(-logprobs[np.isfinite(logprobs)].astype(np.float64))
    highest = max(HIGHEST, len(pieces))  # a token that has a bar is carried by itself
    return TemperatureSlider(
        title,
        [show(piece) for piece in pieces][: len(falling)],
        falling[:highest].round(DIGITS).tolist(),
        bins(falling[highest:]),
        temperatures,
        filters.top_k,
        filters.top_p,
        filters.min_p,
        seen,
        penalised(filters.repetition_penalty),
    )


def penalised(penalty: float) -> str:
    """What is said of log-probabilities that are not the model's own."""
    if penalty == 1:
        return ""
    return tr("The logits z are those after a repetition penalty of {penalty:g}.", penalty=penalty)


def bins(falling: Doubles) -> list[tuple[int, float]]:
    """Log-probabilities, the highest first, in bins: how many, and their mean in nats."""
    if not len(falling):
        return []
    places = np.floor((falling[0] - falling) / BIN)
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    counts = np.diff(starts, append=len(falling))
    means = np.add.reduceat(falling, starts) / counts
    return list(zip(counts.tolist(), means.round(DIGITS).tolist(), strict=True))


def shading(title: str, parts: Sequence[Shaded], instead: str = "") -> Shading:
    """A text to point at; `instead` heads what else might have come."""
    legend = [(tr("{bits} bits", bits=bits), bits / FULL) for bits in (0, 2, 4, 8, 12)]
    legend.append((tr("{bits} or more", bits=FULL), 1.0))
    return Shading(title, parts, legend, (instead or tr("instead"), "P", tr("bits"), tr("rank")))


def part(
    piece: bytes, logprob: float, rank: int | None, others: Sequence[tuple[bytes, float]], **facts: float | None
) -> Shaded:
    """A part of a text with its surprisal, `facts` in bits, and the likeliest others with their nats.

    The ranks of the others follow from the part's own: they are the likeliest but it.
    """
    unknown = math.isnan(logprob)
    told = [(tr("part"), show(piece)), ("P", probability(logprob)), (tr("surprisal"), _bits(logprob))]
    told += [(tr("rank"), f"{rank:,}")] if rank else []
    told += [(name, tr("{bits} bits", bits=number(bits, 2))) for name, bits in facts.items() if bits is not None]
    rows = []
    for place, (other, nats) in enumerate(others, 1):
        own = place + 1 if rank and rank <= place else place
        rows.append((show(other), probability(nats), number(-nats * BITS, 2), str(own)))
    return Shaded(raw(piece), 0.0 if unknown else min(-logprob * BITS / FULL, 1.0), told, rows)


def _bits(logprob: float) -> str:
    if math.isnan(logprob):
        return tr("nothing stands before it")
    return tr("{bits} bits", bits=number(-logprob * BITS, 2))
