"""Inputs of any number: read, scored in batches and written as they come, in their order; nothing is kept but sums.

What a file holds already is read there and not scored again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from llmlab.progress import Progress
from llmlab.stream import Stream, batches
from llmlab.view import Record

T = TypeVar("T")


@dataclass(frozen=True)
class Work(Generic[T]):
    """Inputs, and what is asked of each."""

    inputs: Stream[T]
    asking: Asking[T]
    most: int  # inputs scored at a time


@dataclass(frozen=True)
class BulkRun:
    """Where records go, and in which form they are told."""

    world: World
    form: FormOptions
    sort: Sort
    out: OutFile | None
    shard: Shard

    def show(self, inputs: Stream[T], asking: Asking[T], most: int) -> None:
        """Score all inputs, so many at a time; show their records as they come, or what they come to."""
        work = Work(inputs, asking, most)
        if self.out:
            self.out.begin()
        tally = TALLIES[self.sort]()
        scored = self._each(work, tally)
        if self.form.flows and not self.form.quiet:
            self.world.stream(scored, self.form)
            return
        for _ in scored:
            pass
        self.world.show(tally, self.form)

    def _each(self, work: Work[T], tally: RecordTally) -> Iterator[list[Record]]:
        """The records of each batch, which the file holds from then on."""
        total, done = self.shard.share(work.inputs.count), 0
        own = zip(self.shard.numbers(), self.shard.own(work.inputs.each), strict=False)
        with self.world.progress(tr("scoring")) as progress:
            for batch in map(dict, batches(own, work.most)):
                found = list(self._records(work, batch, BatchProgress(progress, done, len(batch), total)))
                done += len(batch)
                progress(done, total)
                for one in found:
                    tally.add(one)
                yield found

    def _records(self, work: Work[T], batch: Mapping[int, T], progress: Progress) -> Iterator[Record]:
        """The records of a batch in the order of its inputs: those of the file, and those that are new."""
        kept = {item: self._kept(work, item, one) for item, one in batch.items()}
        missing = {item: one for item, one in batch.items() if not kept[item]}
        scored = dict(zip(missing, work.asking.score(missing, progress) if missing else (), strict=True))
        for item in batch:
            yield from kept[item] or self._added(work, item, scored[item])

    def _kept(self, work: Work[T], item: int, one: T) -> list[Record]:
        if not self.out:
            return []
        return self.out.kept(item, {**work.asking.made_by(one), "items": work.inputs.count or None})

    def _added(self, work: Work[T], item: int, records: Sequence[Record]) -> Iterator[Record]:
        """New records as they are told; they are in the file first."""
        for one in records:
            if not self.out:
                yield one
                continue
            found = numbered(one, item, work.inputs.count, len(records))
            self.out.append(found)
            yield found


@dataclass(frozen=True)
class BatchProgress:
    """The progress of a batch as that of the whole, in inputs."""

    whole: Progress
    before: int
    size: int
    total: int

    def __call__(self, done: int, of: int) -> None:
        self.whole(self.before + self.size * done // of if of else self.before, self.total)
