"""Options of work whose records are kept in a file, and which several machines may share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Struct

from llmlab.bulk.shard import WHOLE, Shard
from llmlab.cli.options import PictureOptions
from llmlab.cli.verbs import SHOWN, option
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import later, tr, tr_many

if TYPE_CHECKING:  # what records are is known when a verb computes
    from llmlab.bulk.sorts import Sort
    from llmlab.cli.out_file import OutFile


class OutOptions(Struct, frozen=True):
    """Where records are kept, and which inputs are this process's own."""

    out: Annotated[
        Path | None,
        option("--out", metavar="FILE", panel=SHOWN, help="Add records to this jsonl file; go on at its end."),
    ] = None
    shard: Annotated[
        str | None,
        option("--shard", metavar="I/N", panel=SHOWN, help="With --out: every N-th input alone, from the I-th on."),
    ] = None

    def __post_init__(self) -> None:
        """Raise MisuseError, before a model is opened or a file read, for a part that is none, or is not kept."""
        if self.shard is None:
            return
        Shard.of(self.shard)
        if not self.out:
            raise MisuseError(tr("--shard is of records that are kept"), tr("add --out FILE, one for each shard"))

    @property
    def given(self) -> bool:
        return any(getattr(self, name) for name in self.__struct_fields__)

    def check(self, form: PictureOptions, *, alone: bool = True) -> None:
        """Raise MisuseError, before anything is read, for what holds all records, and for several models."""
        if not alone:
            self.refuse(later("{option} is for one model"), tr("give one --model"))
        if self.out and (form.plots or form.format == "json"):
            other = "--plot" if form.plots else "--format json"
            message = tr("{option} keeps records as they come, {other} shows all at once", option="--out", other=other)
            raise MisuseError(message, tr("leave out one of them"))

    def refuse(self, message: str, hint: str, **told: str) -> None:
        """Raise MisuseError with a message about an {option} where one is given."""
        for name in self.__struct_fields__:
            if getattr(self, name):
                raise MisuseError(tr(message, option=f"--{name}", **told), hint)

    def part(self, inputs: int, *, named: bool = True) -> Shard:
        """Which of so many inputs are this process's own; 0 where nobody knows how many there are.

        `named`: whether the verb takes the name of their file. Raises MisuseError for a part of what cannot be counted.
        """
        if self.shard is None:
            return WHOLE
        if not inputs:
            message = tr("--shard is of a file: how many lines a pipe brings nobody knows")
            hint = tr("name the file, or give it with < FILE") if named else tr("give the lines with < FILE")
            raise MisuseError(message, hint)
        return Shard.of(self.shard)

    @staticmethod
    def nothing(world: World, out: "OutFile | None", shard: Shard, inputs: int) -> bool:
        """Whether none of so many inputs is the shard's; then it is said, and its file left empty."""
        if not out or not 0 < inputs < shard.index:
            return False
        out.leave()
        message = tr_many(
            "shard {shard} has no input: there is {count:,} in all",
            "shard {shard} has no input: there are {count:,} in all",
            inputs,
            shard=shard,
        )
        world.say(message)
        return True

    @contextmanager
    def file(self, world: World, sort: "Sort", shard: Shard) -> "Iterator[OutFile | None]":
        """The file, open, if one is named; after an interrupt it is said how far it is."""
        if not self.out:
            yield None
            return
        from llmlab.cli.out_file import OutFile

        with world.progress(tr("reading")):
            opened = OutFile(self.out, sort, shard)
        try:
            with opened as out:
                yield out
        except KeyboardInterrupt:
            if opened.records:
                world.say(_held(self.out, opened.records))
            raise


def _held(path: Path, records: int) -> str:
    """What is not lost."""
    return tr_many(
        "{file} holds {count:,} record; the same command goes on from there",
        "{file} holds {count:,} records; the same command goes on from there",
        records,
        file=path,
    )
