"""The tokenizer of a GGUF file through llama.cpp: of an opened model, or read alone, without weights."""

import ctypes
from pathlib import Path

from llmlab.backends import llama_library
from llmlab.backends.base import TokenizerInfo, Tokens
from llmlab.backends.llama_memory import Weights, lc
from llmlab.errors import LabError


class LlamaVocab:
    """The vocabulary of a GGUF file, and what cuts text into its tokens."""

    def __init__(self, weights: Weights, name: str, revision: str = "") -> None:
        self._weights = weights  # whose memory the vocabulary is
        self.handle = lc.llama_model_get_vocab(weights.handle)
        count = lc.llama_vocab_n_tokens(self.handle)
        self.info = TokenizerInfo(name, revision, str(llama_library.carrier()), count)

    @classmethod
    def of_file(cls, path: Path, name: str, revision: str = "") -> "LlamaVocab":
        """The same without the weights. Raises DamagedError for what is no whole GGUF file."""
        return cls(Weights(path, vocabulary_only=True), name, revision)

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        raw = text.encode()
        room = len(raw) + 8
        buffer = (lc.llama_token * room)()
        count = lc.llama_tokenize(self.handle, raw, len(raw), buffer, room, False, allow_special)
        if count < 0:
            raise LabError(f"llama.cpp could not tokenise a text of {len(raw)} bytes")
        return Tokens.read(text, buffer[:count], self.piece)

    def piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        length = lc.llama_token_to_piece(self.handle, token, buffer, len(buffer), 0, True)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = lc.llama_token_to_piece(self.handle, token, buffer, len(buffer), 0, True)
        return buffer.raw[:length]
