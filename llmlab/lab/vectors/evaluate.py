"""How good a space is: whether its cosines rank word pairs as people do, and whether it answers questions about words.

The measures are those of the word vector literature: Spearman's correlation over pairs with scores (Finkelstein et
al. 2001); a is to b as c is to ? by 3CosAdd, the words of the question left out (Mikolov et al. 2013); the word that
does not belong, as in gensim's doesnt_match; and the nearest word in another language (Mikolov, Le and Sutskever 2013).
Pairs and questions with words that the space lacks are left out and counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial

import numpy as np

from llmlab.arrays import Doubles, Ints, unit_rows
from llmlab.errors import MisuseError
from llmlab.lab.languages import language
from llmlab.lab.provenance import Provenance, of_space
from llmlab.lab.shown import Shown
from llmlab.lab.vectors.charts.evaluate import people_and_cosines
from llmlab.lab.vectors.judgements import ANALOGIES, ODD, TRANSLATIONS, WordPair, WordQuestion
from llmlab.lab.vectors.metrics import METRICS
from llmlab.lab.vectors.odd import similarities
from llmlab.lab.vectors.sections import SectionScores, counted
from llmlab.language import tr
from llmlab.spaces.lookup import row_of
from llmlab.spaces.space import Space
from llmlab.view import Cell, Chart, Column, Record, View

BATCH = 512  # questions searched together
MARGIN = 16  # proposals beyond the words of the question


@dataclass(frozen=True)
class Judged:
    """A pair of words that the space has, with people's score and its cosine."""

    a: str
    b: str
    score: float
    cosine: float


@dataclass(frozen=True)
class SimilarityScore(Shown):
    """Correlation between people's scores and cosines."""

    origin: Provenance
    spearman: float | None  # None where there is none: all scores alike
    p_value: float | None
    pearson: float | None
    pairs: int
    judged: tuple[Judged, ...]

    @property
    def known(self) -> int:
        return len(self.judged)

    def views(self) -> list[View]:
        columns = (
            Column(tr("pairs"), True),
            Column(tr("known"), True, means=tr("both words are in the space; the others are left out")),
            Column("spearman", True, means=tr("correlation of the two orders")),
            Column("pearson", True, means=tr("correlation of the values")),
        )
        both = ("-" if value is None else f"{value:z.4f}" for value in (self.spearman, self.pearson))
        row: list[Cell] = [self.pairs, self.known, *both]
        title = tr("cosine against people's scores")
        return [View(title, columns, [row], (self.origin.line,), self._conclusion())]

    def _conclusion(self) -> str:
        if self.spearman is None:
            return tr("There is no order to compare: all scores or all cosines are alike.")
        return tr(
            "The order of {count:,} pairs by cosine and by people correlates at {spearman}: "
            "1 is the same order, 0 none, -1 the reverse.",
            count=self.known,
            spearman=f"{self.spearman:z.2f}",
        )

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
        return {**self.records()[0], "judged": [asdict(one) for one in self.judged]}

    def chart(self) -> Chart:
        return people_and_cosines(self)

    def values(self) -> list[str]:
        return ["nan" if self.spearman is None else repr(self.spearman)]


def similarity(space: Space, pairs: Sequence[WordPair]) -> SimilarityScore:
    """Spearman's and Pearson's correlation. Raises MisuseError when fewer than two pairs are known."""
    rows = [(row_of(space, pair.a), row_of(space, pair.b)) for pair in pairs]
    known = [i for i, (one, other) in enumerate(rows) if one is not None and other is not None]
    if len(known) < 2:
        own, count = space.facts.name, len(pairs)
        message = tr("{space} knows {known} of the {count} pairs", space=own, known=len(known), count=count)
        raise MisuseError(message, tr("choose another space"))
    vectors = space.rows(np.array([rows[i] for i in known]).ravel()).astype(np.float64)
    cosines = np.array(
        [METRICS["cosine"].score(a, b[None])[0] for a, b in zip(vectors[::2], vectors[1::2], strict=True)]
    )
    judged = tuple(
        Judged(pairs[i].a, pairs[i].b, pairs[i].score, cosine)
        for i, cosine in zip(known, cosines.tolist(), strict=True)
        if np.isfinite(cosine)  # a zero vector has none
    )
    return SimilarityScore(of_space(space), *_correlations(judged), len(pairs), judged)


def _correlations(judged: Sequence[Judged]) -> tuple[float | None, float | None, float | None]:
    """Spearman's with its p, and Pearson's; None where a correlation is not defined."""
    from scipy import stats

    scores, cosines = np.array([one.score for one in judged]), np.array([one.cosine for one in judged])
    if len(scores) < 2 or not np.ptp(scores) or not np.ptp(cosines):
        return None, None, None
    ranked, plain = stats.spearmanr(scores, cosines), stats.pearsonr(scores, cosines)
    p_value = float(ranked.pvalue)
    return float(ranked.statistic), p_value if np.isfinite(p_value) else None, float(plain.statistic)


def analogies(space: Space, questions: Sequence[WordQuestion]) -> SectionScores:
    """Accuracy by section. Raises MisuseError when no question is known."""
    rows = _rows(space, questions)
    known = _known(space, [i for i, found in enumerate(rows) if None not in found])
    right = set()
    for start in range(0, len(known), BATCH):
        some = known[start : start + BATCH]
        asked = np.array([rows[i] for i in some], np.int64)  # [n, 4]
        answers = _answers(space, asked[:, :3])
        right |= {some[place] for place in np.flatnonzero(answers == asked[:, 3])}
    return counted(of_space(space), ANALOGIES, questions, known, right)


def odd(space: Space, questions: Sequence[WordQuestion]) -> SectionScores:
    """How often the last word is the one that does not belong. Raises MisuseError when no question is known."""
    rows = _rows(space, questions)
    known = _known(space, [i for i, found in enumerate(rows) if None not in found])
    vectors = (space.rows(np.array(rows[i], np.int64)).astype(np.float64) for i in known)
    right = [i for i, own in zip(known, vectors, strict=True) if similarities(own).argmin() == len(own) - 1]
    return counted(of_space(space), ODD, questions, known, right)


def translations(space: Space, questions: Sequence[WordQuestion]) -> SectionScores:
    """How often the nearest word in the script of the right ones is one of them (precision at 1).

    Raises MisuseError when no question is known.
    """
    rows = _rows(space, questions)
    known = _known(space, [i for i, (own, *right) in enumerate(rows) if own is not None and set(right) != {None}])
    scripts = [language(questions[i].words[1]) for i in known]
    right = []
    for script in set(scripts):
        some = [i for i, own in zip(known, scripts, strict=True) if own == script]
        answers = _nearest_of(space, np.array([rows[i][0] for i in some]), script)
        right += [i for i, answer in zip(some, answers.tolist(), strict=True) if answer in rows[i][1:]]
    return counted(of_space(space), TRANSLATIONS, questions, known, right)


def _rows(space: Space, questions: Sequence[WordQuestion]) -> list[list[int | None]]:
    """The row of each word of each question."""
    row = cache(partial(row_of, space))  # a few words make many questions
    return [[row(word) for word in question.words] for question in questions]


def _known(space: Space, known: list[int]) -> list[int]:
    if not known:
        message = tr("{space} knows none of the questions", space=space.facts.name)
        raise MisuseError(message, tr("choose another space"))
    return known


def _nearest_of(space: Space, asked: Ints, script: str) -> Ints:
    """The row nearest to each of those asked among the words of a script, itself left out; ties by row."""
    queries = unit_rows(space.rows(asked))
    best, found = np.full(len(asked), -np.inf), np.full(len(asked), -1)
    row = 0
    for words, vectors in space.blocks():
        rows = np.arange(row, row + len(words))
        row += len(words)
        fit = np.array([language(word) == script for word in words])
        cosines = np.round(queries @ unit_rows(vectors[fit]).T, 12)  # [asked, words]
        cosines[asked[:, None] == rows[fit]] = -np.inf
        if fit.any():
            places = cosines.argmax(axis=1)
            nearer = cosines.max(axis=1) > best
            best, found = np.where(nearer, cosines.max(axis=1), best), np.where(nearer, rows[fit][places], found)
    return np.asarray(found, np.int64)


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


JUDGES: dict[str, Callable[[Space, Sequence[WordQuestion]], SectionScores]] = {
    "analogies": analogies,
    "odd": odd,
    "translations": translations,
}
