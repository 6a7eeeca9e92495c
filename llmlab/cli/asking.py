"""What is asked of each text, pair, question or window of a file of any number of them."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from llmlab.backends.base import CausalLM, ScoreRequest
from llmlab.backends.served.base import Served
from llmlab.lab.probability import quiz
from llmlab.lab.probability.pairs import Pair, judge
from llmlab.lab.probability.perplexity import logprob_of, window_of
from llmlab.lab.probability.ranking import unranked
from llmlab.lab.probability.windows import Windows
from llmlab.lab.prompt import after_bos
from llmlab.lab.provenance import of_text
from llmlab.lab.refused import naming
from llmlab.progress import Progress, silent
from llmlab.stream import HEAVY, Ready, batches
from llmlab.view import Record

T = TypeVar("T")


@dataclass(frozen=True)
class Asking(Generic[T]):
    """How inputs, by their numbers from 1, become records, and what a record of one says before it is scored."""

    lm: CausalLM
    score: Callable[[CausalLM, Mapping[int, T], Progress], Sequence[Sequence[Record]]]
    made_by: Callable[[T], Record]  # first the text by which a message calls the input
    size: Callable[[T], int]  # in characters
    own: Callable[[T, Record], Record] = lambda one, record: {}  # what one of several records of an input must say

    def batches(self, inputs: Iterator[tuple[int, T]], ready: Ready) -> Iterator[dict[int, T]]:
        """Inputs that are asked for together, if they are `ready` together.

        A server is asked for each by itself, however long it is.
        """
        size = (lambda one: 0) if isinstance(self.lm, Served) else (lambda one: self.size(one[1]))
        return map(dict, batches(inputs, size, ready))

    def each(self, batch: Mapping[int, T], wanted: Mapping[int, T], progress: Progress) -> Generator[Sequence[Record]]:
        """The records of each input of a batch that is wanted, in their order: of a server as it answers.

        An engine here scores the batch whole if any of it is wanted: its last digits depend on what it scores together,
        and are those of a run that was not interrupted.
        """
        if isinstance(self.lm, Served):
            yield from self.lm.each_apart(self._alone, wanted.items())
        elif wanted:
            found = dict(zip(batch, self.score(self.lm, batch, progress), strict=True))
            yield from map(found.__getitem__, wanted)

    def _alone(self, lm: CausalLM, numbered: tuple[int, T]) -> Sequence[Record]:
        """The records of one input."""
        item, one = numbered
        with naming(item, str(next(iter(self.made_by(one).values())))):
            (records,) = self.score(lm, {item: one}, silent)
        return records


def of_texts(lm: CausalLM, *, allow_special: bool) -> Asking[str]:
    origin = of_text(lm.info).columns

    def score(lm: CausalLM, texts: Mapping[int, str], progress: Progress) -> list[list[Record]]:
        found = unranked(lm, list(texts.values()), allow_special=allow_special, progress=progress)
        return [[one] for one in found]

    return Asking(lm, score, lambda text: {"text": after_bos(lm, text, allow_special), **origin}, len)


def of_pairs(lm: CausalLM, *, allow_special: bool) -> Asking[Pair]:
    origin = of_text(lm.info)

    def score(lm: CausalLM, pairs: Mapping[int, Pair], progress: Progress) -> list[list[Record]]:
        found = judge(lm, list(pairs.values()), allow_special=allow_special, progress=progress)
        return [[one.record(origin)] for one in found.outcomes]

    return Asking(lm, score, lambda pair: {**pair.record(), **origin.columns}, lambda pair: len(pair.good + pair.bad))


def of_questions(lm: CausalLM, *, glue: bool, allow_special: bool) -> Asking[quiz.Item]:
    origin = of_text(lm.info).columns
    answer = partial(quiz.answer, glue=glue, allow_special=allow_special)

    def score(lm: CausalLM, questions: Mapping[int, quiz.Item], progress: Progress) -> list[list[Record]]:
        found = answer(lm, list(questions.values()), progress=progress).answers
        return [one.records(number - 1) for number, one in zip(questions, found, strict=True)]

    def made_by(one: quiz.Item) -> Record:
        return {"context": one.context, "group": one.group, "item_records": len(one.offered), **origin}

    def own(one: quiz.Item, record: Record) -> Record:
        choice = record["choice"]
        return {"choice": choice if choice in one.offered else list(one.offered), "right": choice == one.truth}

    return Asking(lm, score, made_by, lambda one: len(one.context) + sum(map(len, one.offered)), own)


def of_windows(lm: CausalLM, name: str, cut: Windows) -> Asking[ScoreRequest]:
    """They are scored one at a time: so shards say the same digits."""
    origin = of_text(lm.info).columns

    def made_by(one: ScoreRequest) -> Record:
        return {**window_of(name, cut, one), **origin}

    def score(lm: CausalLM, windows: Mapping[int, ScoreRequest], progress: Progress) -> list[list[Record]]:
        found = zip(windows.values(), lm.score(list(windows.values()), progress), strict=True)
        return [[{**window_of(name, cut, one), **logprob_of(stats), **origin}] for one, stats in found]

    return Asking(lm, score, made_by, lambda one: HEAVY)
