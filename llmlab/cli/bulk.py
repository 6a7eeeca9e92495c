"""Inputs of any number: read, scored and written as they come, in their order; nothing is kept but sums.

What a file holds already is read there and not scored again.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from llmlab.bulk.shard import Shard
from llmlab.bulk.sorts import Sort, numbered
from llmlab.bulk.tallies import TALLIES
from llmlab.cli.asking import Asking
from llmlab.cli.options import FormOptions
from llmlab.cli.out_file import OutFile
from llmlab.cli.world import World
from llmlab.lab.tally import RecordTally
from llmlab.language import tr
from llmlab.progress import Resumed
from llmlab.stream import Stream, always
from llmlab.view import Record

T = TypeVar("T")


@dataclass(frozen=True)
class Work(Generic[T]):
    """Inputs, and what is asked of each."""

    inputs: Stream[T]
    asking: Asking[T]


@dataclass(frozen=True)
class BulkRun:
    """Where records go, and in which form they are told."""

    world: World
    form: FormOptions
    sort: Sort
    out: OutFile | None
    shard: Shard

    def show(self, inputs: Stream[T], asking: Asking[T]) -> None:
        """Score all inputs; show their records as they come, or what they come to."""
        if self.out:
            self.out.begin()
        tally = TALLIES[self.sort]()
        with closing(self._each(Work(inputs, asking), tally)) as scored:
            if self.form.flows and not self.form.quiet:
                self.world.stream(scored, self.form)
                return
            for _ in scored:
                pass
        self.world.show(tally, self.form)

    def _each(self, work: Work[T], tally: RecordTally) -> Generator[list[Record]]:
        """The records of each input, which the file holds from then on.

        What comes slowly is told as it comes; but what a file holds is the same whenever it came, to the last digit.
        """
        own = zip(self.shard.numbers(), self.shard.own(work.inputs.each), strict=False)
        with self.world.progress(tr("scoring")) as progress:
            told = Told(progress, self.shard.share(work.inputs.count))
            for batch in work.asking.batches(own, always if self.out else work.inputs.ready):
                told()
                with closing(self._records(work, batch, told)) as found:
                    for records in found:
                        for one in records:
                            tally.add(one)
                        told.add()
                        yield records

    def _records(self, work: Work[T], batch: Mapping[int, T], told: "Told") -> Generator[list[Record]]:
        """The records of the inputs of a batch in their order: those of the file, and those that are new."""
        kept = {item: self._kept(work, item, one) for item, one in batch.items()}
        missing = {item: one for item, one in batch.items() if not kept[item]}
        with closing(work.asking.each(batch, missing, told)) as scored:
            for item in batch:
                told.known += bool(kept[item])
                yield kept[item] or list(self._added(work, item, next(scored)))

    def _kept(self, work: Work[T], item: int, one: T) -> list[Record]:
        if not self.out:
            return []
        made_by = {**work.asking.made_by(one), "items": work.inputs.count or None}
        return self.out.kept(item, made_by, partial(work.asking.own, one))

    def _added(self, work: Work[T], item: int, records: Sequence[Record]) -> Iterator[Record]:
        """New records as they are told; they are in the file first."""
        for one in records:
            if not self.out:
                yield one
                continue
            found = numbered(one, item, work.inputs.count, len(records))
            self.out.append(found)
            yield found


@dataclass
class Told:
    """Progress in inputs whose records are told. What an engine says of a batch shows only that it goes on."""

    progress: Resumed
    total: int
    done: int = 0
    known: int = 0  # of them, from the file

    def __call__(self, done: int = 0, total: int = 0) -> None:
        self.progress(self.done, self.total, self.known)

    def add(self) -> None:
        self.done += 1
        self()
