"""The cache, and which models and spaces are ready: by a look at records and sizes, without reading what they hold."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from llmlab import cache
from llmlab.config import Config
from llmlab.doctor.report import Fact, homeless
from llmlab.language import later, tr
from llmlab.models import inventory

READY, LATER, ABSENT = later("ready"), later("at first use"), later("not installed")
MIB = 2**20


def facts(config: Config) -> Iterator[Fact]:
    folder = config.cache_folder
    yield Fact("cache", "folder", homeless(folder), homeless(folder))
    size = cache.size(folder) / MIB
    yield Fact("cache", "mib", round(size, 1), f"{size:,.0f} MiB")
    free = shutil.disk_usage(_there(folder)).free // MIB
    yield Fact("cache", "free_mib", free, tr("{mib:,} MiB free", mib=free))
    models, spaces = list(_models(config)), list(_spaces(config))
    yield _writable(folder, whole=all(one.value == READY for one in (*models, *spaces)))
    yield _damaged(config)
    yield from (*models, *spaces)


def damaged(config: Config) -> list[str]:
    """What the cache holds and its own records do not vouch for, by a look at sizes alone."""
    tops = (*_below(config.models_folder), config.spaces_folder, config.trained_folder)
    made = [folder for top in tops for folder in _below(top)]
    return [f"{one.parent.name}/{one.name}" for one in made if cache.find(one, None) is None]


def _damaged(config: Config) -> Fact:
    wrong = damaged(config)
    if not wrong:
        return Fact("cache", "damaged", wrong, tr("sizes as noted"))
    said = tr("damaged in the cache: {names}", names=tr(", ").join(wrong))
    return Fact("cache", "damaged", wrong, said, said, "llmlab cache repair")


def _writable(folder: Path, *, whole: bool) -> Fact:
    """A cache that holds all that is asked for need not be writable."""
    writable = _takes_files(_there(folder))
    said = "" if writable else tr("it cannot be written")
    lacks = "" if writable or whole else tr("the cache cannot be written and is not complete")
    return Fact(
        "cache", "writable", writable, said, lacks, "LLMLAB_CACHE=FOLDER llmlab models prepare" if lacks else ""
    )


def _takes_files(folder: Path) -> bool:
    """Whether a page is written there, in a file that is gone at once: rights say nothing of /proc, or a full disk."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
    except OSError:
        return False
    return True


def _models(config: Config) -> Iterator[Fact]:
    """The models of the catalogue and of the settings, and those that the user trained."""
    asked = (config.model, config.encoder)
    for one in inventory.listing(config).models:
        state = (READY if one.prepared else LATER) if one.installed else ABSENT
        told = f"{one.name} {tr(state)}"
        if one.installed or one.name not in asked:
            yield Fact("models", one.name, state, told)
        else:
            yield Fact("models", one.name, state, told, tr("{name} is not installed", name=one.name), one.get)


def _spaces(config: Config) -> Iterator[Fact]:
    own = {folder.name for folder in _below(config.spaces_folder)}
    for name in config.spaces:
        state = READY if name in own else LATER
        yield Fact("spaces", name, state, f"{name} {tr(state)}")
    others = len(own - set(config.spaces))
    yield Fact("spaces", "others", others, tr("yours: {count}", count=others) if others else "")


def _below(folder: Path) -> list[Path]:
    """The folders in it that are no temporary ones; none of one that is not there or cannot be read."""
    try:
        return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError:
        return []


def _there(folder: Path) -> Path:
    """The folder, or the next above it that is there."""
    return next(one for one in (folder, *folder.absolute().parents) if one.exists())
