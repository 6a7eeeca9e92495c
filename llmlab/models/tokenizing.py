"""A language model's tokenizer, opened without its weights: the same tokens as the model's own, much sooner."""

from pathlib import Path
from typing import TYPE_CHECKING

from llmlab.config import Engine
from llmlab.models import prepare
from llmlab.models.sources import Source

if TYPE_CHECKING:  # loaded where one is opened
    from llmlab.backends.base import Tokenizer


def open_tokenizer(shop: prepare.Workshop, source: Source, engine: Engine) -> "Tokenizer":
    """That of a causal language model, as the model has it on an engine. Another kind of model is another branch."""
    if engine == "llama.cpp":
        from llmlab.backends.llama_vocab import LlamaVocab

        return LlamaVocab.of_file(prepare.gguf(shop, source), source.name, source.revision)
    made = prepare.tokenizer(shop, source)
    if made.facts["usable"]:
        from llmlab.backends.tokenizer_file import TokenizerFile

        return TokenizerFile(made.folder, source.name, source.revision)
    from llmlab.backends.torch.tokens import WholeTokenizer

    folder: Path = made.folder if source.is_gguf else source.path
    return WholeTokenizer(folder, source.name, source.revision)
