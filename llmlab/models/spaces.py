"""Spaces by name: those of the settings are built at first use; others were built or imported by the user, or are
files of vectors. All are opened memory-mapped from the cache.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from llmlab.backends.base import Encoder
from llmlab.config import Config, SpaceEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.models import catalog
from llmlab.models.sources import digest, locate
from llmlab.progress import Reporter
from llmlab.store import artifacts
from llmlab.store import space as files

if TYPE_CHECKING:  # what builds a space is loaded when one is built
    from llmlab.models.space_content import Content

FORMAT = "3"  # raised when the way a space is built changes
NAME = re.compile(r"\w[\w.-]*")


def open_space(
    config: Config, reporter: Reporter, name: str = "", thorough: bool = False, standardize: bool = False
) -> files.SpaceFiles:
    """The space, built first when it is one of the settings', or a file, and not in the cache as it is now.

    `standardize` is for a table's file. Raises MisuseError for an unknown name, DamagedError for a damaged space.
    """
    name = name or config.space
    if standardize and (name in config.spaces or own_folder(config, name).is_dir()):
        raise MisuseError(f"the space {name} is made already", "--standardize goes with a table's file")
    if name in config.spaces:
        return from_model(config, reporter, name, config.spaces[name], thorough=thorough)
    folder = own_folder(config, name)
    if folder.is_dir():
        made = artifacts.find(folder, None, thorough=thorough)
        if made is None:
            raise DamagedError(f"the space {name} is damaged", f"llmlab space remove {name}, and make it again")
        if made.fingerprint.get("format") != FORMAT:
            message = f"the space {name} was made by another version of llmlab"
            raise DamagedError(message, f"llmlab space remove {name}, and make it again")
        return files.SpaceFiles(made.folder, dict(made.facts))
    if Path(name).expanduser().is_file():
        return from_file(config, reporter, name, standardize=standardize)
    raise catalog.unknown("space", name, [*config.spaces, *own_names(config)])


def own_folder(config: Config, name: str) -> Path:
    """Where a space of the user's own is, or would be; nowhere for a name that is a path."""
    return config.cache_folder / "spaces" / (name if NAME.fullmatch(name) else ".none")


def own_names(config: Config) -> list[str]:
    """The spaces that the user has made or begun, by name."""
    folder = config.cache_folder / "spaces"
    found = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    begun = [name.removeprefix(".").removesuffix(".begun") for name in found if name.endswith(".begun")]
    return [name for name in sorted({*found, *begun}) if NAME.fullmatch(name) and name not in config.spaces]


def from_file(
    config: Config,
    reporter: Reporter,
    file: str,
    name: str = "",
    words: Path | None = None,
    standardize: bool = False,
    precision: str = "auto",
    case: str = "",
    language: str = "",
) -> files.SpaceFiles:
    """The space of a vector file: under a name, or under its path, then made anew when the file has changed."""
    path = Path(file).expanduser().resolve()
    if not path.is_file():
        raise MisuseError(f"cannot read {file}: there is no such file", "check the file's name")
    beside = words or path.with_suffix(".txt")  # an array's words
    file_is = {"file": _state(path), "words": _state(beside) if beside.is_file() and beside != path else ""}
    options = {
        "standardize": str(standardize),
        "precision": precision,
        "case": case,
        "language": language,
        "format": FORMAT,
    }
    place = own_folder(config, name) if name else file_folders(config, file)[standardize]

    def content() -> "Content":
        from llmlab.models import space_content

        return space_content.of_file(path, words, standardize, case, language)

    return _make(config, place, name or path.name, file_is | options, content, reporter, precision)


def from_model(
    config: Config, reporter: Reporter, name: str, entry: SpaceEntry, precision: str = "auto", thorough: bool = False
) -> files.SpaceFiles:
    """The space of a model's vectors of a vocabulary.

    One of the settings is made once, on the engine of that time; the user's own is another on another engine.
    """
    source = locate(config, entry.model)
    wanted = {"model": entry.model, "vectors": entry.vectors, "vocabulary": entry.vocabulary, "format": FORMAT}
    listed = Path(entry.vocabulary).expanduser()
    words = {"words": _state(listed)} if listed.is_file() else {}
    engine = {} if name in config.spaces else {"engine": config.engine, "dtype": config.dtype}
    fingerprint = {**source.fingerprint, **wanted, **words, **engine, "precision": precision}

    def content() -> "Content":
        from llmlab.models import space_content

        return space_content.of_model(config, reporter, entry)

    return _make(config, own_folder(config, name), name, fingerprint, content, reporter, precision, thorough)


def encoder_of(config: Config, reporter: Reporter, space: files.SpaceFiles) -> Encoder | None:
    """The encoder that made a space's vectors; None for one that is a table.

    Raises DamagedError where the model is no longer the one that the space was built with.
    """
    facts = space.facts
    if facts["kind"] != "encoder":
        return None
    if dict(locate(config, facts["model"]).fingerprint) != facts["source"]:
        message = f"{facts['model']} is no longer what the space {facts['name']} was built with"
        raise DamagedError(message, "build the space again")
    from llmlab.models.engines import open_encoder

    return open_encoder(config, reporter, facts["model"])


def _make(
    config: Config,
    folder: Path,
    name: str,
    fingerprint: dict[str, str],
    open_content: Callable[[], "Content"],
    reporter: Reporter,
    precision: str,
    thorough: bool = False,
) -> files.SpaceFiles:
    """The space, written block by block where it is not there yet; an interrupted build goes on where it was."""
    own = folder == own_folder(config, name) and name not in config.spaces
    if own and artifacts.find(folder, None) and not artifacts.find(folder, fingerprint):
        raise MisuseError(f"you have a space {name}, made from something else", f"llmlab space remove {name}")

    def build(unfinished: Path) -> dict[str, object]:
        from llmlab.store.space_writer import SpaceWriter

        reporter.say(f"building the space {name} (once)")
        content = open_content()
        try:
            with SpaceWriter(unfinished, content.dimension) as writer:
                if writer.rows:
                    reporter.say(f"{writer.rows:,} words were there from the last time")
                for words, vectors in content.blocks(writer.rows):
                    writer.add(words, vectors)
                return {"name": name, "unicode": "NFC", **writer.finish(precision), **content.facts}
        except DamagedError as error:
            error.hint = error.hint or "correct that and try again; no space was made"
            raise

    made = artifacts.make(folder, fingerprint, build, reporter, thorough=thorough, resume=True)
    return files.SpaceFiles(made.folder, dict(made.facts))


def _state(path: Path) -> str:
    """A file as it is now: another size or time is another file."""
    stat = path.stat()
    return f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"


def file_folders(config: Config, file: str) -> tuple[Path, Path]:
    """Where the space of a file is, as it is and standardised."""
    slug = digest(str(Path(file).expanduser().resolve()))[:16]
    folder = config.cache_folder / "spaces" / ".files"
    return folder / slug, folder / f"{slug}-standard"
