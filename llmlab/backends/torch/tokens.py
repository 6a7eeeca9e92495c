"""The tokenizers of transformers, and the raw bytes of each of their tokens.

Byte-level BPE (Radford et al. 2019) and sentencepiece-like vocabularies (Kudo and Richardson 2018) give their exact
bytes; of any other kind the decoded text is all there is, and it may lose spaces.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from llmlab.backends.base import Message, Tokens
from llmlab.backends.chat import render
from llmlab.backends.forest import Ids
from llmlab.errors import DamagedError

BYTE = r"<0x[0-9A-Fa-f]{2}>"  # sentencepiece's token of one byte


class TokenPieces:
    """The tokenizer, and the raw bytes of its tokens."""

    def __init__(self, folder: Path, bos: bool | None = None) -> None:
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise DamagedError(f"transformers finds no tokenizer in {folder}: {brief(error)}") from error
        self._added = self.tokenizer.added_tokens_decoder  # id -> AddedToken
        self._special = set(self.tokenizer.all_special_ids)
        self._unknown = self.tokenizer.unk_token_id
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        decoder = backend.decoder.__getstate__().decode() if backend is not None and backend.decoder else ""
        self._byte_level = "ByteLevel" in decoder
        self._sentencepiece = not self._byte_level and (
            any(mark in decoder for mark in ("ByteFallback", "Metaspace", "\u2581"))
            or any(word.startswith("\u2581") for word in self.tokenizer.get_vocab())
        )
        named = _named_bos(folder, self.tokenizer)
        first = self._ids("a", add_special_tokens=True)[0]
        puts_bos = first == self.tokenizer.bos_token_id and first != self._ids("a")[0]
        self.bos: Ids = named if bos or (bos is None and puts_bos) else ()
        self._named = b"".join(map(self.of, named))
        self._puts_bos = True if self.bos else bos  # None: as a chat template does

    def encode(self, text: str, allow_special: bool) -> Tokens:
        ids = self._ids(text, split_special_tokens=not allow_special)
        return Tokens.of(text, ids, [self.of(token) for token in ids])

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
        if added is not None and (added.special or self._byte_level):
            return bytes(word.encode())
        if self._byte_level:
            return _byte_level_bytes(word)
        if self._sentencepiece:
            return _sentencepiece_bytes(word)
        return bytes(self.tokenizer.decode([token]).encode())

    def word(self, token: int) -> bytes | None:
        """The bytes of an ordinary token, None for byte-fallback tokens and those that spell nothing."""
        fallback = self._sentencepiece and re.fullmatch(BYTE, self.tokenizer.convert_ids_to_tokens(token) or "")
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


def _named_bos(folder: Path, tokenizer: Any) -> Ids:
    """The BOS that a tokenizer names, else the model's own configuration; whether a text begins with it or not."""
    if tokenizer.bos_token_id is not None:
        return (tokenizer.bos_token_id,)
    config = folder / "config.json"  # read as it stands: transformers fills in a number that nobody named
    named = json.loads(config.read_text(encoding="utf-8")).get("bos_token_id") if config.is_file() else None
    return (named,) if isinstance(named, int) and 0 <= named < len(tokenizer) else ()


def _gpt2_bytes() -> dict[str, int]:
    """Character -> byte of byte-level BPE (Radford et al. 2019): printable bytes are themselves, others follow 255."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


_GPT2_BYTES = _gpt2_bytes()


def _byte_level_bytes(word: str) -> bytes:
    return bytes(_GPT2_BYTES[character] for character in word)


def _sentencepiece_bytes(word: str) -> bytes:
    if re.fullmatch(BYTE, word):
        return bytes([int(word[3:5], 16)])
    return word.replace("\u2581", " ").encode()


def brief(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
