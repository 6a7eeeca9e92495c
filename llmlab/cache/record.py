"""What a folder of the cache says of itself: what it was made from, and every file's size and SHA-256.

The record stands in a checksum of its own. Each opening looks at the sizes and at the CRC-32 of what decides how all
else is read: words, vocabularies, headers. CRC-32 finds every change of up to 32 bits in a row; it reads 7 GB a second
where SHA-256 reads 2. A record of before that has no checksums of heads: its files are read whole, once, and it gets
them.
"""

import mmap
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import getpid
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from llmlab.cache.disk import put, sha256, sync
from llmlab.errors import reason
from llmlab.language import later, tr

RECORD = "record.json"
SMALL = 4 * 2**20  # bytes: a file of no more is looked at whole
HEAD = 64 * 2**10  # of a larger one
HEADS = {".gguf": 8 * 2**20}  # its header holds the vocabulary: of gemma's 262,144 tokens 6.5 MB
TEXTS = (".txt", ".json")  # words and vocabularies of any size
MISSING = later("{file} is missing")
SIZE = later("{file} has {found:,} bytes instead of {wanted:,}")
OTHER = later("{file} is not what was written")
UNREADABLE = later("{file} cannot be read: {reason}")
Hashed = Callable[[int], None]  # bytes that have been read


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A record as it stands in its file."""

    fingerprint: dict[str, str]
    facts: dict[str, Any]
    files: dict[str, tuple[int, str]]  # bytes, SHA-256
    heads: dict[str, tuple[int, int]] = {}  # so many of them first, and their CRC-32
    crc: int | None = None  # of all the rest; None in a record of before

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, _ in self.files.values())

    def encoded(self) -> bytes:
        """What stands in the file of such a record, whatever this one's own checksum is."""
        bare = replace(self, crc=None)
        whole = replace(self, crc=zlib.crc32(msgspec.json.encode(bare)))
        return msgspec.json.format(msgspec.json.encode(whole), indent=1)


@dataclass(frozen=True)
class Fault:
    """A file that is not what was written; `said` names it and what is wrong."""

    file: str
    said: str


def read(folder: Path) -> Manifest:
    """A folder's record. Raises OSError for one that is absent, ValueError for one that is none, or was changed."""
    data = (folder / RECORD).read_bytes()
    found = msgspec.json.decode(data, type=Manifest)
    if found.crc is not None and found.encoded() != data:
        raise ValueError(data)
    return found


def faults(folder: Path, noted: Manifest, *, thorough: bool, hashed: Hashed = lambda _: None) -> Iterator[Fault]:
    """The files that are not as noted: by size and head, or `thorough` by every byte."""
    for name, (size, checksum) in noted.files.items():
        path = folder / name
        try:
            found = path.stat().st_size
            if found != size:
                yield Fault(name, tr(SIZE, file=name, found=found, wanted=size))
            elif (thorough and sha256(path) != checksum) or not _has_head(path, noted.heads.get(name)):
                yield Fault(name, tr(OTHER, file=name))
        except OSError as error:
            yield _unread(name, error)
        hashed(size)


def all_faults(folder: Path, *, thorough: bool, hashed: Hashed = lambda _: None) -> list[Fault]:
    """The same, the record among them."""
    try:
        noted = read(folder)
    except OSError as error:
        return [_unread(RECORD, error)]
    except ValueError:
        return [Fault(RECORD, tr(OTHER, file=RECORD))]
    return list(faults(folder, noted, thorough=thorough or noted.crc is None, hashed=hashed))


def _unread(name: str, error: OSError) -> Fault:
    """A file that is not there, or that the system does not give."""
    said = tr(MISSING, file=name) if isinstance(error, FileNotFoundError) else ""
    return Fault(name, said or tr(UNREADABLE, file=name, reason=reason(error)))


def write(folder: Path, fingerprint: Mapping[str, str], facts: Mapping[str, Any]) -> None:
    """Note what the files of a folder are, each on the disk before the record that vouches for it."""
    from concurrent.futures import ThreadPoolExecutor  # here, for it takes long to load

    below = sorted(folder.rglob("*"))
    for path in below:
        sync(path)
    made = {path.relative_to(folder).as_posix(): path for path in below if path.is_file()}
    with ThreadPoolExecutor() as pool:  # hashing leaves the interpreter to others: several files at once
        sums = dict(zip(made, pool.map(sha256, made.values()), strict=True))
    files = {name: (path.stat().st_size, sums[name]) for name, path in made.items()}
    put(folder / RECORD, _with_heads(folder, Manifest(dict(fingerprint), dict(facts), files)).encoded())


def complete(folder: Path, noted: Manifest) -> None:
    """Give a record of before, whose files have been read whole, what it lacks; nothing where it may not be written."""
    with suppress(OSError):
        put(folder / RECORD, _with_heads(folder, noted).encoded(), f"tmp-{getpid()}")


def _with_heads(folder: Path, noted: Manifest) -> Manifest:
    lengths = {name: _head(name, size) for name, (size, _) in noted.files.items()}
    return replace(noted, heads={name: (length, _crc(folder / name, length)) for name, length in lengths.items()})


def _head(name: str, size: int) -> int:
    """How many bytes of a file are looked at whenever it is opened."""
    suffix = Path(name).suffix
    return size if size <= SMALL or suffix in TEXTS else min(size, HEADS.get(suffix, HEAD))


def _has_head(path: Path, head: tuple[int, int] | None) -> bool:
    return head is None or _crc(path, head[0]) == head[1]


def _crc(path: Path, length: int) -> int:
    """Of the first bytes of a file."""
    with path.open("rb") as file:
        if not length:
            return 0
        with mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ) as first:
            return zlib.crc32(first)
