"""The raw bytes of tokens, from the words of a vocabulary.

Byte-level BPE (Radford et al. 2019) and sentencepiece-like vocabularies (Kudo and Richardson 2018) give their exact
bytes; of any other kind the decoded text is all there is, and it may lose spaces.
"""

import re
from typing import Any, Literal

BYTE = r"<0x[0-9A-Fa-f]{2}>"  # sentencepiece's token of one byte
MARK = "\u2581"  # sentencepiece's space
Spelt = Literal["byte-level", "sentencepiece", "decoded"]


def spelt(backend: Any) -> Spelt:
    """How the words of a `tokenizers.Tokenizer` spell bytes."""
    decoder = backend.decoder.__getstate__().decode() if backend.decoder else ""
    if "ByteLevel" in decoder:
        return "byte-level"
    if any(mark in decoder for mark in ("ByteFallback", "Metaspace", MARK)) or has_mark(backend):
        return "sentencepiece"
    return "decoded"


def has_mark(vocabulary: Any) -> bool:
    """Whether a word of a tokenizer's vocabulary begins with sentencepiece's space."""
    return any(word.startswith(MARK) for word in vocabulary.get_vocab())


def bytes_of(word: str, kind: Spelt, added: Any) -> bytes | None:
    """The bytes of a word; `added`: what the tokenizer says of one that was added to the vocabulary, else None.

    None where only the tokenizer's decoder can tell.
    """
    if added is not None and (added.special or kind == "byte-level"):
        return word.encode()
    if kind == "byte-level":
        return bytes(_GPT2_BYTES[character] for character in word)
    if kind == "sentencepiece":
        return bytes([int(word[3:5], 16)]) if re.fullmatch(BYTE, word) else word.replace(MARK, " ").encode()
    return None


def _gpt2_bytes() -> dict[str, int]:
    """Character -> byte of byte-level BPE (Radford et al. 2019): printable bytes are themselves, others follow 255."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


_GPT2_BYTES = _gpt2_bytes()
