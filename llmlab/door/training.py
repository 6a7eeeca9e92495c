"""The verbs that train as methods."""

from collections.abc import Iterable
from pathlib import Path

from llmlab.backends.ngram.tokens import By
from llmlab.door.base import Opened
from llmlab.files.opening import called
from llmlab.lab.training import ngram
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
        """An n-gram model of a file, or of sentences, kept under a name (`train ngram`)."""
        ngram.check(order, min_count)
        known = trained.check(self.config, name, replace)
        lines = (line for _, line in self.files.lines(text)) if isinstance(text, Path | str) else text
        source = called(text) if isinstance(text, Path | str) else "text"
        found = ngram.train(lines, known, source, order=order, by=by, min_count=min_count)
        trained.keep(self.config, known, found.vocabulary, found.counts, found.facts, self._reporter)
        return found
