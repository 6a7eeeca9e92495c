"""How good a space is: whether its cosines rank word pairs as people do, and whether it solves analogies.

The measures are those of the word vector literature: Spearman's correlation over pairs with scores (Finkelstein et
al. 2001), and a is to b as c is to ? by 3CosAdd, the words of the question left out (Mikolov et al. 2013). Pairs and
questions with words that the space lacks are left out and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from llmlab.arrays import Doubles, Ints, unit_rows
from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance, of_space
from llmlab.lab.shares import INTERVAL, Share
from llmlab.lab.vectors.judgements import Analogy, WordPair
from llmlab.lab.vectors.metrics import METRICS
from llmlab.render.safe import visible
from llmlab.spaces.lookup import row_of
from llmlab.spaces.space import Space
from llmlab.view import Cell, Column, Record, View

BATCH = 512  # questions searched together
MARGIN = 16  # proposals beyond the words of the question


@dataclass(frozen=True)
class SimilarityScore:
    """Correlation between people's scores and cosines."""

    origin: Provenance
    spearman: float | None  # None where there is none: all scores alike
    p_value: float | None
    pearson: float | None
    pairs: int
    known: int

    def views(self) -> list[View]:
        columns = (
            Column("pairs", True),
            Column("known", True, means="both words are in the space; the others are left out"),
            Column("spearman", True, means="correlation of the two orders"),
            Column("pearson", True, means="correlation of the values"),
        )
        both = ("-" if value is None else f"{value:z.4f}" for value in (self.spearman, self.pearson))
        row: list[Cell] = [self.pairs, self.known, *both]
        return [View("cosine against people's scores", columns, [row], (self.origin.line,), self._conclusion())]

    def _conclusion(self) -> str:
        if self.spearman is None:
            return "There is no order to compare: all scores or all cosines are alike."
        said = f"The order of {self.known:,} pairs by cosine and by people correlates at {self.spearman:z.2f}"
        return f"{said}: 1 is the same order, 0 none, -1 the reverse."

    def records(self) -> list[Record]:
        return [
            {
                "pairs": self.pairs,
                "known": self.known,
                "coverage": self.known / self.pairs,
                "spearman": self.spearman,
                "spearman_p": self.p_value,
                "pearson": self.pearson,
                **self.origin.columns,
            }
        ]

    def document(self) -> Record:
        return self.records()[0]

    def values(self) -> list[str]:
        return ["nan" if self.spearman is None else repr(self.spearman)]


@dataclass(frozen=True)
class Section:
    """Analogies of one kind."""

    name: str
    questions: int
    known: int
    right: int


@dataclass(frozen=True)
class AnalogyScore:
    """Accuracy by section, and of all."""

    origin: Provenance
    sections: tuple[Section, ...]

    @property
    def total(self) -> Section:
        sums = np.array([[one.questions, one.known, one.right] for one in self.sections]).sum(axis=0)
        return Section("total", *map(int, sums))

    def views(self) -> list[View]:
        columns = (
            Column("section", wide=True),
            Column("questions", True),
            Column("known", True, means="all four words are in the space"),
            Column("right", True, means="the nearest word by 3CosAdd is the answer"),
            Column("accuracy", True, means="right / known"),
            Column("95 %", means=INTERVAL),
        )
        rows = [self._row(one) for one in (*self.sections, self.total)]
        return [View("a is to b as c is to ?", columns, rows, (self.origin.line,), self._conclusion())]

    def _conclusion(self) -> str:
        whole = self.total
        said = (
            f"{whole.right:,} of {whole.known:,} known questions are answered right ({whole.right / whole.known:.1%})"
        )
        known = [one for one in self.sections if one.known]
        if len(known) < 2:
            return f"{said}."
        hardest = min(known, key=lambda one: one.right / one.known)
        return f"{said}; hardest is {visible(hardest.name)} ({hardest.right / hardest.known:.1%})."

    def records(self) -> list[Record]:
        return [self._record(one) | self.origin.columns for one in (*self.sections, self.total)]

    def document(self) -> Record:
        sections = [self._record(one) for one in self.sections]
        return {**self.origin.columns, "sections": sections, "total": self._record(self.total)}

    def values(self) -> list[str]:
        return [repr(self.total.right / self.total.known)]

    def _row(self, one: Section) -> list[Cell]:
        if not one.known:
            return [visible(one.name), one.questions, 0, 0, "-", ""]
        share, interval, _ = Share(one.right, one.known).cells()
        return [visible(one.name), one.questions, one.known, one.right, share, interval]

    def _record(self, one: Section) -> Record:
        accuracy = one.right / one.known if one.known else None
        return {
            "section": one.name,
            "questions": one.questions,
            "known": one.known,
            "right": one.right,
            "accuracy": accuracy,
        }


def similarity(space: Space, pairs: Sequence[WordPair]) -> SimilarityScore:
    """Spearman's and Pearson's correlation. Raises MisuseError when fewer than two pairs are known."""
    rows = [(row_of(space, pair.a), row_of(space, pair.b)) for pair in pairs]
    known = [i for i, (one, other) in enumerate(rows) if one is not None and other is not None]
    if len(known) < 2:
        raise MisuseError(f"{space.facts.name} knows {len(known)} of the {len(pairs)} pairs", "choose another space")
    vectors = space.rows(np.array([rows[i] for i in known]).ravel()).astype(np.float64)
    cosines = np.array(
        [METRICS["cosine"].score(a, b[None])[0] for a, b in zip(vectors[::2], vectors[1::2], strict=True)]
    )
    able = np.isfinite(cosines)  # a zero vector has no cosine
    scores = np.array([pairs[i].score for i in known])[able]
    return SimilarityScore(of_space(space), *_correlations(scores, cosines[able]), len(pairs), int(able.sum()))


def _correlations(scores: Doubles, cosines: Doubles) -> tuple[float | None, float | None, float | None]:
    """Spearman's with its p, and Pearson's; None where a correlation is not defined."""
    from scipy import stats

    if len(scores) < 2 or not np.ptp(scores) or not np.ptp(cosines):
        return None, None, None
    ranked, plain = stats.spearmanr(scores, cosines), stats.pearsonr(scores, cosines)
    p_value = float(ranked.pvalue)
    return float(ranked.statistic), p_value if np.isfinite(p_value) else None, float(plain.statistic)


def analogies(space: Space, questions: Sequence[Analogy]) -> AnalogyScore:
    """Accuracy by section. Raises MisuseError when no question is known."""
    row = cache(partial(row_of, space))  # a few words make many questions
    rows = [[row(word) for word in question.words] for question in questions]
    known = [i for i, found in enumerate(rows) if None not in found]
    if not known:
        raise MisuseError(f"{space.facts.name} knows none of the questions", "choose another space")
    right = set()
    for start in range(0, len(known), BATCH):
        some = known[start : start + BATCH]
        asked = np.array([rows[i] for i in some], np.int64)  # [n, 4]
        answers = _answers(space, asked[:, :3])
        right |= {some[place] for place in np.flatnonzero(answers == asked[:, 3])}
    sections = dict.fromkeys(question.section for question in questions)
    return AnalogyScore(of_space(space), tuple(_section(name, questions, set(known), right) for name in sections))


def _answers(space: Space, asked: Ints) -> Ints:
    """The row nearest to b - a + c of each question [n, 3], its own rows left out."""
    unit = unit_rows(space.rows(asked.ravel()).astype(np.float64)).reshape(*asked.shape, -1)
    targets = unit[:, 1] - unit[:, 0] + unit[:, 2]
    _, proposals = space.search(targets.astype(np.float32), asked.shape[1] + MARGIN, "cosine")
    return np.array([_best(space, *one) for one in zip(targets, proposals, asked, strict=True)], np.int64)


def _best(space: Space, target: Doubles, proposals: Ints, own: Ints) -> int:
    """The best of the proposals that has a cosine; more are asked for when zero vectors crowd all others out."""
    rows = np.setdiff1d(proposals, own)
    metric = METRICS["cosine"]
    scores = metric.score(target, space.rows(rows).astype(np.float64))
    if np.isfinite(scores).any():
        return int(rows[metric.order(scores, rows)[0]])
    if len(proposals) >= len(space.words) or not target.any():
        return -1
    _, more = space.search(target[None].astype(np.float32), 4 * len(proposals), "cosine")
    return _best(space, target, more[0], own)


def _section(name: str, questions: Sequence[Analogy], known: set[int], right: set[int]) -> Section:
    own = {i for i, question in enumerate(questions) if question.section == name}
    return Section(name, len(own), len(own & known), len(own & right))
