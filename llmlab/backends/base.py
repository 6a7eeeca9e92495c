"""The protocols that engines answer: a causal language model, its tokenizer alone, and an encoder.

Numpy in, numpy out. `B` is a number of texts, `T` of tokens, `V` the vocabulary, `D` the dimension.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from msgspec import Struct

from llmlab.arrays import Doubles, Floats, Ints
from llmlab.errors import MisuseError
from llmlab.language import later, tr
from llmlab.progress import Progress, silent

# Notes of how an encoder was read: kept in English, told by `retold`
UNPOOLED = later("{folder} has no modules.json: read as sentence-transformers does, {kind} with no pooling")
POOLED = later("{folder} has no modules.json: read as sentence-transformers does, {kind} with {pooling} pooling")
PROMPTED = later("{folder} puts its prompt {name} before every text: {prompt!r}")
ENCODER_NOTES = (UNPOOLED, POOLED, PROMPTED)
UNKNOWN = -1  # the number of every token that an encoder does not know


@dataclass(frozen=True)
class ModelInfo:
    """Where a number comes from. Every record carries it."""

    name: str
    revision: str
    engine: str
    library: str  # the package that computes, and its version
    dtype: str
    vocabulary: int
    context: int  # most tokens the model reads at once, BOS included
    dimension: int
    layers: int
    bos: str | None  # text of the token put before every text, None when the model has none


@dataclass(frozen=True)
class TokenizerInfo:
    """Where tokens come from, when the model's weights are not opened."""

    name: str  # of the model
    revision: str
    library: str  # the package that cuts the text, and its version
    vocabulary: int


@dataclass(frozen=True)
class Tokens:
    """A text as the model reads it, without BOS."""

    ids: tuple[int, ...]
    pieces: tuple[bytes, ...]  # the raw bytes of each token; may split a UTF-8 character

    def __len__(self) -> int:
        return len(self.ids)

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.ids + other.ids, self.pieces + other.pieces)

    def __getitem__(self, part: slice) -> "Tokens":
        return Tokens(self.ids[part], self.pieces[part])

    @classmethod
    def of(cls, text: str, ids: Sequence[int], pieces: Sequence[bytes]) -> "Tokens":
        """Tokens of `text`, without the space that some sentencepiece models put before every text."""
        if b"".join(pieces) == b" " + text.encode():
            pieces = [pieces[0][1:], *pieces[1:]]
        return cls(tuple(ids), tuple(pieces))

    @classmethod
    def read(cls, text: str, ids: Sequence[int], piece: Callable[[int], bytes]) -> "Tokens":
        """The same, asking for the bytes of each different token once: a long text repeats itself."""
        pieces = {token: piece(token) for token in set(ids)}
        return cls.of(text, ids, [pieces[token] for token in ids])

    @property
    def text(self) -> str:
        return b"".join(self.pieces).decode("utf-8", errors="replace")

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """[start, end) of each token in characters of the text; a token inside a character spans all of it."""
        import numpy as np

        ends = np.cumsum([len(piece) for piece in self.pieces], dtype=int)
        raw = np.frombuffer(b"".join(self.pieces), np.uint8)
        starts_character = (raw & 0xC0) != 0x80  # UTF-8: 10xxxxxx continues a character
        seen = np.concatenate([[0], np.cumsum(starts_character)])  # characters begun before each byte
        spans = []
        for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
            inside = start < len(raw) and not starts_character[start]
            spans.append((int(seen[start]) - int(inside), int(seen[end])))
        return tuple(spans)


@dataclass(frozen=True)
class ScoreRequest:
    """Score the tokens from `start` on, given those before."""

    tokens: Tokens
    start: int = 0
    detail: bool = False  # rank and entropy too: they cost more than the log-probability itself


@dataclass(frozen=True)
class TokenStats:
    """What a model says of each scored token; nan where it has nothing to condition on (no BOS)."""

    logprobs: Doubles  # [T] nats
    ranks: Ints  # [T] 1 = the likeliest; 0 when not asked for
    entropies: Doubles  # [T] nats, of the distribution the token was drawn from

    @classmethod
    def of(cls, logprobs: Sequence[float], ranks: Sequence[int] = ()) -> "TokenStats":
        """Of what is told a token at a time, [T]; ranks are 0 without, entropies nan."""
        import numpy as np

        told = ranks or [0] * len(logprobs)
        return cls(np.array(logprobs, float), np.array(told, np.int64), np.full(len(logprobs), np.nan))

    @classmethod
    def join(cls, parts: "Sequence[TokenStats]") -> "TokenStats":
        """The statistics of consecutive parts of one text."""
        import numpy as np

        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return parts[0] if len(parts) == 1 else cls(*(np.concatenate(column) for column in columns))


class Message(Struct, frozen=True):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


def check_room(info: ModelInfo, length: int, new: int = 0) -> None:
    """Raise MisuseError for more tokens than the model reads at once, `new` ones that are to follow among them."""
    if length + new > info.context:
        room = info.context - length
        raise MisuseError(
            tr(
                "the text needs {length} tokens; {model} reads at most {context}",
                length=length + new,
                model=info.name,
                context=info.context,
            ),
            tr("use --max-tokens {room}, or shorten it", room=room) if new and room > 0 else tr("shorten it"),
        )


def check_bos(name: str, asked: bool | None, named: Sequence[int]) -> None:
    """Raise MisuseError for a BOS that is asked of a model that names none."""
    if asked and not named:
        raise MisuseError(tr("{name} names no BOS that could stand before a text", name=name), tr("leave out --bos"))


class Decoder(Protocol):
    """Several continuations of one context, side by side."""

    first: Floats  # [V] logits after the context

    def restart(self) -> None:
        """Forget the continuations; the context stays, so that others can begin without reading it again."""
        ...

    def step(self, rows: Sequence[int], ids: Sequence[int]) -> Floats:
        """Append one token to each of `rows`; return the logits after it, [len(rows), V]. A row left out is gone.

        The array is the engine's own memory and valid until the next step.
        """
        ...


class Tokenizer(Protocol):
    """What cuts a text into tokens: a part of every CausalLM, and what can be opened without its weights."""

    @property
    def info(self) -> ModelInfo | TokenizerInfo: ...

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        """As of the CausalLM: the same tokens, without BOS."""
        ...

    def piece(self, token: int) -> bytes:
        """The raw bytes of one token."""
        ...


class CausalLM(Protocol):
    info: ModelInfo

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        """Tokens of `text`, without BOS. Control tokens in the text stay text unless `allow_special`."""
        ...

    def vocabulary(self) -> list[bytes | None]:
        """The bytes of every token; None for control, unused and byte-fallback tokens."""
        ...

    def spellings(self) -> list[bytes | None]:
        """What each token adds to a text, byte-fallback tokens included; None for what adds nothing to it."""
        ...

    def piece(self, token: int) -> bytes:
        """The raw bytes of one token."""
        ...

    def chat(self, messages: Sequence[Message]) -> str | None:
        """A conversation in the model's chat template, as the model expects it before its answer, without BOS.

        None for a base model, which has no template. A template is rendered in a sandbox (see chat.py).
        """
        ...

    def is_end(self, token: int) -> bool:
        """Whether the token ends the text (end of sequence, end of turn)."""
        ...

    def score(self, batch: Sequence[ScoreRequest], progress: Progress = silent) -> list[TokenStats]:
        """Log-probability of each token given those before it; float32 log-softmax whatever the weights.

        The progress is in tokens that have their answer.
        """
        ...

    def logits(self, request: ScoreRequest) -> Iterator[Floats]:
        """Logits [V] after what stands before each of the tokens that are asked for, in their order.

        Without BOS nothing stands before the first token, and it has none. An array is the engine's own memory and
        valid until the next.
        """
        ...

    def next(self, contexts: Sequence[Tokens]) -> Floats:
        """Log-probabilities of the next token, [B, V] nats."""
        ...

    def hidden(self, tokens: Tokens, layer: int) -> Floats:
        """Hidden states after a layer, counted from 1, of tokens that follow BOS, [T, D]. The last is normalised.

        Raises UnsupportedError where the engine has none.
        """
        ...

    def lens(self, context: Tokens) -> Floats:
        """Log-probabilities of the next token by each layer's last state, [1 + layers, V] nats: the logit lens.

        The first row is of the embeddings, the last is what `next` says. Raises UnsupportedError where the engine keeps
        no states, MisuseError for a model whose final norm or head is not found.
        """
        ...

    def attention(self, context: Tokens) -> Floats:
        """How much of each head's weight the last token puts on each, BOS first, [layers, heads, T].

        Raises UnsupportedError where the engine shows none, MisuseError for a model that has none in every layer.
        """
        ...

    def decoder(self, context: Tokens, n: int, max_tokens: int) -> Decoder:
        """Read the context once and share it between `n` continuations of up to `max_tokens`."""
        ...


class Encoder(Protocol):
    info: ModelInfo
    notes: tuple[str, ...]  # what a user should know of how the model was read

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> Floats:
        """One vector a text, [N, D]."""
        ...

    def token_vectors(self, text: str) -> tuple[tuple[str, ...], Floats]:
        """The tokens the model reads, its own marks included, and their output vectors, [T, D].

        Raises UnsupportedError where the engine shows none.
        """
        ...

    def token_ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """The tokens of each text by number, without the model's own marks; UNKNOWN for those it does not know.

        Texts of the same numbers have the same vector. Raises UnsupportedError where the engine does not tell.
        """
        ...
