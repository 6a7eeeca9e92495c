"""The verbs of the probability lab as methods."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from llmlab.backends.sampling import Settings
from llmlab.door.base import Heats, Opened, Texts, Told, check_texts, heats, listed
from llmlab.errors import MisuseError
from llmlab.files.opening import called
from llmlab.lab import prompt as prompts
from llmlab.lab.asked import preset_of
from llmlab.lab.probability import by_character, choose, cloze, next_text, orders, pairs, perplexity, quiz
from llmlab.lab.probability.calibration import BINS, TOKENS, Calibration, calibration
from llmlab.lab.probability.choose import Choices
from llmlab.lab.probability.cloze import Cloze
from llmlab.lab.probability.compare import Difference, difference
from llmlab.lab.probability.counts import CountedNext
from llmlab.lab.probability.next import Next
from llmlab.lab.probability.next_text import NextText
from llmlab.lab.probability.orders import Orders
from llmlab.lab.probability.pairs import Pairs
from llmlab.lab.probability.perplexity import LongText
from llmlab.lab.probability.prob import Ledger, with_others
from llmlab.lab.probability.quiz import Quiz
from llmlab.lab.probability.ranking import Ranking, ranking
from llmlab.lab.probability.shots import DRAWS, PROMPT, Prompting, Shots, after_examples
from llmlab.lab.text import By


class ProbabilityVerbs(Opened):
    """How likely texts are."""

    def prob(
        self,
        *texts: str,
        by: By = "token",
        alternatives: int = 0,
        word_correction: bool = False,
        allow_special: bool = False,
    ) -> Ledger | Ranking:
        """The probability of a text, part by part; of several texts, which is likelier.

        So many `alternatives` to each token are in its records, and in its picture told under the pointer. `by` and
        what follows are of one text.
        """
        check_texts(*texts)
        if not texts:
            raise MisuseError("no text is given", "give at least one")
        if len(texts) > 1:
            if by != "token" or alternatives or word_correction:
                raise MisuseError("by, alternatives and word_correction are for one text", "give one")
            with self._scoring() as progress:
                return ranking(self._model(), texts, allow_special=allow_special, progress=progress)
        by_character.check(texts[0], by, word_correction, alternatives)
        with self._scoring() as progress:
            found = by_character.by_part(
                self._model(),
                self._spellings,
                texts[0],
                by,
                correct=word_correction,
                allow_special=allow_special,
                progress=progress,
            )
            return with_others(self._model(), found, alternatives)

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
    ) -> Next | NextText | CountedNext:
        """Which token, character or word comes next: the exact distribution, at one temperature or several."""
        check_texts(text)
        wrap, found = preset_of(self.config, preset), heats(temperature)
        cuts = Settings(1.0, top_k, top_p, min_p, repetition_penalty)
        next_text.check(k, found, cuts, by, counts=counts)
        lm = self._model()
        context = prompts.context(lm, text, template=wrap.template, chat=chat, allow_special=allow_special)
        return next_text.what_follows(lm, self._spellings(), context, by, k, found, cuts, counts=counts)

    def compare(self, a: str, b: str, *, allow_special: bool = False) -> Difference:
        """Where two texts differ in probability: their tokens aligned."""
        check_texts(a, b)
        with self._scoring() as progress:
            return difference(self._model(), a, b, allow_special=allow_special, progress=progress)

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

    def pairs(self, asked: Told, *, allow_special: bool = False) -> Pairs:
        """How often the good sentence of a pair is likelier than the bad one: a file's pairs, or records."""
        told = self._records(asked, pairs.PAIRS)
        with self._scoring() as progress:
            return pairs.judge(self._model(), told, allow_special=allow_special, progress=progress)

    def perplexity(
        self,
        file: Path | str | None = None,
        *,
        text: str | None = None,
        window: int = 0,
        stride: int = 0,
        allow_special: bool = False,
    ) -> LongText:
        """How well a model predicts a long text, of a file or given."""
        name, blocks, size = self._long_text("perplexity", file, text)
        with self._scoring() as progress:
            return perplexity.measure(
                self._model(),
                name,
                blocks,
                size,
                window=window,
                stride=stride,
                allow_special=allow_special,
                progress=progress,
            )

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
            raise MisuseError(f"{verb} is of one text", "give a file, or text=...")
        if text is not None:
            return "text", iter([text]), len(text.encode())
        return called(file or ""), *self.files.blocks(file or "")
