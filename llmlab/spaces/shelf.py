"""Spaces by name: those of the settings are built at first use; others were built or imported by the user, or are
files of vectors. Each is opened memory-mapped from the cache, once in a run.
"""

import os
from collections.abc import Callable
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from llmlab import cache
from llmlab.config import SpaceEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.language import later, tr
from llmlab.models import catalog, opening
from llmlab.models.library import Library
from llmlab.names import checked_moment, composed, is_path, is_stream, located, trained
from llmlab.spaces.again import as_noted, same, unfinished
from llmlab.spaces.facts import Precision, SpaceFacts
from llmlab.spaces.notes import told
from llmlab.spaces.places import file_folders
from llmlab.spaces.reading import Reading, file_state
from llmlab.spaces.space import Space
from llmlab.view import Record

if TYPE_CHECKING:  # what makes a space is loaded when one is made
    from llmlab.backends.base import Encoder
    from llmlab.spaces.content import Content

FORMAT = "3"  # raised when the way a space is built changes
KNOWN = "1"  # the same of which words an encoder knows
RESUMED = later("{count:,} words were there from the last time")
CUT = later("{count:,} words were there from the last time; what followed them was damaged and is made again")
DAMAGED = later("the space {name} is damaged: {wrong}")
AGAIN = later("llmlab cache repair; or llmlab space remove {name}, and make it again")


class Shelf:
    """The spaces of a run. `thorough` checks the checksums of what was made before."""

    def __init__(self, library: Library, thorough: bool = False) -> None:
        self.library, self.config, self.reporter = library, library.config, library.reporter
        self._thorough = thorough
        self._opened = once(opening.timed(self._open, _told, self.reporter))
        self.encoder_of = once(self._encoder_of)

    def open(self, name: str = "", standardize: bool = False) -> Space:
        """The space, built first when it is one of the settings', or a file, and not in the cache as it is now.

        `standardize` is for a table's file. Raises MisuseError for an unknown name, DamagedError for a damaged space.
        """
        return self._opened(name or self.config.space, standardize)

    def folder(self, name: str) -> Path:
        """Where a space is, or would be. Raises MisuseError for what is no name."""
        known = composed(name)
        return self._folders.get(known) or self.config.spaces_folder / checked_moment(tr("a space"), known)

    @property
    def own_names(self) -> list[str]:
        """The spaces that the user has made or begun, by name."""
        return [name for name in self._folders if name not in self.config.spaces]

    @property
    def _folders(self) -> dict[str, Path]:
        """What the cache holds by name, whole or begun: a name that is not here has no folder to open or remove."""
        parent = self.config.spaces_folder
        found = [path for path in parent.iterdir() if path.is_dir() or path.is_symlink()] if parent.is_dir() else []
        begun = [path.with_name(name) for path in found if (name := cache.begun_name(path))]
        whole = [path for path in found if not path.name.startswith(".")]
        return {composed(path.name): path for path in sorted({*whole, *begun})}

    def from_file(self, reading: Reading, name: str = "", precision: Precision = "auto") -> Space:
        """The space of a vector file: under a name, or under its path, then made anew when the file has changed."""
        path = reading.path
        fingerprint = {"format": FORMAT, "precision": precision, **reading.fingerprint}
        place = self.folder(name) if name else file_folders(self.config.spaces_folder, path)[reading.standardize]

        def content() -> "Content":
            from llmlab.spaces.content import of_file

            return of_file(reading)

        return self._make(place, name or path.name, fingerprint, content, precision, own=bool(name))

    def from_model(self, name: str, entry: SpaceEntry, precision: Precision = "auto") -> Space:
        """The space of a model's vectors of a vocabulary.

        One of the settings is made once, on the engine of that time; the user's own is another on another engine.
        """
        origin = self.library.origin(entry.model).fingerprint
        wanted = {"model": entry.model, "vectors": entry.vectors, "vocabulary": entry.vocabulary, "format": FORMAT}
        listed = located(entry.vocabulary)
        words = {"words": file_state(listed)} if os.path.isfile(listed) else {}
        own = name not in self.config.spaces
        if not own and self._is_of_the_user(name):
            hint = tr("call it otherwise in your settings, or: llmlab space remove {name}", name=name)
            raise MisuseError(tr("{name} is a space of the settings and one of your own", name=name), hint)
        engine = {"engine": self.config.engine, "dtype": self.config.dtype} if own else {}
        known = {"known": KNOWN} if entry.vectors == "encoder" else {}
        fingerprint = {**origin, **wanted, **words, **engine, **known, "precision": precision}
        folder = self.folder(name)
        fingerprint = as_noted(folder, name, origin, fingerprint, own)

        def content() -> "Content":
            from llmlab.spaces.content import of_model

            return of_model(self.library, entry)

        return self._make(folder, name, fingerprint, content, precision, own=own)

    def from_training(self, name: str, fingerprint: dict[str, str], content: "Content") -> Space:
        """The space of a table that was trained on a text, or of a moment of the training."""
        return self._make(
            self.folder(name), name, {"format": FORMAT, **fingerprint}, lambda: content, "float32", own=True
        )

    def has(self, name: str, fingerprint: dict[str, str]) -> bool:
        """Whether that space is there. Raises MisuseError for one of this name that was made from something else."""
        folder, wanted = self.folder(name), {"format": FORMAT, **fingerprint}
        self._refuse_other(folder, name, wanted)
        return cache.find(folder, wanted, thorough=self._thorough) is not None

    def remove(self, name: str) -> int:
        """Delete a space of the user's own with the moments of its training, or what was made of a file.

        Returns the bytes freed.
        """
        known = composed(name)
        if known in self.config.spaces and not self._is_of_the_user(known):
            raise MisuseError(
                tr("{name} is a space of the settings", name=name),
                tr("llmlab models remove {name} frees its place", name=name),
            )
        named = self._folders.get(known)  # of a space and a file of one name, the space is meant
        kept = [folder for other, folder in self._folders.items() if other != known and trained(other) == known]
        folders = [*filter(None, [named]), *kept] or file_folders(self.config.spaces_folder, located(name))
        freed = sum(cache.remove(folder, self.reporter) for folder in folders)
        if not freed:
            own = tr(", ").join(self.own_names) or tr("there are none yet")
            raise MisuseError(tr("you have no space called {name!r}", name=name), tr("yours: {names}", names=own))
        return freed

    def _open(self, name: str, standardize: bool) -> Space:
        known = composed(name)
        made = known in self._folders and (self._folders[known].is_dir() or self._folders[known].is_symlink())
        if standardize and (known in self.config.spaces or made):
            raise MisuseError(
                tr("the space {name} is made already", name=name), tr("--standardize goes with a table's file")
            )
        if known in self.config.spaces:
            return self.from_model(known, self.config.spaces[known])
        if made:
            return self._find(known, self._folders[known])
        if known in self._folders:
            raise unfinished(self._folders[known], known)
        if os.path.isfile(located(name)) or is_stream(name):
            return self.from_file(Reading.of(name, standardize=standardize))
        if is_path(name) and os.path.isdir(located(name)):
            raise MisuseError(
                tr("{name} is a folder", name=name), tr("give the path of a file of vectors, or a space's name")
            )
        if is_path(name):
            raise MisuseError(
                tr("there is no file {name}", name=name), tr("give the path of a file of vectors, or a space's name")
            )
        raise catalog.unknown("space", name, [*self.config.spaces, *self.own_names])

    def _is_of_the_user(self, name: str) -> bool:
        """Whether what the cache holds under a name was imported or built by the user, not for the settings."""
        return not {"file", "engine"}.isdisjoint(cache.made_from(self.folder(name)))

    def _find(self, name: str, folder: Path) -> Space:
        """A space of the user's own, which is not made anew: what it was made from may be gone."""
        made = cache.find(folder, None, thorough=self._thorough)
        if made is None:
            raise DamagedError(tr(DAMAGED, name=name, wrong=cache.damage(folder)), tr(AGAIN, name=name))
        facts = facts_of(made)
        if facts is None:
            raise DamagedError(
                tr("the space {name} was made by another version of llmlab", name=name), tr(AGAIN, name=name)
            )
        return Space(made.folder, facts)

    def _encoder_of(self, space: Space) -> "Encoder | None":
        """The encoder that made a space's vectors; None for one that is a table.

        Raises DamagedError where the model is no longer the one that the space was built with.
        """
        facts = space.facts
        if facts.kind != "encoder":
            return None
        if not same(self.library.origin(facts.model).fingerprint, facts.source):
            message = tr(
                "{model} is no longer what the space {space} was built with", model=facts.model, space=facts.name
            )
            raise DamagedError(message, tr("build the space again"))
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
        if own:
            self._refuse_other(folder, name, fingerprint)

        def build(unfinished: Path) -> Record:
            self.reporter.say(tr("building the space {name} (once)", name=name))
            try:
                return {"name": name, "unicode": "NFC", **self._write(unfinished, open_content(), precision)}
            except DamagedError as error:
                error.hint = error.hint or tr("correct that and try again; no space was made")
                raise

        made = cache.make(folder, fingerprint, build, self.reporter, thorough=self._thorough, resume=True)
        return Space(made.folder, msgspec.convert(dict(made.facts), SpaceFacts))

    def _refuse_other(self, folder: Path, name: str, fingerprint: dict[str, str]) -> None:
        if cache.find(folder, None) and not cache.find(folder, fingerprint):
            hint = f"llmlab space remove {trained(name)}"
            raise MisuseError(tr("you have a space {name}, made from something else", name=name), hint)

    def _write(self, unfinished: Path, content: "Content", precision: Precision) -> Record:
        from llmlab.spaces.writer import SpaceWriter

        with SpaceWriter(unfinished, content.dimension) as writer:
            if writer.rows:
                self.reporter.say(tr(CUT if writer.damaged else RESUMED, count=writer.rows))
            elif writer.damaged:
                self.reporter.say(tr("what was there from the last time was damaged; it is made anew"))
            for words, vectors in content.blocks(writer.rows):
                writer.add(words, vectors)
            measured, facts = writer.finish(precision), content.facts()
        for note in facts.get("left_out", ()):
            self.reporter.say(tr("{name}: {said}", name=facts["model"], said=told(note)))
        return {**measured, **facts}


def _told(space: Space, seconds: float) -> str:
    facts = space.facts
    return tr(
        "the space {name} is open: {words:,} words, {dimension} numbers a vector; {seconds:.2f} s",
        name=facts.name,
        words=facts.words,
        dimension=facts.dimension,
        seconds=seconds,
    )


def facts_of(made: cache.Artifact) -> SpaceFacts | None:
    """What a folder of the cache records of its space; None for one that another version of llmlab made."""
    if made.fingerprint.get("format") != FORMAT:
        return None
    try:
        return msgspec.convert(dict(made.facts), SpaceFacts)
    except msgspec.ValidationError:
        return None
