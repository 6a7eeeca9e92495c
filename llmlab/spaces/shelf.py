"""Spaces by name: those of the settings are built at first use; others were built or imported by the user, or are
files of vectors. Each is opened memory-mapped from the cache, once in a run.
"""

import re
from collections.abc import Callable
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from llmlab import cache
from llmlab.config import SpaceEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.models import catalog
from llmlab.models.library import Library
from llmlab.models.sources import digest
from llmlab.spaces.facts import Precision, SpaceFacts
from llmlab.spaces.reading import Reading, file_state
from llmlab.spaces.space import Space
from llmlab.view import Record

if TYPE_CHECKING:  # what makes a space is loaded when one is made
    from llmlab.backends.base import Encoder
    from llmlab.spaces.content import Content

FORMAT = "3"  # raised when the way a space is built changes
NAME = re.compile(r"\w[\w.-]*")
AGAIN = "llmlab space remove {0}, and make it again"


class Shelf:
    """The spaces of a run. `thorough` checks the checksums of what was made before."""

    def __init__(self, library: Library, thorough: bool = False) -> None:
        self.library, self.config, self.reporter = library, library.config, library.reporter
        self._thorough = thorough
        self._opened, self.encoder_of = once(self._open), once(self._encoder_of)

    def open(self, name: str = "", standardize: bool = False) -> Space:
        """The space, built first when it is one of the settings', or a file, and not in the cache as it is now.

        `standardize` is for a table's file. Raises MisuseError for an unknown name, DamagedError for a damaged space.
        """
        return self._opened(name or self.config.space, standardize)

    def folder(self, name: str) -> Path:
        """Where a space is, or would be; nowhere for a name that is a path."""
        return self.config.spaces_folder / (name if NAME.fullmatch(name) else ".none")

    @property
    def own_names(self) -> list[str]:
        """The spaces that the user has made or begun, by name."""
        folder = self.config.spaces_folder
        found = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        begun = [name.removeprefix(".").removesuffix(".begun") for name in found if name.endswith(".begun")]
        return [name for name in sorted({*found, *begun}) if NAME.fullmatch(name) and name not in self.config.spaces]

    def from_file(self, reading: Reading, name: str = "", precision: Precision = "auto") -> Space:
        """The space of a vector file: under a name, or under its path, then made anew when the file has changed."""
        path = reading.path
        fingerprint = {"format": FORMAT, "precision": precision, **reading.fingerprint}
        place = self.folder(name) if name else self._file_folders(path)[reading.standardize]

        def content() -> "Content":
            from llmlab.spaces.content import of_file

            return of_file(reading, self.reporter)

        return self._make(place, name or path.name, fingerprint, content, precision, own=bool(name))

    def from_model(self, name: str, entry: SpaceEntry, precision: Precision = "auto") -> Space:
        """The space of a model's vectors of a vocabulary.

        One of the settings is made once, on the engine of that time; the user's own is another on another engine.
        """
        source = self.library.source(entry.model)
        wanted = {"model": entry.model, "vectors": entry.vectors, "vocabulary": entry.vocabulary, "format": FORMAT}
        listed = Path(entry.vocabulary).expanduser()
        words = {"words": file_state(listed)} if listed.is_file() else {}
        own = name not in self.config.spaces
        engine = {"engine": self.config.engine, "dtype": self.config.dtype} if own else {}
        fingerprint = {**source.fingerprint, **wanted, **words, **engine, "precision": precision}

        def content() -> "Content":
            from llmlab.spaces.content import of_model

            return of_model(self.library, entry)

        return self._make(self.folder(name), name, fingerprint, content, precision, own=own)

    def remove(self, name: str) -> int:
        """Delete a space of the user's own, or what was made of a file; returns the bytes freed."""
        if name in self.config.spaces:
            raise MisuseError(f"{name} is a space of the settings", f"llmlab models remove {name} frees its place")
        folders = (self.folder(name), *self._file_folders(Path(name)))
        freed = sum(cache.remove(folder, self.reporter) for folder in folders)
        if not freed:
            own = ", ".join(self.own_names) or "there are none yet"
            raise MisuseError(f"you have no space called {name!r}", f"yours: {own}")
        return freed

    def _open(self, name: str, standardize: bool) -> Space:
        folder = self.folder(name)
        if standardize and (name in self.config.spaces or folder.is_dir()):
            raise MisuseError(f"the space {name} is made already", "--standardize goes with a table's file")
        if name in self.config.spaces:
            return self.from_model(name, self.config.spaces[name])
        if folder.is_dir():
            return self._find(name, folder)
        if Path(name).expanduser().is_file():
            return self.from_file(Reading.of(name, standardize=standardize))
        raise catalog.unknown("space", name, [*self.config.spaces, *self.own_names])

    def _find(self, name: str, folder: Path) -> Space:
        """A space of the user's own, which is not made anew: what it was made from may be gone."""
        made = cache.find(folder, None, thorough=self._thorough)
        if made is None:
            raise DamagedError(f"the space {name} is damaged", AGAIN.format(name))
        facts = facts_of(made)
        if facts is None:
            raise DamagedError(f"the space {name} was made by another version of llmlab", AGAIN.format(name))
        return Space(made.folder, facts)

    def _encoder_of(self, space: Space) -> "Encoder | None":
        """The encoder that made a space's vectors; None for one that is a table.

        Raises DamagedError where the model is no longer the one that the space was built with.
        """
        facts = space.facts
        if facts.kind != "encoder":
            return None
        if dict(self.library.source(facts.model).fingerprint) != facts.source:
            message = f"{facts.model} is no longer what the space {facts.name} was built with"
            raise DamagedError(message, "build the space again")
        return self.library.encoder(facts.model)

    def _make(
        self,
        folder: Path,
        name: str,
        fingerprint: dict[str, str],
        open_content: Callable[[], "Content"],
        precision: Precision,
        own: bool,
    ) -> Space:
        """The space, written block by block where it is not there yet; an interrupted build goes on where it was."""
        if own and cache.find(folder, None) and not cache.find(folder, fingerprint):
            raise MisuseError(f"you have a space {name}, made from something else", f"llmlab space remove {name}")

        def build(unfinished: Path) -> Record:
            self.reporter.say(f"building the space {name} (once)")
            try:
                return {"name": name, "unicode": "NFC", **self._write(unfinished, open_content(), precision)}
            except DamagedError as error:
                error.hint = error.hint or "correct that and try again; no space was made"
                raise

        made = cache.make(folder, fingerprint, build, self.reporter, thorough=self._thorough, resume=True)
        return Space(made.folder, msgspec.convert(dict(made.facts), SpaceFacts))

    def _write(self, unfinished: Path, content: "Content", precision: Precision) -> Record:
        from llmlab.spaces.writer import SpaceWriter

        with SpaceWriter(unfinished, content.dimension) as writer:
            if writer.rows:
                self.reporter.say(f"{writer.rows:,} words were there from the last time")
            for words, vectors in content.blocks(writer.rows):
                writer.add(words, vectors)
            return {**writer.finish(precision), **content.facts()}

    def _file_folders(self, path: Path) -> tuple[Path, Path]:
        """Where the space of a file is, as it is and standardised."""
        slug = digest(str(path.expanduser().resolve()))[:16]
        folder = self.config.spaces_folder / ".files"
        return folder / slug, folder / f"{slug}-standard"


def facts_of(made: cache.Artifact) -> SpaceFacts | None:
    """What a folder of the cache records of its space; None for one that another version of llmlab made."""
    if made.fingerprint.get("format") != FORMAT:
        return None
    try:
        return msgspec.convert(dict(made.facts), SpaceFacts)
    except msgspec.ValidationError:
        return None
