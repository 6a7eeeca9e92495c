"""The verb that puts the parts of one work together: merge."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from io import BufferedWriter
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import typer

from llmlab.cache import sync
from llmlab.cli.options import FormOptions
from llmlab.cli.verbs import SHOWN, option, verb
from llmlab.cli.world import World
from llmlab.errors import LabError, MisuseError
from llmlab.language import tr

if TYPE_CHECKING:  # what records are is known when a verb computes
    from llmlab.bulk.merging import Merged
    from llmlab.lab.tally import RecordTally

PartsArgument = Annotated[
    list[Path], typer.Argument(metavar="PART...", help="Files that --out --shard wrote.", show_default=False)
]
AllOption = Annotated[
    Path | None,
    option("--out", metavar="FILE", panel=SHOWN, help="Write the records to this file, and say their sums."),
]


@verb("llmlab merge part1.jsonl part2.jsonl part3.jsonl --out all.jsonl")
def merge(world: World, *, part: PartsArgument, out: AllOption = None) -> None:
    """Put the files of several shards together; check that no input is lost or doubled.

    With --out the table of all is shown, else the records are written to stdout. A file that holds them is left as is.
    """
    from llmlab.bulk.merging import merge
    from llmlab.bulk.tallies import TALLIES

    if out:
        _check(out, part)
    with world.progress(tr("reading, MiB")) as progress:
        merged = merge(part, progress)
    tally = TALLIES[merged.sort]()
    if out:
        (_compare if out.exists() else _write)(world, merged, tally, out)
        world.show(tally, FormOptions())
    elif not all(world.write(line.decode()) for line in _lines(world, merged, tally)):
        return
    world.say(merged.statement)


def _check(path: Path, parts: Sequence[Path]) -> None:
    """Raise MisuseError, before anything is read, for a file that cannot be, or that holds something else."""
    from llmlab.cli.out_file import check_writable, unwritable

    try:
        if path.exists():
            _check_size(path, parts)
        else:
            check_writable(path)
    except OSError as error:
        raise MisuseError(unwritable(path, error), tr("check --out")) from None


def _check_size(path: Path, parts: Sequence[Path]) -> None:
    """Raise MisuseError for a file that is not as long as its parts, whose last line may lack its end."""
    if not all(part.is_file() for part in parts):
        return  # what is wrong with them is said when they are read
    size = sum(part.stat().st_size for part in parts)
    if not path.is_file() or not size <= path.stat().st_size <= size + len(parts):
        raise _other(path)


def _other(path: Path) -> MisuseError:
    message = tr("{file} is there already, and holds something else", file=path)
    return MisuseError(message, tr("remove it, or name another file"))


def _lines(world: World, merged: "Merged", tally: "RecordTally") -> Iterator[bytes]:
    """The records in the order of their inputs; the tally has them from then on."""
    from json import loads

    with world.progress(tr("merging")) as progress:
        for line in merged.each(progress):
            tally.add(loads(line))
            yield line


def _compare(world: World, merged: "Merged", tally: "RecordTally", path: Path) -> None:
    """Leave a file that holds the records already, as after a job that was queued twice."""
    from llmlab.files.opening import readable

    with readable(path), path.open("rb") as file:
        if not all(file.read(len(line)) == line for line in _lines(world, merged, tally)) or file.read(1):
            raise _other(path)
    world.say(tr("{file} holds them already", file=path))


def _write(world: World, merged: "Merged", tally: "RecordTally", path: Path) -> None:
    """Write a file whole, or not at all. What a killed merge into it has left is removed."""
    from llmlab.cli.file_lock import lock
    from llmlab.cli.out_file import unwritable

    ours = f".llmlab-merge-{blake2b(os.fsencode(path.name), digest_size=8).hexdigest()}-"
    begun = path.with_name(ours + token_hex(8))  # a name that nobody has
    try:
        _remove_left(path.parent, ours)
        with begun.open("xb", buffering=0) as held, BufferedWriter(held) as file:
            with suppress(OSError):  # no such lock here: then nothing is removed either
                lock(held)
            held.seek(0)  # on Windows it was elsewhere
            file.writelines(_lines(world, merged, tally))
            file.flush()
            os.fsync(held)
        begun.replace(path)
        sync(path.parent)
    except OSError as error:
        raise LabError(unwritable(path, error), tr("make room, or name another file")) from error
    finally:
        begun.unlink(missing_ok=True)


def _remove_left(folder: Path, ours: str) -> None:
    """Remove the files of this name that no process writes any longer."""
    from llmlab.cli.file_lock import lock

    for left in folder.glob(f"{ours}*"):
        with suppress(OSError):  # somebody else's
            with left.open("rb", buffering=0) as file:
                gone = lock(file)
            if gone:
                left.unlink()
