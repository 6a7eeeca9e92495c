"""How a server cuts a text into tokens: asked of its /tokenize, or read off an echo of the text."""

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

from llmlab.backends.base import Tokens, TokenStats
from llmlab.backends.pieces import Spelt, bytes_of
from llmlab.backends.served.answers import as_protocol_says, choice_of, numbers_of, pieces_of, positions, said
from llmlab.backends.served.base import NEUTRAL, UNNUMBERED, Abilities
from llmlab.backends.served.pool import Pool
from llmlab.errors import DamagedError
from llmlab.language import tr

KINDS: tuple[Spelt, ...] = ("byte-level", "sentencepiece")
KEPT = 4096  # echoes that are kept from when a text is cut to when it is scored


class Cutter:
    """The tokens of texts, by what the server has for that."""

    def __init__(self, pool: Pool, model: str, abilities: Abilities) -> None:
        self._pool, self._model, self._abilities = pool, model, abilities
        self._echoes: OrderedDict[str, tuple[Tokens, TokenStats]] = OrderedDict()
        self._numbers: dict[bytes, int] = {}
        self._lock = Lock()

    def cut(self, text: str, *, allow_special: bool = False) -> Tokens:
        """The tokens of a text, without BOS. One token that is the whole where the server does not say."""
        if not text:
            return Tokens((), ())
        if self._abilities.tokenizes == "content":
            body = {"content": text, "add_special": False, "parse_special": allow_special, "with_pieces": True}
            return Tokens.of(text, *pieces_of(self._pool.ask("/tokenize", body)))
        if self._abilities.tokenizes == "prompt":
            return self._asked_as_prompt(text)
        if self._abilities.scores == "echo":
            return self.echo(text)[0]
        return Tokens((self._number(text.encode()),), (text.encode(),))

    def bos(self) -> Tokens:
        """What the server puts before a text."""
        if self._abilities.tokenizes == "content":
            body = {"content": "", "add_special": True, "with_pieces": True}
            return Tokens(*pieces_of(self._pool.ask("/tokenize", body)))
        if self._abilities.tokenizes == "prompt":
            body = {"model": self._model, "prompt": "", "add_special_tokens": True}
            numbers = tuple(numbers_of(self._pool.ask("/tokenize", body)))
            return Tokens(numbers, (self.spelling(numbers).encode(),) if numbers else ())
        return Tokens((), ())

    @cached_property
    def whole_token(self) -> int:
        """One that is whole characters."""
        found = self.cut("a").ids
        with as_protocol_says():
            return found[-1]

    def spelling(self, numbers: Sequence[int]) -> str:
        """The text of tokens by number."""
        if self._abilities.tokenizes == "content":
            return said(self._pool.ask("/detokenize", {"tokens": list(numbers)}), "content")
        return said(self._pool.ask("/detokenize", {"model": self._model, "tokens": list(numbers)}), "prompt")

    def echo(self, text: str) -> tuple[Tokens, TokenStats]:
        """The tokens of a text and their log-probabilities, as a server repeats it; the first has none."""
        with self._lock:
            if text in self._echoes:
                return self._echoes[text]
        body = {"model": self._model, "prompt": text, "max_tokens": 1, "echo": True, "logprobs": 1, **self._plain()}
        answer = self._pool.ask("completions", body)
        found = self._read(text, choice_of(answer), answer.get("usage") or {})
        with self._lock:
            self._echoes[text] = found
            if len(self._echoes) > KEPT:
                self._echoes.popitem(last=False)
        return found

    def _plain(self) -> dict[str, Any]:
        """At T = 1, without filters: some servers tell what is left after both."""
        return {"temperature": 1, "top_p": 1, **(NEUTRAL if self._abilities.takes_filters else {})}

    @as_protocol_says()
    def _read(self, text: str, choice: Mapping[str, Any], usage: Mapping[str, int]) -> tuple[Tokens, TokenStats]:
        every = positions(choice)
        own = every[: len(every) - int(usage.get("completion_tokens", 1))]
        offsets = list((choice.get("logprobs") or {}).get("text_offset") or [])[: len(own)]
        pieces = _between(text, offsets, [one.token.piece for one in own])
        logprobs = [one.token.logprob for one in own]
        if any(map(math.isnan, logprobs[1:])):
            raise DamagedError(tr("the server does not tell the log-probability of each token"))
        return Tokens(tuple(map(self._number, pieces)), pieces), TokenStats.of(logprobs)

    def _number(self, piece: bytes) -> int:
        """A number of our own, below 0, for what is named by its text alone: the same for the same text."""
        with self._lock:
            return self._numbers.setdefault(piece, UNNUMBERED - len(self._numbers))

    def _asked_as_prompt(self, text: str) -> Tokens:
        body = {"model": self._model, "prompt": text, "add_special_tokens": False, "return_token_strs": True}
        found = self._pool.ask("/tokenize", body)
        with as_protocol_says():
            return Tokens.of(text, numbers_of(found), unspelled(text, found["token_strs"]))


def unspelled(text: str, spellings: Sequence[str]) -> list[bytes]:
    """The bytes of tokens that are written as in their vocabulary. Raises DamagedError where they are not the text."""
    for kind in KINDS:
        try:
            pieces = [bytes_of(one, kind, None) or b"" for one in spellings]
        except KeyError:
            continue
        if b"".join(pieces) in (text.encode(), b" " + text.encode()):  # sentencepiece puts a space before a text
            return pieces
    raise DamagedError(tr("the server's tokens do not join to the text {text!r}", text=text[:40]))


def _between(text: str, offsets: Sequence[int], named: Sequence[bytes]) -> tuple[bytes, ...]:
    """The bytes of tokens by where they begin: their names may be lossy. Raises DamagedError where both disagree."""
    if len(offsets) != len(named) or list(offsets) != sorted(offsets) or offsets[:1] != [0]:
        raise DamagedError(tr("the server does not repeat the text as it was sent"))
    ends = [*offsets[1:], len(text)]
    pieces = tuple(text[start:end].encode() for start, end in zip(offsets, ends, strict=True))
    for piece, name in zip(pieces, named, strict=True):
        if name != piece and name and "\ufffd" not in name.decode(errors="replace"):
            raise DamagedError(tr("the server does not repeat the text as it was sent"))
    return pieces
