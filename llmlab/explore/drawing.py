"""Lines of the screen from plain state. Text of models and users is never markup, and steers no terminal."""

import math
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from llmlab.explore import words
from llmlab.explore.branches import Branches, Twig
from llmlab.explore.heat import Heated, Jumps
from llmlab.explore.reader import ReadText
from llmlab.explore.walk import Around, Walk
from llmlab.lab.text import BITS, probability, raw, show
from llmlab.language import tr
from llmlab.render import strip
from llmlab.render.fold import clipped
from llmlab.render.grid import bar
from llmlab.render.safe import harmless, visible
from llmlab.view import Strip

DARKEST_BITS = 16  # as of `prob --strip`
SHADES = (2, 4, 8, 12)  # bits of the legend
TOKEN, TRACK, COUNT = 14, 7, 6  # cells
HEIGHTS = (6, 4, 1, 0)  # where a molecule is so many frames after its jump


def fit(text: str, width: int, right: bool = False) -> str:
    """A text in so many cells: filled up, or cut with an ellipsis."""
    text = clipped(harmless(text), width)
    room = " " * (width - cell_len(text))
    return room + text if right else text + room


def shaded(reading: ReadText, width: int, coloured: bool) -> list[Text]:
    """The text's tokens shaded by surprisal, and the legend."""
    parts = [
        (visible(raw(piece), alone=False), _shade(logprob))
        for piece, logprob in zip(reading.tokens.pieces, reading.logprobs.tolist(), strict=True)
    ]
    legend = [(f"{bits}", bits / DARKEST_BITS) for bits in SHADES]
    return list(strip.drawn(Strip("", parts, [*legend, (tr(words.BITS, bits=DARKEST_BITS), 1.0)]), width, coloured))


def measures(heated: Heated) -> str:
    """Entropy and exp(H) of the next token."""
    if heated.temperature == 0:
        return tr(words.ARGMAX)
    return tr(words.ENTROPY, bits=heated.entropy * BITS, choices=math.exp(heated.entropy))


def next_rows(jumps: Jumps, frame: int, width: int) -> list[Text]:
    """A row a token and one for all others: P, its bar, its molecule and how often it jumped.

    `frame` is how long ago the last one jumped.
    """
    heated = jumps.heated
    rows = [(show(piece), logprob) for piece, logprob in zip(heated.pieces, heated.logprobs, strict=True)]
    rows.append((tr(words.OTHERS), math.log(heated.rest) if heated.rest > 0 else -math.inf))
    token = _token_cells(width)
    room = max(width - token - 3 - 9 - TRACK - COUNT - 3, 0)
    drawn = [
        f"{place + 1 if place < len(heated.ids) else '':>2} {fit(name, token)} {probability(logprob):>8} "
        f"{fit(bar(math.exp(logprob), room), room)} "
        f"{_track(place == jumps.last, frame)}{jumps.counts[place] or '':>{COUNT}}"
        for place, (name, logprob) in enumerate(rows)
    ]
    return [Text(fit(row, width)) for row in drawn]


def next_head(drawn: int, width: int) -> Text:
    """What stands above the rows of next tokens, so many of which were drawn."""
    token, p, jump = tr(words.NEXT), words.P, tr(words.JUMPS, drawn=drawn)
    left = f"   {fit(token, _token_cells(width))} {fit(p, 8, right=True)}"
    return Text(left + fit(jump, max(width - cell_len(left), 0), right=True), "dim")


def slider(temperature: float, hottest: float, width: int) -> str:
    """A line with a knob."""
    place = round(temperature / hottest * (width - 1))
    return "─" * place + "●" + "─" * (width - 1 - place)


def tree(branches: Branches, width: int, height: int) -> list[Text]:
    """What was tried: the lines around the one where one stands."""
    lines = list(branches.lines())
    here = next(number for number, (_, line) in enumerate(lines) if branches.at in line)
    start = max(min(here - height // 2, len(lines) - height), 0)
    return [_branch(depth, line, branches.at, width) for depth, line in lines[start : start + height]]


def neighbor_rows(around: Around, width: int) -> list[Text]:
    """A row a neighbour: its word and its score."""
    score = 10
    room = max(width - 3 - score, 1)
    return [
        Text(f"{one.rank:>2} {fit(visible(one.word), room)}{f'{one.score:z.4f}':>{score}}")
        for one in around.found.neighbors
    ]


def path(walk: Walk, width: int) -> Text:
    """The words one came by, the last of them where there is no room for all."""
    shown = ""
    for word in reversed(walk.path):
        longer = f"{visible(word)} › {shown}" if shown else visible(word)
        if cell_len(longer) > width - 2:
            shown = f"… {shown}" if shown else fit(visible(word), width)
            break
        shown = longer
    return Text(shown)


def _branch(depth: int, line: Sequence[Twig], at: Twig, width: int) -> Text:
    """A line of the tree; of a long one the end, or what stands around where one is."""
    texts = [" " * bool(place) + show(twig.piece) for place, twig in enumerate(line)]
    sizes = [cell_len(text) for text in texts]
    head, first = "  " * depth + ("└ " if depth else ""), 0
    here = line.index(at) if at in line else 0
    used = cell_len(head) + sum(sizes[: here + 1])
    if used > width and here:
        used += 2 * depth + 1 - cell_len(head)
        head = "  " * depth + "…"
        while used > width and first < here:
            used -= sizes[first]
            first += 1
    end = _last(sizes, first, width - cell_len(head))
    parts = [(texts[place], "reverse" if line[place] is at else "") for place in range(first, end)]
    text = Text.assemble(head, *parts)
    text.truncate(width, overflow="ellipsis")
    return text


def _last(sizes: Sequence[int], first: int, room: int) -> int:
    """Up to where parts are seen: one more than there is room for, of which an ellipsis is left."""
    for place in range(first, len(sizes)):
        room -= sizes[place]
        if room < 0:
            return place + 1
    return len(sizes)


def _token_cells(width: int) -> int:
    """Cells of a token; fewer where a row is narrow, so that its jumps still stand."""
    return TOKEN if width > 2 * TOKEN + 20 else TOKEN // 2


def _track(jumped: bool, frame: int) -> str:
    """A molecule at rest, or in its jump."""
    height = HEIGHTS[min(frame, len(HEIGHTS) - 1)] if jumped else 0
    return "·" * height + "●" + "·" * (TRACK - 1 - height)


def _shade(logprob: float) -> float:
    return 0.0 if math.isnan(logprob) else min(-logprob * BITS / DARKEST_BITS, 1.0)
