"""Reading what a server says of tokens, in both forms of OpenAI's protocol, and not believing all of it.

Of completions: lists beside each other, the likeliest keyed by text (vLLM, llama-cpp-python). Of chat: an object a
token, with its bytes (OpenAI, vLLM); llama-server writes it for completions too, with the token's number.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from llmlab.backends.served.base import UNNUMBERED, Increment, NamedToken, Position
from llmlab.errors import DamagedError
from llmlab.language import later, tr

NUMBERED = "token_id:"  # how vLLM names a token by its number
SENTINEL = -9000.0  # servers write -9999 for what they do not know; no token is so unlikely
UNREADABLE = later("the server's answer is not as its protocol says")
ROUNDING = 1e-3  # nats by which a logarithm of a probability may be above 0
OTHER_SHAPE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)  # raised as it is read


@contextmanager
def as_protocol_says() -> Iterator[None]:
    """Raise DamagedError where an answer has another shape than it is read by. Around reading alone: no request."""
    try:
        yield
    except OTHER_SHAPE:
        raise DamagedError(tr(UNREADABLE)) from None


def models_of(answer: Mapping[str, Any], url: str) -> dict[str, Mapping[str, Any]]:
    """What a server says of its models, by name; Ollama without any lists null. Raises DamagedError for no list."""
    rows = answer.get("data", 0)
    rows = [] if rows is None else rows
    if not isinstance(rows, list) or not all(isinstance(one, dict) and "id" in one for one in rows):
        message = tr("{url} does not list its models as OpenAI's protocol says", url=url)
        raise DamagedError(message, tr("check --base-url, which mostly ends in /v1"))
    return {str(one["id"]): one for one in rows}


def sizes(entry: Mapping[str, Any]) -> tuple[int, int, str]:
    """Context and vocabulary of a model in tokens, and its number type; 0 and "" for what a server does not say so."""
    meta = entry.get("meta")
    meta = meta if isinstance(meta, dict) else {}  # llama.cpp's
    dtype = meta.get("ftype")
    context = _count(entry.get("max_model_len")) or _count(meta.get("n_ctx"))  # vLLM's, llama.cpp's
    return context, _count(meta.get("n_vocab")), dtype if isinstance(dtype, str) else ""


def _count(said: object) -> int:
    return said if isinstance(said, int) and said > 0 else 0


def choice_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one text of an answer. Raises DamagedError where there is none."""
    found = answer.get("choices")
    if not (isinstance(found, list) and found and isinstance(found[0], dict)):
        raise DamagedError(tr(UNREADABLE))
    return found[0]


@as_protocol_says()
def numbers_of(answer: Mapping[str, Any]) -> list[int]:
    """What /tokenize says, by number."""
    return [int(number) for number in answer["tokens"]]


@as_protocol_says()
def pieces_of(answer: Mapping[str, Any]) -> tuple[tuple[int, ...], tuple[bytes, ...]]:
    """What llama-server's /tokenize says, by number, and as bytes: it lists those of what is no whole character."""
    rows = [(int(one["id"]), one["piece"]) for one in answer["tokens"]]
    pieces = (piece.encode() if isinstance(piece, str) else _bytes(piece) for _, piece in rows)
    return tuple(number for number, _ in rows), tuple(pieces)


@as_protocol_says()
def said(answer: Mapping[str, Any], name: str) -> str:
    """The text that an answer has under a name."""
    return _whole_characters(answer[name])


@as_protocol_says()
def positions(choice: Mapping[str, Any]) -> list[Position]:
    """The tokens of an answer. Raises DamagedError for what cannot be log-probabilities."""
    found, numbers = choice.get("logprobs") or {}, choice.get("token_ids") or []
    read = _beside(found) if found.get("content") is None else [_of_object(one) for one in found["content"]]
    if len(numbers) != len(read):
        return read
    pairs = zip(read, numbers, strict=True)
    return [Position(replace(one.token, number=int(number)), one.listed) for one, number in pairs]


def _beside(found: Mapping[str, Any]) -> list[Position]:
    """Of lists beside each other."""
    names = found.get("tokens") or []
    logprobs, tops = (found.get(name) for name in ("token_logprobs", "top_logprobs"))
    logprobs = [None] * len(names) if logprobs is None else logprobs
    tops = [{}] * len(names) if tops is None else tops
    if not len(names) == len(logprobs) == len(tops):
        raise DamagedError(tr("the server's answer has not as many log-probabilities as tokens"))
    rows = zip(names, logprobs, tops, strict=True)
    return [Position(_of_text(name, logprob), _listed(top or {})) for name, logprob, top in rows]


def checked(logprob: float | None) -> float:
    """A log-probability in nats, nan for none. Raises DamagedError for what is none."""
    if logprob is None:
        return math.nan
    value = float(logprob)
    if math.isnan(value) or value > ROUNDING:
        raise DamagedError(
            tr("the server gives {value} for a log-probability", value=value), tr("no such number is one")
        )
    if value < SENTINEL:
        said = tr("the server writes {value:g} where it does not know a log-probability", value=value)
        raise DamagedError(said, tr("ask another server"))
    return min(value, 0.0)


@as_protocol_says()
def of_prompt(tokens: Sequence[int], found: Sequence[Mapping[str, Any] | None]) -> list[tuple[float, int]]:
    """The log-probability and rank of each token of a prompt, as vLLM tells it: by number, none for the first.

    Raises DamagedError for another prompt's.
    """
    if len(found) != len(tokens):
        raise DamagedError(tr("the server's answer has not as many log-probabilities as tokens"))
    rows = zip(tokens, found, strict=True)
    own = [{"logprob": None} if one is None else one.get(str(token)) for token, one in rows]
    if None in own:
        raise DamagedError(tr("the server gives log-probabilities of other tokens than were asked for"))
    told = [(checked(one["logprob"]), int(one.get("rank") or 0)) for one in own if one is not None]
    if any(math.isnan(logprob) for logprob, _ in told[1:]):
        raise DamagedError(tr("the server does not tell the log-probability of each token"))
    return told


def whole(choice: Mapping[str, Any], stop: Sequence[str]) -> Increment:
    """An answer of either form of the protocol, which was to end before a stop."""
    tokens = tuple(one.token for one in positions(choice))
    finish = finish_of(choice)
    if finish == "end" and stop:
        spelt = b"".join(one.piece for one in tokens).decode(errors="replace")
        said = isinstance(choice.get("stop_reason"), str)  # vLLM names the stop; others say the same of both ends
        finish = "stop" if said or any(one in spelt for one in stop) or not tokens else "end"
    return Increment(text_of(choice), tokens, finish)


def part(choice: Mapping[str, Any]) -> Increment:
    """An event of a stream, in either form of the protocol."""
    return Increment(text_of(choice), tuple(one.token for one in positions(choice)), finish_of(choice))


@as_protocol_says()
def native(answer: Mapping[str, Any]) -> Increment:
    """An answer of llama-server's own form, which tells every token, and what ended the text.

    Its log-probabilities leave out the first tokens of a character that takes several: then none is taken for known.
    """
    told = [_named(one) for one in answer.get("completion_probabilities") or []]
    numbers = numbers_of(answer)
    finish = {"limit": "length", "word": "stop", "eos": "end"}[answer["stop_type"]]
    if [one.number for one in told] != numbers[: len(told)] or (finish == "length" and len(told) < len(numbers)):
        told = [NamedToken(b"", number, math.nan) for number in numbers]
    return Increment(said(answer, "content"), tuple(told), finish)


@as_protocol_says()
def finish_of(choice: Mapping[str, Any]) -> str:
    """How an answer ends, "" while it goes on."""
    return {"length": "length", "": ""}.get(choice.get("finish_reason") or "", "end")


@as_protocol_says()
def text_of(choice: Mapping[str, Any]) -> str:
    """What an event of either form of the protocol adds to the text."""
    part = choice.get("delta") or choice.get("message") or {}
    return _whole_characters(choice.get("text") or part.get("content") or "")


def _whole_characters(text: str) -> str:
    """Without halves of characters, which JSON may hold alone and nothing can print. Raises TypeError for no text."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _of_object(one: Mapping[str, Any]) -> Position:
    return Position(_named(one), _sorted([_named(other) for other in one.get("top_logprobs") or []]))


def _named(one: Mapping[str, Any]) -> NamedToken:
    raw = one.get("bytes")
    piece = _bytes(raw) if raw is not None else str(one["token"]).encode()
    return NamedToken(piece, int(one.get("id", UNNUMBERED)), checked(one.get("logprob")))


def _bytes(numbers: Sequence[int]) -> bytes:
    """Of a list alone: of a number Python would make as many."""
    return bytes(list(numbers))


def _listed(top: Mapping[str, float]) -> tuple[NamedToken, ...]:
    return _sorted([_of_text(name, logprob) for name, logprob in top.items()])


def _of_text(name: str, logprob: float | None) -> NamedToken:
    number = name.removeprefix(NUMBERED)
    if name != number and number.isdecimal():
        return NamedToken(b"", int(number), checked(logprob))
    return NamedToken(name.encode(), UNNUMBERED, checked(logprob))


def _sorted(tokens: Sequence[NamedToken]) -> tuple[NamedToken, ...]:
    """Likeliest first: servers put the token that was drawn first."""
    return tuple(sorted(tokens, key=lambda one: -one.logprob))
