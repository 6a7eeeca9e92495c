"""Which engine answers for a model: the fastest that gives right numbers, or the one asked for."""

from importlib.util import find_spec

from llmlab.backends.base import CausalLM, Encoder, Floats
from llmlab.config import Config
from llmlab.errors import MissingError, MisuseError, UnsupportedError
from llmlab.models import prepare
from llmlab.models.prepare import Workshop
from llmlab.models.sources import Source, locate
from llmlab.progress import Reporter


def workshop(config: Config, reporter: Reporter, thorough: bool = False) -> Workshop:
    return Workshop(config.cache_folder, reporter, thorough)


def has_llama() -> bool:
    return find_spec("llama_cpp") is not None


def open_causal_lm(config: Config, reporter: Reporter, name: str = "") -> CausalLM:
    """A causal language model on `config.engine`; auto is llama.cpp for a GGUF file, else torch.

    Raises MisuseError when the model is none, MissingError when the engine is not installed.
    """
    source = locate(config, name or config.model)
    _expect(source, "causal")
    shop = workshop(config, reporter)
    engine = config.engine
    if engine == "ctranslate2":
        raise UnsupportedError(engine, "score or generate text: it runs sentence encoders", "auto")
    if engine == "auto":
        engine = "llama.cpp" if source.is_gguf and has_llama() else "torch"
        if source.is_gguf and engine == "torch":
            reporter.say("llama-cpp-python is not installed: the torch engine answers, slower")
    if engine == "llama.cpp":
        return _llama(config, shop, source)
    return _torch(config, shop, source)


def open_encoder(config: Config, reporter: Reporter, name: str = "") -> Encoder:
    """A sentence encoder; auto is ctranslate2 where it computes the model rightly, else torch."""
    source = locate(config, name or config.encoder)
    _expect(source, "encoder")
    if config.engine == "llama.cpp":
        raise UnsupportedError(config.engine, "run sentence encoders", "ctranslate2")
    dtype = "float32" if config.dtype in ("auto", "native") else config.dtype
    if config.engine == "ctranslate2" or (config.engine == "auto" and dtype == "float32"):
        folder = prepare.ctranslate2_folder(workshop(config, reporter), source)
        if folder is not None:
            from llmlab.backends.ct2 import CTranslate2Encoder

            return CTranslate2Encoder(folder, source.name, source.revision, dtype, config.threads)
        if config.engine == "ctranslate2":
            raise UnsupportedError("ctranslate2", f"compute {source.name}")
    from llmlab.backends.huggingface_encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(source.path, source.name, source.revision, dtype, config.threads)


def kind(config: Config, name: str) -> str:
    """causal, encoder or static. A catalogue entry knows; any other model is asked by its files."""
    source = locate(config, name)
    return source.entry.kind if source.entry else _kind(source)


def open_table(config: Config, reporter: Reporter, name: str) -> tuple[CausalLM, Floats]:
    """A causal language model and its input embedding rows, [V, D]."""
    model = open_causal_lm(config, reporter, name)
    return model, prepare.embedding_table(workshop(config, reporter), locate(config, name))


def _llama(config: Config, shop: Workshop, source: Source) -> CausalLM:
    if not source.is_gguf:
        raise MisuseError(f"{source.name} is not a GGUF file, which the engine llama.cpp needs", "use --engine torch")
    if not has_llama():
        raise MissingError("the engine llama.cpp is not installed", 'pip install "llmlab[gguf]", or --engine torch')
    dtype = config.dtype
    if dtype == "auto":
        dtype = source.entry.dtype if source.entry else "native"
    path = prepare.gguf(shop, source) if dtype == "native" else prepare.gguf_as(shop, source, dtype)
    from llmlab.backends.llamacpp import LlamaCpp

    return LlamaCpp(path, source.name, source.revision, config.threads)


def _torch(config: Config, shop: Workshop, source: Source) -> CausalLM:
    folder = prepare.transformers_folder(shop, source)
    dtype = "float32" if config.dtype in ("auto", "native") else config.dtype
    from llmlab.backends.huggingface import HuggingFaceLM

    return HuggingFaceLM(folder, source.name, source.revision, dtype, config.threads)


def _expect(source: Source, kind: str) -> None:
    what = {"causal": "a causal language model", "encoder": "a sentence encoder", "static": "word vectors"}
    found = source.entry.kind if source.entry else _kind(source)
    if found != kind:
        hint = "see `llmlab models list`"
        raise MisuseError(f"{source.name} is {what[found]}; this needs {what[kind]}", hint)


def _kind(source: Source) -> str:
    return "encoder" if not source.is_gguf and (source.path / "modules.json").is_file() else "causal"
