"""The picture of tokens: each text with its tokens as pieces of two shades, and bars of tokens a character."""

from typing import TYPE_CHECKING

from msgspec import structs

from llmlab.lab import chart
from llmlab.lab.shaded import shaded
from llmlab.lab.text import QUOTED, raw
from llmlab.language import tr
from llmlab.render.safe import visible
from llmlab.view import Chart, View

if TYPE_CHECKING:
    from llmlab.lab.inside.tokens import TokenCut, TokenCuts

MOST, FEW = 400, 60  # tokens that are drawn of one text, and of one of several
READ, BARS = 8, 60  # texts that are drawn as pieces, and as bars
SHADES = {"domain": [0, 1], "range": [0.12, 0.45]}  # of the one piece, and of the next


def one(cut: "TokenCut") -> Chart:
    """One text: its pieces."""
    count = len(cut.tokens)
    said = tr("the first {drawn} of {count:,} tokens", drawn=MOST, count=count) if count > MOST else ""
    return chart.picture(_noted(cut.views(), said), _pieces(cut, MOST))


def several(cuts: "TokenCuts") -> Chart:
    """The first texts as pieces, each by every tokenizer, and a bar for each of the two."""
    found, beside = cuts.all, len(cuts.by_text[0])
    read = [{**_pieces(one, FEW), "title": chart.heading(_heading(one, FEW))} for one in found[:READ]]
    count = len(found)
    said = tr("the pieces of the first {drawn} of {count:,}", drawn=READ, count=count) if count > READ else ""
    cut = tr("the first {drawn} of {count:,} bars", drawn=BARS, count=count) if count > BARS else ""
    label = _name if len(cuts.by_text) == 1 else _text if beside == 1 else _both
    rows = chart.data(
        cuts.records()[:BARS],
        *("text", "model", "tokens", "characters", "words", "tokens_per_character", "tokens_per_word"),
        rank=list(range(1, len(found[:BARS]) + 1)),
        shown=list(map(label, found[:BARS])),
        figure=[f"{one.per_character:.2f}" for one in found[:BARS]],
    )
    room = chart.FIGURE / (chart.WIDTH - chart.FIGURE - chart.LABEL * chart.CELL)
    most = max(row["tokens_per_character"] for row in rows["values"]) * (1 + room)
    value = chart.number("tokens_per_character", tr("tokens a character"), scale={"domain": [0, most], "nice": False})
    hover = chart.tooltip(
        shown=tr("tokenizer") if label is _name else tr("text"),
        tokens=tr("tokens"),
        characters=tr("characters"),
        words=tr("words"),
        figure=tr("tokens a character"),
    )
    bars = chart.bars(rows, value, hover, chart.figures(rows, value))
    return chart.picture(_noted(cuts.views(), said, cut), *read, bars)


def _pieces(cut: "TokenCut", most: int) -> Chart:
    """A text in lines, its tokens in turn of one shade and of the other."""
    records = cut.each()[:most]
    shown = [visible(raw(piece), alone=False) for piece in cut.tokens.pieces[:most]]
    turns = [place % 2 for place in range(len(records))]
    rows = chart.data(records, "position", "token", "token_id", "bytes", "part_of", shown=shown, turn=turns)
    hover = chart.tooltip(shown=tr("token"), token_id=tr("id"), bytes=tr("bytes"), part_of=tr("part of"))
    return shaded(rows, hover, "turn", SHADES)


def _heading(cut: "TokenCut", most: int) -> str:
    name, count = _name(cut), len(cut.tokens)
    if count > most:
        return tr("{name}: {count:,} tokens, the first {drawn}", name=name, count=count, drawn=most)
    return tr("{name}: {count:,} tokens", name=name, count=count)


def _name(cut: "TokenCut") -> str:
    return visible(cut.info.name)


def _text(cut: "TokenCut") -> str:
    return visible(cut.text if len(cut.text) <= QUOTED else f"{cut.text[: QUOTED - 1]}…")


def _both(cut: "TokenCut") -> str:
    return f"{_text(cut)} ({_name(cut)})"


def _noted(views: list[View], *said: str) -> list[View]:
    """Tables with notes of the picture in place of those that speak of their rows."""
    first, *rest = views
    notes = [note for note in first.notes if "--format" not in note]
    return [structs.replace(first, notes=(*filter(None, said), *notes)), *rest]
