"""The pictures of neighbors: a map of the words round a query, and one a space where several are asked."""

from collections import Counter
from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.vectors.charts.word_map import FEW, WordMap, drawn, mapped
from llmlab.language import tr
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.vectors.neighbors import Neighbors
    from llmlab.lab.vectors.side_by_side import SideBySide

HIGH = 380  # px of a map among others


def neighbourhood(found: "Neighbors") -> Chart:
    """The map and the ranking; of a query without neighbours, that there are none."""
    views = found.views()
    if not found.neighbors:
        return chart.picture(views)
    of = mapped(found)
    return chart.picture(views, drawn(of), notes=[*of.notes, *of.left_out, *views[0].notes])


def side_by_side(beside: "SideBySide") -> Chart:
    """A map a space, below each other: at 800 px two abreast have no room for their labels."""
    met = Counter(word for found in beside.asked for word in dict.fromkeys(one.word.lower() for one in found.neighbors))
    shared = [word for word, times in met.items() if times > 1]
    colours = {word: number for number, word in enumerate(shared)}
    maps = [_among_others(found) if found.neighbors else None for found in beside.asked]
    coloured = [tr("a word in several of the spaces has one colour in all")] if shared else []
    notes = dict.fromkeys(coloured + [note for of in maps if of for note in of.notes])
    parts = []
    for name, found, of in zip(beside.names, beside.asked, maps, strict=True):
        own = chart.caption([*(of.left_out if of else ()), *found.notes()])
        shown = [drawn(of, colours), own] if of else [own]
        parts.append({"title": chart.heading(name, [found.conclusion]), "vconcat": shown})
    return chart.picture(beside.views(), *parts, notes=notes)


def _among_others(found: "Neighbors") -> WordMap:
    """A lower map, unless its words need the room."""
    return mapped(found, HIGH) if len(found.neighbors) <= FEW else mapped(found)
