"""Options of which model answers, or which several, and what computes."""

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Struct
from msgspec.structs import replace

from llmlab.cli.verbs import MODEL, option
from llmlab.cli.world import World
from llmlab.config import Dtype, Engine
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.models.several import chosen

SERVED = "openai:"  # what the name of a model behind a server begins with

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.base import CausalLM
    from llmlab.backends.ngram.model import NgramLM
    from llmlab.backends.spellings import Spellings
    from llmlab.models.library import Library
    from llmlab.spaces.shelf import Shelf

EngineOption = Annotated[
    Engine | None,
    option("--engine", metavar="NAME", panel=MODEL, help="auto, llama.cpp, torch, ctranslate2, numpy, server."),
]
DtypeOption = Annotated[
    Dtype | None,
    option("--dtype", metavar="TYPE", panel=MODEL, help="auto, native, float32, float16 or bfloat16."),
]
BosOption = Annotated[
    bool | None,
    option("--bos/--no-bos", panel=MODEL, help="Whether BOS stands first; else as the tokenizer does."),
]
BaseUrlOption = Annotated[
    list[str] | None,
    option("--base-url", metavar="URL", panel=MODEL, help="A server of openai:NAME; several share the work."),
]
ParallelOption = Annotated[
    int | None,
    option("--parallel", metavar="N", min=1, panel=MODEL, help="Requests at once to servers (8; 1 to `serve`)."),
]


class EngineOptions(Struct, frozen=True):
    """What computes."""

    engine: EngineOption = None
    dtype: DtypeOption = None
    base_url: BaseUrlOption = None
    parallel: ParallelOption = None

    def shelf(self, world: World) -> "Shelf":
        urls = tuple(self.base_url or ())
        return world.shelf(self.engine, self.dtype, base_url=urls, parallel=self.parallel)


class ModelOptions(Struct, frozen=True):
    """Which model answers, and what computes."""

    model: Annotated[
        str | None,
        option(
            "--model",
            "-m",
            metavar="NAME",
            panel=MODEL,
            help="Of `models list`, path, hub id[:file], ollama: or openai:NAME.",
        ),
    ] = None
    engine: EngineOption = None
    dtype: DtypeOption = None
    bos: BosOption = None
    base_url: BaseUrlOption = None
    parallel: ParallelOption = None

    @property
    def computing(self) -> dict[str, Any]:
        """What is asked of what computes, as in Computing."""
        asked = {"engine": self.engine, "dtype": self.dtype, "bos": self.bos}
        return {**asked, "base_url": tuple(self.base_url or ()), "parallel": self.parallel}

    def library(self, world: World) -> "Library":
        return world.library(**self.computing)

    def causal_lm(self, world: World) -> "CausalLM":
        from llmlab.models import servers

        name = self.model or world.config.model
        if self.base_url and not servers.named(self.library(world).config, name):
            message = tr("{model} is a model of this machine, which --base-url is not for", model=name)
            raise MisuseError(message, tr("add --model openai:NAME"))
        return self.library(world).causal_lm(name)

    def ngram(self, world: World) -> "NgramLM":
        """The same, which must be an n-gram model. Raises MisuseError, before it is opened, for one of another kind."""
        name = self.model or world.config.model
        if not self.library(world).source(name).is_ngram:
            raise MisuseError(
                tr("{name} is no n-gram model, and has no counts", name=name), "llmlab train ngram NAME --text FILE"
            )
        return self.causal_lm(world)  # type: ignore[return-value]

    def spellings(self, world: World) -> "Spellings":
        """The same model's vocabulary by its bytes."""
        return self.library(world).spellings(self.model or "")


class ModelsOptions(Struct, frozen=True):
    """Which model answers, or which several, one after the other, and what computes."""

    model: Annotated[
        list[str] | None,
        option(
            "--model",
            "-m",
            metavar="NAME",
            panel=MODEL,
            help="Of `models list`, path, hub id[:file], ollama: or openai:NAME; several.",
        ),
    ] = None
    engine: EngineOption = None
    dtype: Annotated[
        list[str] | None,  # typer has no list of literals
        option(
            "--dtype", metavar="TYPE", panel=MODEL, help="auto, native, float32, float16, bfloat16; or one a model."
        ),
    ] = None
    bos: BosOption = None
    base_url: BaseUrlOption = None
    parallel: ParallelOption = None

    def __post_init__(self) -> None:
        """Raise MisuseError as `chosen` does."""
        chosen(self.model or (), self.dtype or ())

    @property
    def each(self) -> list[ModelOptions]:
        """The options of each model alone."""
        found = chosen(self.model or (), self.dtype or ())
        one = ModelOptions(engine=self.engine, bos=self.bos, base_url=self.base_url, parallel=self.parallel)
        local = replace(one, base_url=None)  # beside a model of a server one of this machine may stand
        return [
            replace(one if len(found) == 1 or (name or "").startswith(SERVED) else local, model=name, dtype=dtype)
            for name, dtype in found
        ]

    @property
    def one(self) -> ModelOptions:
        """Of the only model."""
        (found,) = self.each
        return found

    @property
    def several(self) -> bool:
        return len(self.each) > 1

    def causal_lms(self, world: World) -> "Iterator[CausalLM]":
        """The models, each let go before the next is opened."""
        return map(itemgetter(0), self.with_spellings(world))

    def with_spellings(self, world: World) -> "Iterator[tuple[CausalLM, Callable[[], Spellings]]]":
        """The same, with the vocabulary of each by its bytes."""
        for one in self.each:
            yield one.causal_lm(world), partial(one.spellings, world)
            one.library(world).forget()
