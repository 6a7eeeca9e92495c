"""The verbs of the probability lab as methods."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from llmlab.backends.base import CausalLM
from llmlab.backends.settings import Settings
from llmlab.door.base import Heats, Named, Opened, Texts, Told, check_texts, heats, listed
from llmlab.errors import MisuseError
from llmlab.files.opening import called
from llmlab.lab import prompt as prompts
from llmlab.lab.asked import preset_of
from llmlab.lab.probability import by_character, choose, cloze, next_text, orders, pairs, perplexity, quiz
from llmlab.lab.probability.beside.compare import CompareBeside, differences
from llmlab.lab.probability.beside.next import NextBeside, check_beside, expectations
from llmlab.lab.probability.beside.pairs import PairsBeside, judged
from llmlab.lab.probability.beside.perplexity import PerplexityBeside, measured
from llmlab.lab.probability.beside.prob import ProbBeside, probabilities
from llmlab.lab.probability.calibration import BINS, TOKENS, Calibration, calibration
from llmlab.lab.probability.choose import Choices
from llmlab.lab.probability.cloze import Cloze
from llmlab.lab.probability.compare import Difference, difference
from llmlab.lab.probability.counts import CountedNext
from llmlab.lab.probability.next import Next
from llmlab.lab.probability.next_listed import NextListed
from llmlab.lab.probability.next_text import NextText
from llmlab.lab.probability.orders import Orders
from llmlab.lab.probability.pairs import Pairs
from llmlab.lab.probability.perplexity import LongText
from llmlab.lab.probability.prob import Ledger, with_others
from llmlab.lab.probability.prompting import DRAWS, PROMPT, Prompting
from llmlab.lab.probability.quiz import Quiz
from llmlab.lab.probability.ranking import Ranking, ranking
from llmlab.lab.probability.shots import Shots, after_examples
from llmlab.lab.text import By
from llmlab.language import tr


class ProbabilityVerbs(Opened):
    """How likely texts are."""

    def prob(
        self,
        *texts: str,
        by: By = "token",
        alternatives: int = 0,
        word_correction: bool = False,
        allow_special: bool = False,
        model: Texts = (),
        dtype: Texts = (),
    ) -> Ledger | Ranking | ProbBeside:
        """The probability of a text, part by part; of several texts, which is likelier; to which of several models.

        So many `alternatives` to each token are in its records, and in its picture told under the pointer. `by` and
        what follows are of one text.
        """
        check_texts(*texts)
        if not texts:
            raise MisuseError(tr("no text is given"), tr("give at least one"))
        models = self._models(model, dtype)
        if len(texts) > 1 or len(models) > 1:
            if by != "token" or alternatives or word_correction:
                raise MisuseError(tr("by, alternatives and word_correction are for one text and model"), tr("give one"))
            special = {"allow_special": allow_special}
            with self._scoring() as progress:
                if len(models) > 1:
                    return probabilities(_opened(models), texts, **special, progress=progress)
                return ranking(models[0].causal_lm(), texts, **special, progress=progress)
        by_character.check(texts[0], by, word_correction, alternatives)
        with self._scoring() as progress:
            found = by_character.by_part(
                models[0].causal_lm(),
                models[0].spellings,
                texts[0],
                by,
                correct=word_correction,
                allow_special=allow_special,
                progress=progress,
            )
            return with_others(models[0].causal_lm(), found, alternatives)

    def next(
        self,
        text: str,
        *,
        k: int = 10,
        temperature: Heats = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        by: Literal["token", "character", "word"] | None = None,
        preset: str = "",
        chat: bool = False,
        counts: bool = False,
        allow_special: bool = False,
        model: Texts = (),
        dtype: Texts = (),
    ) -> Next | NextText | CountedNext | NextListed | NextBeside:
        """Which token, character or word comes next: the exact distribution, at one temperature or several.

        Of several models at one temperature, without filters.
        """
        check_texts(text)
        wrap, found = preset_of(self.config, preset), heats(temperature)
        cuts = Settings(1.0, top_k, top_p, min_p, repetition_penalty)
        next_text.check(k, found, cuts, by, counts=counts)
        read = partial(prompts.context, asked=text, template=wrap.template, chat=chat, allow_special=allow_special)
        models = self._models(model, dtype)
        if len(models) > 1 and counts:
            raise MisuseError(tr("counts are for one model"), tr("give one model"))
        if len(models) > 1:
            check_beside(found, cuts)
            return expectations(((one.causal_lm(), one.spellings) for one in models), read, by, k, found[0])
        lm, spellings = models[0].causal_lm(), models[0].spellings
        return next_text.what_follows(lm, spellings, read(lm), by, k, found, cuts, counts=counts)

    def compare(
        self, a: str, b: str, *, allow_special: bool = False, model: Texts = (), dtype: Texts = ()
    ) -> Difference | CompareBeside:
        """Where two texts differ in probability: their tokens aligned; of several models, by how much."""
        check_texts(a, b)
        models = self._models(model, dtype)
        with self._scoring() as progress:
            if len(models) > 1:
                return differences(_opened(models), a, b, allow_special=allow_special, progress=progress)
            return difference(models[0].causal_lm(), a, b, allow_special=allow_special, progress=progress)

    def orders(self, text: str, *, seed: int = 0, allow_special: bool = False) -> Orders:
        """Every order of a sentence's words, ranked; of more than 8 words a sample, by the seed."""
        orders.check(text, seed)
        with self._scoring() as progress:
            return orders.orders(self._model(), text, seed, allow_special=allow_special, progress=progress)

    def cloze(self, text: str, *, candidates: Sequence[str] = (), kind: str = "", allow_special: bool = False) -> Cloze:
        """Which words fill the [?]: candidates, common words of a class, or those that the model proposes."""
        words, kinds = cloze.fillings(text, candidates, kind)
        with self._scoring() as progress:
            return cloze.cloze(self._model(), text, words, kinds=kinds, allow_special=allow_special, progress=progress)

    def choose(
        self,
        asked: Told,
        choices: Sequence[str] = (),
        *,
        glue: bool = False,
        shots: Sequence[int] = (),
        templates: Texts = (),
        draws: int = DRAWS,
        seed: int = 0,
        allow_special: bool = False,
    ) -> Choices | Quiz | Shots:
        """P(choice | context) of several choices; without choices, of a file's questions or of records.

        These may be asked after so many examples (`shots`), in several wordings (`templates`).
        """
        if isinstance(asked, str) and choices:
            choose.check(asked, choices)
            with self._scoring():
                return choose.choose(self._model(), asked, choices, glue=glue, allow_special=allow_special)
        questions = self._records(asked, quiz.QUESTIONS)
        wordings = listed(templates)
        if shots or wordings:
            prompting = Prompting(tuple(sorted(set(shots))) or (0,), tuple(wordings) or (PROMPT,), draws, seed)
            prompting.check(len(questions))
            with self._scoring() as progress:
                return after_examples(
                    self._model(), questions, prompting, glue=glue, allow_special=allow_special, progress=progress
                )
        with self._scoring() as progress:
            return quiz.answer(self._model(), questions, glue=glue, allow_special=allow_special, progress=progress)

    def pairs(
        self, asked: Told, *, allow_special: bool = False, model: Texts = (), dtype: Texts = ()
    ) -> Pairs | PairsBeside:
        """How often the good sentence of a pair is likelier than the bad one: a file's pairs, or records."""
        told, models = self._records(asked, pairs.PAIRS), self._models(model, dtype)
        with self._scoring() as progress:
            if len(models) > 1:
                return judged(_opened(models), told, allow_special=allow_special, progress=progress)
            return pairs.judge(models[0].causal_lm(), told, allow_special=allow_special, progress=progress)

    def perplexity(
        self,
        file: Path | str | None = None,
        *,
        text: str | None = None,
        window: int = 0,
        stride: int = 0,
        allow_special: bool = False,
        model: Texts = (),
        dtype: Texts = (),
    ) -> LongText | PerplexityBeside:
        """How well a model predicts a long text, of a file or given."""
        again = partial(self._long_text, "perplexity", file, text)
        name, blocks, size = again()
        cut: dict[str, Any] = {"window": window, "stride": stride, "allow_special": allow_special}
        models = self._models(model, dtype)
        with self._scoring() as progress:
            if len(models) > 1:
                return measured(_opened(models), name, lambda: again()[1:], **cut, progress=progress)
            return perplexity.measure(models[0].causal_lm(), name, blocks, size, **cut, progress=progress)

    def calibration(
        self,
        file: Path | str | None = None,
        *,
        text: str | None = None,
        bins: int = BINS,
        tokens: int = TOKENS,
        seed: int = 0,
        allow_special: bool = False,
    ) -> Calibration:
        """Is 40 % really 40 %? What the model gives the tokens of a text, of a file or given, and how often they come.

        So many `tokens` are read; 0 is all.
        """
        name, blocks, _ = self._long_text("calibration", file, text)
        with self._scoring() as progress:
            return calibration(
                self._model(),
                name,
                blocks,
                bins=bins,
                tokens=tokens,
                seed=seed,
                allow_special=allow_special,
                progress=progress,
            )

    def _long_text(self, verb: str, file: Path | str | None, text: str | None) -> tuple[str, Iterator[str], int]:
        """A text's name, its blocks and its length in bytes. Raises MisuseError for none, and for two."""
        if (file is None) == (text is None):
            raise MisuseError(tr("{verb} is of one text", verb=verb), tr("give a file, or text=..."))
        if text is not None:
            return "text", iter([text]), len(text.encode())
        return called(file or ""), *self.files.blocks(file or "")


def _opened(models: Sequence[Named]) -> Iterator[CausalLM]:
    return (one.causal_lm() for one in models)
