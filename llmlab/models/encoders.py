"""Opening a sentence encoder of this machine: each kind on the engine that computes it rightly."""

from llmlab.backends.base import Encoder
from llmlab.config import Config
from llmlab.errors import MissingError, MisuseError, UnsupportedError
from llmlab.language import tr
from llmlab.models import engines, needs, opening, prepare
from llmlab.models.sources import Source


def opened(config: Config, dtype: str, shop: prepare.Workshop, source: Source) -> Encoder:
    """auto is numpy for a universal sentence encoder, ctranslate2 where it computes rightly, else torch."""
    if source.is_gguf:
        raise MisuseError(
            tr("{model} is a GGUF file", model=source.name),
            tr("an encoder is read from a sentence-transformers folder"),
        )
    if source.is_use:
        return _universal(config, dtype, shop, source)
    return _ctranslate2(config, dtype, shop, source) or _sentence_transformer(config, dtype, shop, source)


def _universal(config: Config, dtype: str, shop: prepare.Workshop, source: Source) -> Encoder:
    if config.engine not in ("auto", "numpy"):
        raise engines.cannot_compute(config.engine, source, "numpy")
    if dtype != "float32":
        raise MisuseError(tr("{model} is computed in float32", model=source.name), tr("leave out --dtype"))
    try:
        from llmlab.backends import usem
    except ImportError as error:
        raise MissingError(
            tr("{model} needs {package}", model=source.name, package=error.name), f"pip install {error.name}"
        ) from None
    folder = opening.file(prepare.use_folder(shop, source), shop.reporter)
    tokenizer = source.path / usem.TOKENIZER
    return usem.UniversalSentenceEncoder(folder, tokenizer, source.name, source.revision, config.threads)


def _ctranslate2(config: Config, dtype: str, shop: prepare.Workshop, source: Source) -> Encoder | None:
    """None where another engine is asked for, or for auto one that computes the model rightly."""
    engine = config.engine
    if engine in ("llama.cpp", "server"):
        raise UnsupportedError(tr("the engine {engine} cannot run sentence encoders", engine=engine), "ctranslate2")
    if engine == "numpy":
        raise engines.cannot_compute(engine, source, "ctranslate2")
    if engine == "torch" or (engine == "auto" and dtype != "float32"):
        return None
    folder = prepare.ctranslate2_folder(shop, source)
    if folder is None:
        if engine == "ctranslate2":
            raise engines.cannot_compute(engine, source, "torch")
        return None
    from llmlab.backends.ct2 import CTranslate2Encoder

    opening.file(folder, shop.reporter)
    return CTranslate2Encoder(folder, source.name, source.revision, dtype, config.threads)


def _sentence_transformer(config: Config, dtype: str, shop: prepare.Workshop, source: Source) -> Encoder:
    from llmlab.backends.torch.encoder import SentenceTransformerEncoder

    needs.of_torch(source.transformer, source.name, dtype)
    opening.file(source.path, shop.reporter)
    return SentenceTransformerEncoder(source.path, source.name, source.revision, dtype, config.threads)
