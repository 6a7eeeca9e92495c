"""The neighbours of one word in several spaces, beside each other, and how many they share."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from llmlab.lab.shown import Shown
from llmlab.lab.text import quoted
from llmlab.lab.vectors.charts import neighbors as charts
from llmlab.lab.vectors.neighbors import Neighbors
from llmlab.language import tr, tr_many
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View


@dataclass(frozen=True)
class SideBySide(Shown):
    """The same question to several spaces."""

    asked: tuple[Neighbors, ...]

    @property
    def names(self) -> list[str]:
        return [str(one.space.facts.name) for one in self.asked]

    @property
    def shared(self) -> list[tuple[str, str, list[str], float]]:
        """For each two spaces the words that both list, whatever their case, and their share of the words of either."""
        found = []
        for (one, words), (other, others) in combinations(zip(self.names, self._words, strict=True), 2):
            both = [word for word in words if word in others]
            either = len(words) + len(others) - len(both)
            found.append((one, other, both, len(both) / either if either else 0.0))
        return found

    @property
    def _words(self) -> list[dict[str, None]]:
        """The words of each space, nearest first, whatever their case."""
        return [{one.word.lower(): None for one in found.neighbors} for found in self.asked]

    def views(self) -> list[View]:
        columns = [Column("#", True)]
        for name in self.names:
            columns += [Column(name, wide=True), self.asked[0].column]
        met = Counter(word for words in self._words for word in words)
        depth = max(len(found.neighbors) for found in self.asked)
        rows = [[place + 1, *self._cells(place, met)] for place in range(depth)]
        notes = (tr("*: in several spaces"), *dict.fromkeys(note for one in self.asked for note in one.notes()))
        return [View("", tuple(columns), rows, notes, self._conclusion()), self._overlap()]

    def records(self) -> list[Record]:
        return [record for one in self.asked for record in one.records()]

    def document(self) -> Record:
        overlap = [
            {"spaces": [one, other], "words": words, "jaccard": jaccard} for one, other, words, jaccard in self.shared
        ]
        return {"query": self.asked[0].query.text, "spaces": [one.document() for one in self.asked], "overlap": overlap}

    def values(self) -> list[str]:
        return [value for one in self.asked for value in one.values()]

    def chart(self) -> Chart:
        return charts.side_by_side(self)

    def _cells(self, place: int, met: Counter[str]) -> Sequence[Cell]:
        cells: list[Cell] = []
        for found in self.asked:
            if place < len(found.neighbors):
                one = found.neighbors[place]
                star = " *" if met[one.word.lower()] > 1 else ""
                cells += [visible(one.word) + star, f"{one.score:z.4f}"]
            else:
                cells += ["", ""]
        return cells

    def _overlap(self) -> View:
        columns = (
            Column(tr("spaces"), wide=True),
            Column(tr("shared"), True),
            Column("jaccard", True, means=tr("shared words / words of either")),
            Column(tr("words"), wide=True),
        )
        rows: list[list[Cell]] = [
            [
                f"{one}, {other}",
                len(words),
                f"{jaccard:.2f}",
                " ".join(map(visible, words)),
            ]
            for one, other, words, jaccard in self.shared
        ]
        return View("", columns, rows)

    def _conclusion(self) -> str:
        """Which two spaces agree most, or that none do."""
        one, other, words, _ = max(self.shared, key=lambda found: found[3])
        query = quoted(self.asked[0].query.text)
        if not words:
            return tr("The spaces share no neighbour of {query}.", query=query)
        return tr_many(
            "{one} and {other} share {count} neighbour of {query}{most}.",
            "{one} and {other} share {count} neighbours of {query}{most}.",
            len(words),
            one=one,
            other=other,
            query=query,
            most="" if len(self.shared) == 1 else tr(", the most of two spaces"),
        )
