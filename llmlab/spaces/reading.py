"""A file of vectors of the user's, and how it is read: together they say which space of the cache is its own."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmlab.errors import DamagedError, MisuseError
from llmlab.files.opening import opened
from llmlab.language import tr
from llmlab.names import is_stream, located
from llmlab.spaces.facts import Case

READER = "2"  # raised when a file is read otherwise than before


@dataclass(frozen=True)
class Reading:
    """A file of vectors and how it is read."""

    path: Path
    words: Path | None = None  # the words of an array; None: in the .txt beside it
    standardize: bool = False  # number columns of a table
    missing: tuple[str, ...] = ()  # cells of a table that stand for nothing
    skip_bad_words: bool = False  # those that are not UTF-8
    case: Case | None = None  # None: as its words suggest
    language: str = ""

    @classmethod
    def of(cls, file: str, **how: Any) -> "Reading":
        """Raises MisuseError for a file that is none."""
        if not file:
            raise MisuseError(tr("the name of the file is empty"), tr("give a file of vectors"))
        path = located(file)
        if os.path.isdir(path):
            raise MisuseError(tr("{file} is a folder", file=file), tr("give a file of vectors"))
        _refuse_stream(file)
        if not os.path.isfile(path):  # which says nothing against a name that is too long either
            raise MisuseError(tr("cannot read {file}: there is no such file", file=file), tr("check the file's name"))
        if how.get("words"):
            _refuse_stream(str(how["words"]))
            with opened(how["words"]):  # before anything is made
                pass
        return cls(path, **how)

    @classmethod
    def noted(cls, fingerprint: Mapping[str, str]) -> "Reading":
        """The reading that had this fingerprint, whatever its files are now. Raises DamagedError for one of no file."""
        if "file" not in fingerprint:
            raise DamagedError(tr("no file is known"), tr("make the space again"))
        path, words = (Path(fingerprint.get(key, "").rsplit(":", 2)[0]) for key in ("file", "words"))
        beside = words if fingerprint.get("words") and words != path.with_suffix(".txt") else None
        case: Any = fingerprint.get("case") or None
        how: Any = {name: fingerprint.get(name) == "True" for name in ("standardize", "skip_bad_words")}
        how |= {"case": case, "language": fingerprint.get("language", ""), "missing": tuple(_listed(fingerprint))}
        return cls(path, beside, **how)

    @classmethod
    def again(cls, fingerprint: Mapping[str, str]) -> "Reading":
        """The same. Raises DamagedError where its files are not what they were."""
        found = cls.noted(fingerprint)
        if not found.path.is_file() or any(found.fingerprint[key] != fingerprint.get(key) for key in ("file", "words")):
            raise DamagedError(tr("{path} is not what it was", path=found.path), tr("make the space again"))
        return found

    @property
    def typed(self) -> list[str]:
        """The file and the options by which it is read so."""
        options = [f"--{name.replace('_', '-')}" for name in ("standardize", "skip_bad_words") if getattr(self, name)]
        given = {"--words": self.words, "--case": self.case, "--language": self.language}
        options += [word for name, value in given.items() if value for word in (name, str(value))]
        return [str(self.path), *options, *(word for cell in self.missing for word in ("--missing", cell))]

    @property
    def fingerprint(self) -> dict[str, str]:
        """The file as it is now, and how it is read."""
        beside = self.words or self.path.with_suffix(".txt")
        listed = file_state(beside) if beside.is_file() and beside != self.path else ""
        how = {"standardize": str(self.standardize), "case": self.case or "", "language": self.language}
        how |= {"missing": json.dumps(self.missing), "skip_bad_words": str(self.skip_bad_words), "reader": READER}
        how |= {"scale": "kept"} if self.standardize else {}  # before, spaces did not know what they were made of
        return {"file": file_state(self.path), "words": listed, **how}


def _refuse_stream(file: str) -> None:
    if is_stream(file):
        raise MisuseError(
            tr("{file} is stdin, a pipe or a device, and is to be read more than once", file=file),
            tr("save it to a file first"),
        )


def _listed(fingerprint: Mapping[str, str]) -> list[str]:
    return list(json.loads(fingerprint.get("missing", "[]")))


def file_state(path: Path) -> str:
    """A file as it is now: another size or time is another file."""
    stat = path.stat()
    return f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
