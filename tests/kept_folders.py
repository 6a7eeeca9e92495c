"""A small folder of the cache, what it is made of, and what may happen to it."""

import os
from contextlib import nullcontext
from pathlib import Path

from llmlab import cache
from llmlab.progress import silent

NEW, OLD = {"from": "new"}, {"from": "old"}


class Ear:
    """A reporter that remembers."""

    def __init__(self):
        self.heard = []

    def say(self, message):
        self.heard.append(message)

    def detail(self, message):
        pass

    def progress(self, label):
        return nullcontext(silent)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file() and "record" not in f.name
    }


def build(folder: Path) -> dict[str, int]:
    (folder / "below").mkdir()
    (folder / "weights.bin").write_bytes(b"w" * 1000)
    (folder / "below" / "words.txt").write_bytes(b"love\n")
    return {"files": 2}


WHOLE = {"weights.bin": b"w" * 1000, "below/words.txt": b"love\n"}


def make(folder: Path, fingerprint=NEW, **options) -> cache.Artifact:
    return cache.make(folder, fingerprint, build, Ear(), **options)


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


def flip(path: Path, bit: int) -> None:
    """Change one bit of a file, and neither its size nor its time."""
    stat, data = path.stat(), bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
