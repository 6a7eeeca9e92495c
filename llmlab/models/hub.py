"""Models of the Hugging Face hub: what a name means, whether it is here already, and which files are the model.

What the hub's cache holds is never asked for again. HF_* variables are honoured.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from glob import escape
from pathlib import Path
from urllib.parse import urlsplit

from llmlab.backends import shards
from llmlab.errors import DamagedError, LabError, MissingError, MisuseError
from llmlab.language import later, tr
from llmlab.progress import Reporter

WEIGHTS = ("*.safetensors",)
BESIDE = ("*.json", "*.txt", "*.model", "*.jinja")  # tokenizers, settings, templates; no code
PICKLED = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
HUB = "https://huggingface.co"
REVISION = re.compile(r"\w(?!.*\.\.)[\w./-]*")
SEVERAL = later("{repository} holds several GGUF models")
NO_SUCH = later("{repository} holds no GGUF model {file!r}")


@dataclass(frozen=True)
class HubName:
    """organisation/name[@revision][:file.gguf]"""

    repository: str
    revision: str = ""
    file: str = ""

    def __str__(self) -> str:
        return self.repository + (f"@{self.revision}" if self.revision else "") + (f":{self.file}" if self.file else "")


@dataclass(frozen=True)
class HubFile:
    """A file of a repository. The hub's cache calls it by its checksum."""

    path: str
    size: int
    oid: str  # SHA-256 of a large file, git's SHA-1 of a small one; empty where the hub does not say it


@dataclass(frozen=True)
class Revision:
    """What the hub says of a revision, and with which headers it is read."""

    commit: str
    files: tuple[HubFile, ...]
    headers: Mapping[str, str]


def parse(text: str) -> HubName | None:
    """What a text names on the hub; None for what is no name there. Raises MisuseError for one that is half right."""
    name, _, file = text.partition(":")
    repository, _, revision = name.partition("@")
    if text.startswith((".", "/", "~")) or repository.count("/") != 1 or repository.endswith(".gguf"):
        return None
    if text.endswith(("@", ":")) or "@:" in text:
        raise MisuseError(
            tr("{text!r} stops where a revision or a file should follow", text=text),
            tr("give {repository} alone", repository=repository),
        )
    if revision and not REVISION.fullmatch(revision):
        raise MisuseError(
            tr("{revision!r} is no revision of {repository}", revision=revision, repository=repository),
            tr("give a branch, a tag or a commit after the @"),
        )
    if file and not (file.endswith(".gguf") and is_below(file)):
        raise MisuseError(
            tr("{file!r} is no GGUF file of {repository}", file=file, repository=repository),
            tr("give {repository}:FILE.gguf", repository=repository),
        )
    return HubName(repository, revision, file)


def is_below(path: str) -> bool:
    """Whether a path stays in the folder that it is joined to."""
    return path.isprintable() and not {"", ".", ".."} & {*path.split("/")} and not {"\\", ":"} & {*path}


def snapshot(name: HubName, reporter: Reporter, carried: Sequence[str]) -> Path:
    """The folder of a revision with the whole model in it. `carried`: models for those who cannot reach the hub.

    Raises MisuseError for what the hub does not have, MissingError for what cannot be had of it now, DamagedError for
    what came otherwise than the hub states it.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # else the client asks the hub for names of callers first
    if (folder := cached(name)) is not None:
        return folder
    from llmlab.models import fetch, refusals

    _check_endpoint()
    try:
        with reporter.progress(tr("asking {host} for {name}", host=host(), name=name)):
            revision = fetch.revision(name)
    except LabError:
        raise
    except Exception as error:  # the client lets errors of several HTTP libraries through
        why = refusals.of(name, error, carried)
        if isinstance(why, MissingError) and (folder := _what_is_here(name)) is not None:
            files = tr(", ").join(sorted(path.name for path in folder.rglob("*.gguf")))
            reporter.say(
                tr(
                    "{host} cannot be asked what {name} is: using what is here of it, {files}",
                    host=host(),
                    name=name,
                    files=files,
                )
            )
            return folder
        raise why from error
    wanted = chosen(name, revision.files)
    try:
        return fetch.files(name, revision, wanted, reporter)
    except OSError as error:  # the disk's, or an answer of the hub's
        raise refusals.of(name, error, carried) from error


def record(snapshot: Path) -> Path:
    """Where it is noted which files are the whole model, for who names no file: one a line, beside the snapshots."""
    return snapshot.parents[1] / "llmlab" / snapshot.name


def cached(name: HubName) -> Path | None:
    """The folder of a revision in the hub's cache, when the whole model is there."""
    for folder in _found(name):
        needed = shards.names(name.file) if name.file else _needed(folder)
        if needed and all((folder / one).is_file() for one in needed):
            return folder
    return None


def _what_is_here(name: HubName) -> Path | None:
    """A folder with GGUF files of which only the hub knows whether they are all; for who cannot ask it."""
    folders = [] if name.file else list(_found(name))
    return next((one for one in folders if any(one.rglob("*.gguf")) and not any(one.rglob(WEIGHTS[0]))), None)


def _needed(folder: Path) -> Sequence[str]:
    """The files of a whole model: those noted, or what safetensors say of themselves; none where nobody knows."""
    if record(folder).is_file():
        return record(folder).read_text(encoding="utf-8").split("\n")
    weights = [path.relative_to(folder).as_posix() for path in folder.rglob(WEIGHTS[0])]
    settings = "modules.json" if (folder / "modules.json").is_file() else "config.json"
    try:
        for index in folder.rglob("*.safetensors.index.json"):
            named = set(json.loads(index.read_bytes())["weight_map"].values())
            weights += [(index.parent / one).relative_to(folder).as_posix() for one in named]
    except (ValueError, KeyError, TypeError, AttributeError):  # it says nothing, so that the hub is asked
        return []
    return [settings, *weights] if weights else []


def _found(name: HubName) -> Iterator[Path]:
    """Folders of a revision in the hub's cache that the client does not know to lack anything."""
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    kinds = [[escape(name.file)]] if name.file else [[*WEIGHTS, *BESIDE], ["*.gguf"]]
    options = {"repo_id": name.repository, "revision": name.revision or None, "local_files_only": True}
    for patterns in kinds:
        try:
            yield Path(huggingface_hub.snapshot_download(**options, allow_patterns=patterns))
        except HFValidationError as error:
            raise MisuseError(
                tr("{repository!r} is no Hugging Face id", repository=name.repository), tr("give organisation/name")
            ) from error
        except LocalEntryNotFoundError:
            continue


def chosen(name: HubName, files: Sequence[HubFile]) -> list[HubFile]:
    """The files to fetch: those of one GGUF model, or safetensors and what stands beside them."""
    paths = {one.path: one for one in files}
    whole = bool(_like(paths, WEIGHTS))
    models = shards.models(_like(paths, ["*.gguf"]))
    if name.file or (models and not whole):
        return _gguf(name, paths, models)
    if whole:
        return [paths[path] for path in _like(paths, (*WEIGHTS, *BESIDE))]
    if pickled := _like(paths, PICKLED):
        message = tr(
            "{repository} holds only pickled weights ({file}), which could run code",
            repository=name.repository,
            file=pickled[0],
        )
        raise DamagedError(message, tr("look for the same model as safetensors or GGUF"))
    raise MisuseError(
        tr("{repository} holds no model weights", repository=name.repository),
        tr("look for one with safetensors or GGUF files"),
    )


def _gguf(name: HubName, paths: Mapping[str, HubFile], models: Sequence[str]) -> list[HubFile]:
    """The files of the GGUF model that is asked for, or of the only one."""
    first = shards.names(name.file)[0] if name.file else models[0]
    several = not name.file and len(models) > 1
    if several or first not in models:
        known = tr(", ").join(f"{one} ({paths[one].size / 2**20:,.0f} MiB)" for one in models if one in paths)
        message = SEVERAL if several else NO_SUCH
        of = HubName(name.repository, name.revision, "FILE")
        raise MisuseError(
            tr(message, repository=name.repository, file=name.file),
            tr("give {of}, where FILE is one of {known}", of=of, known=known) if known else tr("it holds none at all"),
        )
    parts = shards.names(first)
    if lacking := [part for part in parts if part not in paths]:
        raise DamagedError(
            tr("{repository} lacks {file}", repository=name.repository, file=lacking[0]), tr("take another file of it")
        )
    return [paths[part] for part in parts]


def _like(paths: Mapping[str, HubFile], patterns: Sequence[str]) -> list[str]:
    return [path for path in paths if any(fnmatch(path, pattern) for pattern in patterns)]


def host() -> str:
    """Whom the client asks: the hub, or the mirror that HF_ENDPOINT names."""
    from huggingface_hub import constants

    return str(urlsplit(constants.ENDPOINT).netloc).rpartition("@")[2]  # without a user's name and password


def _check_endpoint() -> None:
    from huggingface_hub import constants

    if not (constants.ENDPOINT.startswith(("https://", "http://")) and host()):
        raise MisuseError(
            tr("HF_ENDPOINT must begin with https:// (or http://)"), tr("correct it, or unset it for the hub")
        )


def is_the_hub() -> bool:
    """Whether that is the hub itself, to whom what `hf auth login` has stored belongs."""
    from huggingface_hub import constants

    return bool(constants.ENDPOINT == HUB)
