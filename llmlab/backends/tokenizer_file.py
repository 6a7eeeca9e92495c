"""The tokenizer of a transformers folder through the library `tokenizers`: no torch, no transformers, no weights.

transformers may set a tokenizer up otherwise than its tokenizer.json says, so the file that is read here is one that
transformers itself wrote (TokenPieces.save).
"""

from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer as Backend

from llmlab.backends.base import TokenizerInfo, Tokens
from llmlab.backends.pieces import bytes_of, spelt

FILE = "tokenizer.json"


class TokenizerFile:
    """A tokenizer whose words spell their bytes."""

    def __init__(self, folder: Path, name: str, revision: str = "") -> None:
        self._backend = Backend.from_file(str(folder / FILE))
        self._backend.no_padding()
        self._backend.no_truncation()
        self._added = self._backend.get_added_tokens_decoder()
        self._kind = spelt(self._backend)
        library = f"tokenizers {version('tokenizers')}"
        self.info = TokenizerInfo(name, revision, library, self._backend.get_vocab_size())

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        self._backend.encode_special_tokens = not allow_special
        return Tokens.read(text, self._backend.encode(text, add_special_tokens=False).ids, self.piece)

    def piece(self, token: int) -> bytes:
        word = self._backend.id_to_token(token)
        return b"" if word is None else bytes_of(word, self._kind, self._added.get(token)) or b""
