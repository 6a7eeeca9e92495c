"""Models that Ollama has fetched, read where they lie: a name leads to a manifest, the manifest to a blob.

The layout is that of https://github.com/ollama/ollama/blob/main/manifest/manifest.go. A name is looked up among those
that are there, and never made into a path. Nothing is fetched, and nothing of Ollama's is written. What a Modelfile
adds to the weights (SYSTEM, TEMPLATE, PARAMETER) is not read; an ADAPTER, which would change every number, is refused.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmlab.errors import DamagedError, MissingError, MisuseError, reason
from llmlab.language import later, tr

PREFIX = "ollama:"
FORMS = later("ollama:NAME[:TAG], ollama:USER/NAME or ollama:HOST/USER/NAME")
HOSTS = ("registry.ollama.ai", "ollama.com")  # Ollama's own, which is not written in names
SERVICE = Path("/usr/share/ollama/.ollama/models")  # where Ollama's installer on Linux lets the service write
MANIFESTS = ("manifests-v2", "manifests")  # what a newer Ollama writes goes first, as in Ollama
WEIGHTS = "application/vnd.ollama.image.model"
ADAPTER = "application/vnd.ollama.image.adapter"
DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")


@dataclass(frozen=True)
class Blob:
    """The GGUF file of a model, and its checksum."""

    name: str
    path: Path
    sha256: str


def find(text: str) -> Blob:
    """The weights of ollama:NAME.

    Raises MisuseError for a name that is not there, MissingError where Ollama is not, DamagedError for a blob that is
    not what the manifest says.
    """
    wanted = text.removeprefix(PREFIX)
    if ":" not in wanted.rpartition("/")[2]:
        wanted += ":latest"
    stores = [store for store in _stores() if os.path.isdir(store)]  # not so of one that may not be read
    if not stores:
        tried = tr(", ").join(map(str, _stores()))
        raise MissingError(
            tr("{text}: no models of Ollama in {tried}", text=text, tried=tried),
            tr("OLLAMA_MODELS names another folder"),
        )
    there = {name: (store, path) for store in reversed(stores) for name, path in _manifests(store)}
    found = next((name for name in there if name.casefold() == wanted.casefold()), None)
    if found is None:
        listed = tr(", ").join(PREFIX + name for name in sorted(there)) or tr("nothing yet")
        searched = tr(", ").join(map(str, stores))
        raise MisuseError(
            tr("Ollama has no model {wanted!r} in {searched}", wanted=wanted, searched=searched),
            tr("there is {listed}; the form is {forms}", listed=listed, forms=tr(FORMS)),
        )
    return _blob(PREFIX + found, *there[found])


def _stores() -> tuple[Path, ...]:
    """Ollama's folders of models: the one that is set, or the user's and the service's."""
    named = os.environ.get("OLLAMA_MODELS")
    return (Path(named).expanduser(),) if named else (Path.home() / ".ollama" / "models", SERVICE)


def _manifests(store: Path) -> Iterator[tuple[str, Path]]:
    """Each model's name as Ollama shows it, and its manifest; of two of one name the one that Ollama takes is last."""
    for folder in reversed(MANIFESTS):
        for path in sorted((store / folder).glob("*/*/*/*")):
            host, user, model, tag = path.parts[-4:]
            if os.path.isfile(path) and not tag.startswith("."):
                known = () if host in HOSTS and user == "library" else (user,) if host in HOSTS else (host, user)
                yield "/".join((*known, f"{model}:{tag}")), path


def _blob(name: str, store: Path, manifest: Path) -> Blob:
    try:
        layers = _layers(store, json.loads(manifest.read_bytes()))
        adapted = any(one["mediaType"] == ADAPTER for one in layers)
        layer = next((one for one in layers if one["mediaType"] == WEIGHTS), None)
        path, checksum = _path(store, layer["digest"]) if layer else (manifest, "")
        size, stated = path.stat().st_size, int(layer["size"]) if layer else 0
    except OSError as error:
        raise DamagedError(
            tr("{name}: {file} cannot be read: {reason}", name=name, file=error.filename, reason=reason(error)),
            _again(name),
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError(
            tr("{name}: {manifest} leads to no weights", name=name, manifest=manifest), _again(name)
        ) from error
    if adapted:
        raise MisuseError(
            tr("{name} is a model with an adapter, which is not read", name=name),
            tr("name the model that it was made from"),
        )
    if layer is None:
        raise MisuseError(
            tr("Ollama holds {name} in another form than GGUF", name=name), tr("take another model, or another tag")
        )
    if size != stated:
        raise DamagedError(
            tr(
                "{path} has {size} bytes; Ollama's manifest of {name} says {stated}",
                path=path,
                size=size,
                name=name,
                stated=stated,
            ),
            _again(name),
        )
    return Blob(name, path, checksum)


def _layers(store: Path, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a manifest, and of those that it lists: one for each engine."""
    listed = manifest.get("manifests") or ()
    parts = [json.loads(_path(store, one["digest"])[0].read_bytes()) if "digest" in one else one for one in listed]
    return [layer for part in (manifest, *parts) for layer in part.get("layers") or ()]


def _path(store: Path, digest: str) -> tuple[Path, str]:
    """Where a blob lies, and its checksum. Raises ValueError for what is no digest."""
    found = DIGEST.fullmatch(digest)
    if found is None:
        raise ValueError(f"{digest!r} is no digest")
    return store / "blobs" / f"sha256-{found[1]}", found[1]


def _again(name: str) -> str:
    return f"ollama pull {name.removeprefix(PREFIX)}"
