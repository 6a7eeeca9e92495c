"""The tokenizers of transformers, and the raw bytes of each of their tokens (see pieces.py)."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoTokenizer

from llmlab.backends.base import Message, TokenizerInfo, Tokens
from llmlab.backends.chat import render
from llmlab.backends.forest import Ids
from llmlab.backends.pieces import BYTE, Spelt, bytes_of, has_mark, spelt
from llmlab.backends.tokenizer_file import FILE
from llmlab.backends.torch import refusals


class TokenPieces:
    """The tokenizer, and the raw bytes of its tokens."""

    def __init__(self, folder: Path, bos: bool | None = None) -> None:
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        except Exception as error:  # what comes with a folder may fail in as many ways as a program
            raise refusals.of_tokenizer(folder, error) from error
        refusals.check_words(folder, self.tokenizer)
        self._added = self.tokenizer.added_tokens_decoder  # id -> AddedToken
        self._special = set(self.tokenizer.all_special_ids)
        self._unknown = self.tokenizer.unk_token_id
        self._backend = getattr(self.tokenizer, "backend_tokenizer", None)
        self._kind: Spelt = spelt(self._backend) if self._backend else _without_backend(self.tokenizer)
        named = _named_bos(folder, self.tokenizer)
        first = self._ids("a", add_special_tokens=True)[0]
        puts_bos = first == self.tokenizer.bos_token_id and first != self._ids("a")[0]
        self.bos: Ids = named if bos or (bos is None and puts_bos) else ()
        self._named = b"".join(map(self.of, named))
        self._puts_bos = True if self.bos else bos  # None: as a chat template does

    def encode(self, text: str, allow_special: bool) -> Tokens:
        ids = self._ids(text, split_special_tokens=not allow_special)
        return Tokens.read(text, ids, self.of)

    def save(self, folder: Path) -> bool:
        """Write the tokenizer as it is set up here, for TokenizerFile; False for one that such a file cannot tell."""
        if self._backend is None or self._kind == "decoded":
            return False
        self._backend.save(str(folder / FILE))
        return True

    def chat(self, messages: Sequence[Message], name: str) -> str | None:
        """A conversation in the chat template; None without a template. `name` is the model's, for errors."""
        template = self.tokenizer.chat_template
        if isinstance(template, dict):  # one for tools, one for documents ...
            template = template.get("default")
        if not template:
            return None
        bos, tokens = self._named.decode(errors="replace"), self.tokenizer.special_tokens_map
        return render(template, messages, name, bos=bos, puts_bos=self._puts_bos, tokens=tokens)

    def of(self, token: int) -> bytes:
        added = self._added.get(token)
        word = self.tokenizer.convert_ids_to_tokens(token) if added is None else added.content
        if word is None:
            return b""
        spelling = bytes_of(word, self._kind, added)
        return bytes(self.tokenizer.decode([token]).encode()) if spelling is None else spelling

    def word(self, token: int) -> bytes | None:
        """The bytes of an ordinary token, None for byte-fallback tokens and those that spell nothing."""
        spelt_out = self.tokenizer.convert_ids_to_tokens(token) or ""
        fallback = self._kind == "sentencepiece" and re.fullmatch(BYTE, spelt_out)
        return None if fallback else self.spelling(token)

    def spelling(self, token: int) -> bytes | None:
        """The bytes that a token adds to a text, None for control, unknown, unused and absent ones."""
        added = self._added.get(token)
        if token in self._special or token == self._unknown or (added is not None and added.special):
            return None
        word = self.tokenizer.convert_ids_to_tokens(token) or ""
        unused = added is not None and re.fullmatch(r"[<\[]unused_?\d+[>\]]", word)
        return None if unused or not word else self.of(token) or None

    def _ids(self, text: str, **options: bool) -> list[int]:
        return list(self.tokenizer(text, **({"add_special_tokens": False} | options))["input_ids"])


class WholeTokenizer:
    """A tokenizer opened without weights, through transformers: one that no file tells to another library."""

    def __init__(self, folder: Path, name: str, revision: str = "") -> None:
        self._pieces = TokenPieces(folder)
        library = f"transformers {transformers.__version__}"
        self.info = TokenizerInfo(name, revision, library, len(self._pieces.tokenizer))

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        return self._pieces.encode(text, allow_special)

    def piece(self, token: int) -> bytes:
        return self._pieces.of(token)


def _named_bos(folder: Path, tokenizer: Any) -> Ids:
    """The BOS that a tokenizer names, else the model's own configuration; whether a text begins with it or not."""
    if tokenizer.bos_token_id is not None:
        return (tokenizer.bos_token_id,)
    config = folder / "config.json"  # read as it stands: transformers fills in a number that nobody named
    named = json.loads(config.read_text(encoding="utf-8")).get("bos_token_id") if config.is_file() else None
    return (named,) if isinstance(named, int) and 0 <= named < len(tokenizer) else ()


def _without_backend(tokenizer: Any) -> Spelt:
    return "sentencepiece" if has_mark(tokenizer) else "decoded"
