"""The tokenizer of a GGUF file through llama.cpp: of an opened model, or read alone, without weights."""

import ctypes
from functools import cached_property, partial, reduce
from itertools import chain
from operator import or_
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from llmlab.backends import llama_library
from llmlab.backends.apart import BETWEEN, Apart
from llmlab.backends.base import TokenizerInfo, Tokens
from llmlab.backends.llama_memory import Weights, lc
from llmlab.backends.pieces import MARK
from llmlab.errors import LabError
from llmlab.language import tr

LONG = 200_000  # characters from which on it pays to look at the vocabulary first


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
        apart = self._apart if len(text) >= LONG and BETWEEN not in text else None
        ids = self._cut(text, allow_special) if apart is None else self._joined(apart, text, allow_special)
        return Tokens.read(text, ids, self.piece)

    def piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        length = lc.llama_token_to_piece(self.handle, token, buffer, len(buffer), 0, True)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = lc.llama_token_to_piece(self.handle, token, buffer, len(buffer), 0, True)
        return buffer.raw[:length]

    def _cut(self, text: str, allow_special: bool) -> list[int]:
        raw = text.encode()
        room = len(raw) + 8
        buffer = (lc.llama_token * room)()
        count = lc.llama_tokenize(self.handle, raw, len(raw), buffer, room, False, allow_special)
        if count < 0:
            raise LabError(tr("llama.cpp could not tokenise a text of {bytes} bytes", bytes=len(raw)))
        ids: list[int] = buffer[:count]
        return ids

    def _joined(self, apart: Apart, text: str, allow_special: bool) -> list[int]:
        """The same part by part, each different one once.

        The different ones are cut together, with a separator between them: every call of llama.cpp looks for each of
        the vocabulary's control tokens, of which there are thousands.
        """
        parts = [text[start:end] for start, end in apart.bounds(text.replace(" ", MARK))]
        different, separator = list(dict.fromkeys(parts)), apart.separator(text)
        mark = self._cut(separator, allow_special) if separator else []
        if not separator or b"".join(map(self.piece, mark)) != separator.encode():  # no character is free, or known
            return self._cut(text, allow_special)
        known = dict(zip(different, _between(self._cut(separator.join(different), allow_special), mark), strict=True))
        return list(chain.from_iterable(map(known.__getitem__, parts)))

    @cached_property
    def _apart(self) -> Apart | None:
        """Where a text may be cut; None for a tokenizer that sees more of it than what a token joins.

        Such are those that split by an expression first, that put a space before a text, or whose control tokens take
        the spaces around them.
        """
        if lc.llama_vocab_type(self.handle) != lc.LLAMA_VOCAB_TYPE_SPM:
            return None
        tokens, strips = range(self.info.vocabulary), lc.LLAMA_TOKEN_ATTR_LSTRIP | lc.LLAMA_TOKEN_ATTR_RSTRIP
        attributes = reduce(or_, map(partial(lc.llama_vocab_get_attr, self.handle), tokens))
        if attributes & strips or self.piece(self._cut("a", False)[0]).startswith(b" "):
            return None
        words = map(partial(lc.llama_vocab_get_text, self.handle), tokens)
        return Apart(BETWEEN.encode().join(words).decode(errors="replace").replace(" ", MARK))


def _between(ids: list[int], mark: list[int]) -> list[list[int]]:
    """What stands between the places of a mark."""
    content = np.array(ids)
    if len(content) < len(mark):
        return [ids]
    places = np.flatnonzero((sliding_window_view(content, len(mark)) == mark).all(axis=1)).tolist()
    starts, ends = [0, *(place + len(mark) for place in places)], [*places, len(ids)]
    return [ids[start:end] for start, end in zip(starts, ends, strict=True)]
