"""The verbs of the vector lab as methods."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmlab.config import MetricName
from llmlab.door.base import Opened, check_texts
from llmlab.lab.vectors import asking, judging
from llmlab.lab.vectors.embed import Embeddings
from llmlab.lab.vectors.evaluate import SimilarityScore
from llmlab.lab.vectors.neighbors import Neighbors
from llmlab.lab.vectors.odd import Odd, odd_one_out, too_few
from llmlab.lab.vectors.question import Method, Question, Sort, refuse_nameless
from llmlab.lab.vectors.sections import SectionScores
from llmlab.lab.vectors.side_by_side import SideBySide
from llmlab.lab.vectors.source import VectorSource
from llmlab.lab.vectors.why import Why, explain


class VectorVerbs(Opened):
    """What vectors say. Without `model` or `space` the encoder of the settings is asked."""

    def embed(
        self,
        *texts: str,
        model: str = "",
        space: str | None = None,
        standardize: bool = False,
        layer: str | int | None = None,
        word: str | None = None,
        tokens: bool = False,
        metric: MetricName = "cosine",
    ) -> Embeddings:
        """The vector of a word or sentence, and how near each pair is when there are several.

        `tokens`: a vector a token. Of a language model (`model`): the look-up in its table, or `layer`, or one `word`.
        """
        check_texts(*texts)
        given, source = list(texts), self._source(model, space, standardize, layer, word)
        source.check([one.strip() for one in given])
        return source.for_language(given).each(tokens, metric)(given).by(metric)

    def odd(
        self, *words: str, model: str = "", space: str | None = None, standardize: bool = False,
        layer: str | int | None = None, word: str | None = None,
    ) -> Odd:  # fmt: skip
        """Which of several words does not belong: the one least similar to the mean of all."""
        check_texts(*words)
        given, source = [one.strip() for one in words], self._source(model, space, standardize, layer, word)
        source.check(given)
        if len(given) < 3:
            raise too_few()
        return odd_one_out(source.for_language(given).vectors(given))

    def why(
        self, a: str, b: str, *, model: str = "", space: str | None = None, standardize: bool = False,
        layer: str | int | None = None, word: str | None = None,
        columns: Sequence[str] = (), metric: MetricName = "cosine",
    ) -> Why:  # fmt: skip
        """Why two words or texts are near: what each dimension, or each of some columns, adds to their similarity."""
        check_texts(a, b)
        given, source = [a.strip(), b.strip()], self._source(model, space, standardize, layer, word)
        source.check(given)
        return explain(source.for_language(given).vectors(given).by(metric), columns)

    def neighbors(
        self, word: str, *, k: int | None = None, within: float | None = None, against: Sequence[str] | None = None,
        metric: MetricName | None = None, method: Method = "add", exclude_forms: bool = False, words: str | None = None,
        min_frequency: float | None = None, exact: bool = False, sort: Sort = "nearness", space: str | None = None,
        spaces: Sequence[str] | None = None, standardize: bool = False,
    ) -> Neighbors | SideBySide:  # fmt: skip
        """The nearest words to a word or a sum (`king - man + woman`) in a space, or in several side by side."""
        check_texts(word)
        measure: dict[str, Any] = {"metric": metric, "method": method, "exact": exact, "sort": sort}
        which: dict[str, Any] = {
            "words": words,
            "exclude_forms": exclude_forms,
            "min_frequency": min_frequency,
            "against": against,
        }
        question = Question.of(self.config.neighbors.metric, k=k, within=within, **measure, **which)
        refuse_nameless(space)
        names = [] if spaces is None else asking.beside(space, spaces, sort)
        return asking.ask(self.shelf, word.strip(), question, space or "", names, standardize)

    def evaluate(
        self,
        space: str = "",
        *,
        similarity: Path | str | None = None,
        analogies: Path | str | None = None,
        odd: Path | str | None = None,
        translations: Path | str | None = None,
    ) -> SimilarityScore | SectionScores:
        """How good a space is, by a file of people's word pairs or of questions about words (`space eval`)."""
        asked = {"similarity": similarity, "analogies": analogies, "odd": odd, "translations": translations}
        return judging.judge(self.shelf, space, self.files, **asked)

    def _source(
        self, model: str, space: str | None, standardize: bool, layer: str | int | None, word: str | None
    ) -> VectorSource:
        asked = None if layer is None else str(layer)
        return VectorSource(self.library, self.shelf, model, self.bos, space, standardize, asked, word)
