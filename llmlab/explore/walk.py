"""The state of the screen's second half: a walk from word to word, and the neighbours of where it stands."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from llmlab.arrays import Doubles, unit_rows
from llmlab.config import Config, MetricName
from llmlab.lab.languages import space_for
from llmlab.lab.vectors import embed
from llmlab.lab.vectors.asking import vector_of
from llmlab.lab.vectors.map import project
from llmlab.lab.vectors.metrics import METRICS
from llmlab.lab.vectors.neighbors import Neighbors, answer
from llmlab.lab.vectors.question import Question
from llmlab.lab.vectors.why import Why, explain
from llmlab.spaces.lookup import row_of
from llmlab.spaces.shelf import Shelf

LISTED = 10  # neighbours
ORDER: tuple[MetricName, ...] = ("cosine", "l2", "l1", "dot")


@dataclass(frozen=True)
class Walk:
    """Where one stands, how one came there, and by what nearness is measured."""

    space: str
    metric: MetricName = "cosine"
    path: tuple[str, ...] = ()
    listed: int = LISTED
    chosen: bool = False  # the space was; else a word in another script goes to the space of its language

    @property
    def word(self) -> str:
        """Where one stands; "" before the first word."""
        return self.path[-1] if self.path else ""

    @property
    def question(self) -> Question:
        return Question(k=self.listed, metric=self.metric)


def at_home(walk: Walk, config: Config) -> Walk:
    """The walk in the space of its word's language, unless the space was chosen."""
    return walk if walk.chosen else replace(walk, space=space_for(config, walk.word))


def next_metric(metric: MetricName) -> MetricName:
    return ORDER[(ORDER.index(metric) + 1) % len(ORDER)]


def next_space(names: list[str], name: str) -> str:
    """The space after this one, the first after the last; of one that is not among them the first."""
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


def spaces(shelf: Shelf, own: str) -> list[str]:
    """The spaces that are there without being built first, and the one that was asked for."""
    made = [name for name in shelf.config.spaces if shelf.folder(name).is_dir()]
    return list(dict.fromkeys([own, *made, *shelf.own_names]))


@dataclass(frozen=True)
class Around:
    """The neighbours of a word, and a map of them."""

    found: Neighbors
    words: tuple[str, ...]  # on the map: what was asked for, the words of a sum, the neighbours
    xy: Doubles  # [N, 2]
    shares: tuple[float, float]  # of the variance, on each axis


def around(shelf: Shelf, walk: Walk, typing: bool = False) -> Around | None:
    """The neighbours of where a walk stands. Raises MisuseError for a word that the space does not know.

    Of a word that is still `typing` None, unless the space holds it: nobody wants to be told off halfway.
    """
    space = shelf.open(walk.space)
    if typing and row_of(space, walk.word) is None:
        return None
    found = answer(space, walk.word, walk.question, partial(vector_of, shelf, space))
    rows = [*found.query.others, *(one.row for one in found.neighbors if one.row is not None)]
    vectors = np.vstack([found.query.vector[None], *([space.rows(np.array(rows, np.int64))] if rows else [])])
    if walk.metric == "cosine":  # which sees nothing but directions
        vectors = unit_rows(vectors)
    xy, shares = project(vectors)
    return Around(found, (walk.word, *(space.words[row] for row in rows)), xy, shares)


def why(shelf: Shelf, walk: Walk, one: str, other: str) -> Why:
    """Why two words are near by the walk's metric. Raises MisuseError as `explain` and `look_up` do."""
    space = shelf.open(walk.space)
    pair = embed.of_words(space, [vector_of(shelf, space, word) for word in (one, other)])
    return explain(pair.by(walk.metric))


def statement(metric: MetricName) -> str:
    """A metric's formula, and which way is nearer."""
    return METRICS[metric].statement
