"""The verbs that train as methods."""

import itertools
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from llmlab.backends.ngram.tokens import By
from llmlab.door.base import Opened
from llmlab.files.opening import called
from llmlab.lab.probability.pairs import PAIRS, marked
from llmlab.lab.training import corpus, making, ngram
from llmlab.lab.training import sizes as growing
from llmlab.lab.training.vectors import TrainedVectors
from llmlab.lab.training.ways import Way
from llmlab.models import trained


class TrainingVerbs(Opened):
    """Models that are made in front of one's eyes."""

    def train_ngram(
        self,
        name: str,
        text: Path | str | Iterable[str],
        *,
        order: int = 3,
        by: By = "word",
        min_count: int = 2,
        replace: bool = False,
    ) -> ngram.NgramTraining:
        """An n-gram model of english, chinese, a file, or of sentences, kept under a name (`train ngram`)."""
        ngram.check(order, min_count)
        known = trained.check(self.config, name, replace)
        lines = corpus.lines(text, self.files) if isinstance(text, Path | str) else text
        source = called(text) if isinstance(text, Path | str) else "text"
        found = ngram.train(lines, known, source, order=order, by=by, min_count=min_count)
        trained.keep(self.config, known, found.vocabulary, found.counts, found.facts, self._reporter)
        return found

    def train_ngram_sizes(
        self,
        name: str,
        text: Path | str,
        sizes: Sequence[int] = (1_000, 10_000, 100_000),
        *,
        pairs: Path | str | None = None,
        order: int = 3,
        by: By = "word",
        min_count: int = 2,
        replace: bool = False,
    ) -> growing.Sizes:
        """Models of more and more of a text, tested and kept as name@size (`train ngram --sizes`)."""
        ngram.check(order, min_count)
        growing.check(sizes)
        for size in (None, *sizes[:-1]):
            trained.check(self.config, name, replace, size)
        file = pairs or corpus.pairs(text)
        exam = partial(marked, pairs=self.files.records(file, PAIRS)) if file else None
        lines = corpus.lines(text, self.files, sentences=None)
        how = {"order": order, "by": by, "min_count": min_count}
        found = growing.train_sizes(lines, sizes, exam, name, called(text), **how)  # type: ignore[arg-type]
        for made in found.trained:
            trained.keep(self.config, made.name, made.vocabulary, made.counts, made.facts, self._reporter)
        return found

    def train_vectors(
        self, name: str, text: Path | str, *, from_: Way = "skipgram", dimension: int = 50,
        steps: Sequence[int] | None = None, seed: int = 1, watch: Sequence[str] = (),
    ) -> TrainedVectors:  # fmt: skip
        """Word vectors from a text, kept as the space `name` and, at some moments, `name@N` (`train vectors`).

        `text` is english, chinese or a file; `steps`: how many words have been read at these moments.
        """
        read = None if steps is None else list(steps)
        learned = "\n".join(corpus.lines(text, self.files))
        return making.train(self.shelf, name, learned, called(text), from_, dimension, read, seed, watch)

    def train_corpus(self, rules: Path | str, sentences: int = corpus.SENTENCES, seed: int = 1) -> list[str]:
        """Sentences that a grammar makes: english, chinese, or a file of rules (`train corpus`)."""
        return list(itertools.islice(corpus.grammar(rules, self.files).sentences(seed), sentences))
