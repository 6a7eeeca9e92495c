"""Which engines answer for a model, and why another does not."""

from llmlab.config import Config, Engine
from llmlab.errors import MisuseError, UnsupportedError
from llmlab.language import tr
from llmlab.models.sources import Source


def counting(config: Config, source: Source) -> Engine:
    """The engine of an n-gram model. Raises MisuseError for another, and for other numbers than its own."""
    model, engine = source.name, config.engine
    if engine not in ("auto", "numpy"):
        message = tr("{model} is an n-gram model, which the engine {engine} does not read", model=model, engine=engine)
        raise MisuseError(message, tr("leave out --engine"))
    if config.dtype not in ("auto", "native"):
        message = tr("{model} is counts, which are divided in float64", model=model)
        raise MisuseError(message, tr("leave out --dtype"))
    return "numpy"


def check_served(config: Config, name: str) -> None:
    """Raise MisuseError for what only a model of this machine may be asked to be."""
    if config.engine != "auto":
        message = tr("{model} runs behind a server, not on the engine {engine}", model=name, engine=config.engine)
        raise MisuseError(message, tr("leave out --engine"))
    if config.dtype != "auto":
        message = tr("{model} runs behind a server, which has its own number type", model=name)
        raise MisuseError(message, tr("leave out --dtype"))


def cannot_score(engine: Engine) -> UnsupportedError:
    message = tr("the engine {engine} cannot score or generate text: it runs sentence encoders", engine=engine)
    return UnsupportedError(message, "auto")


def cannot_compute(engine: Engine, source: Source, use: Engine) -> UnsupportedError:
    message = tr("the engine {engine} cannot compute {model}", engine=engine, model=source.name)
    return UnsupportedError(message, use)
