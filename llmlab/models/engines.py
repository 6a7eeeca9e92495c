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


def cannot_score(engine: Engine) -> UnsupportedError:
    message = tr("the engine {engine} cannot score or generate text: it runs sentence encoders", engine=engine)
    return UnsupportedError(message, "auto")


def cannot_compute(engine: Engine, source: Source, use: Engine) -> UnsupportedError:
    message = tr("the engine {engine} cannot compute {model}", engine=engine, model=source.name)
    return UnsupportedError(message, use)
