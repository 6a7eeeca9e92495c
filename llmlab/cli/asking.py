"""What is asked of each text, pair, question or window of a file of any number of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from llmlab.backends.base import CausalLM, ScoreRequest
from llmlab.lab.probability import quiz
from llmlab.lab.probability.pairs import Pair, judge
from llmlab.lab.probability.perplexity import logprob_of, window_of
from llmlab.lab.probability.ranking import unranked
from llmlab.lab.probability.windows import Windows
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import of_text
from llmlab.progress import Progress
from llmlab.view import Record

T = TypeVar("T")


@dataclass(frozen=True)
class Asking(Generic[T]):
    """How inputs, by their numbers from 1, become records, and what a record of one says before it is scored."""

    score: Callable[[Mapping[int, T], Progress], Sequence[Sequence[Record]]]
    made_by: Callable[[T], Record]


def of_texts(lm: CausalLM, *, allow_special: bool) -> Asking[str]:
    origin = of_text(lm.info).columns

    def score(texts: Mapping[int, str], progress: Progress) -> list[list[Record]]:
        found = unranked(lm, list(texts.values()), allow_special=allow_special, progress=progress)
        return [[one] for one in found]

    return Asking(score, lambda text: {"text": after_bos(lm, text, allow_special), **origin})


def of_pairs(lm: CausalLM, *, allow_special: bool) -> Asking[Pair]:
    origin = of_text(lm.info)

    def score(pairs: Mapping[int, Pair], progress: Progress) -> list[list[Record]]:
        found = judge(lm, list(pairs.values()), allow_special=allow_special, progress=progress)
        return [[one.record(origin)] for one in found.outcomes]

    return Asking(score, lambda pair: {**pair.record(), **origin.columns})


def of_questions(lm: CausalLM, *, glue: bool, allow_special: bool) -> Asking[quiz.Item]:
    origin = of_text(lm.info).columns
    answer = partial(quiz.answer, lm, glue=glue, allow_special=allow_special)

    def score(questions: Mapping[int, quiz.Item], progress: Progress) -> list[list[Record]]:
        found = answer(list(questions.values()), progress=progress).answers
        return [one.records(number - 1) for number, one in zip(questions, found, strict=True)]

    def made_by(one: quiz.Item) -> Record:
        return {"context": one.context, "group": one.group, "item_records": len(one.offered), **origin}

    return Asking(score, made_by)


def of_windows(lm: CausalLM, name: str, cut: Windows) -> Asking[ScoreRequest]:
    origin = of_text(lm.info).columns

    def made_by(one: ScoreRequest) -> Record:
        return {**window_of(name, cut, one), **origin}

    def score(windows: Mapping[int, ScoreRequest], progress: Progress) -> list[list[Record]]:
        found = zip(windows.values(), lm.score(list(windows.values()), progress), strict=True)
        return [[{**window_of(name, cut, one), **logprob_of(stats), **origin}] for one, stats in found]

    return Asking(score, made_by)
