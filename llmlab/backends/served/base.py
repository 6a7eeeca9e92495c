"""What a model behind a server shows: lists of the likeliest tokens, and text that it draws by itself; no logits."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, TypeVar, runtime_checkable

from msgspec import Struct

from llmlab.backends.base import CausalLM, Message, Tokens
from llmlab.backends.settings import Settings
from llmlab.language import later

CERTAIN = 1000  # nats that make a token so likely that it is drawn
SCALED = later("log-probabilities are those of softmax(z / T), not of the model itself")
NO_ECHO = later("echo is passed over: what comes back is the new text alone")
OTHER_ECHO = later("the log-probabilities of an echoed text are not those of its own lists")
UNSEEN_ECHO = later("the log-probabilities of an echoed text cannot be checked: its tokens are in no list")
OTHER_PROMPT = later("the log-probabilities of a prompt are not those of its own lists")
UNSEEN_PROMPT = later("the log-probabilities of a prompt cannot be checked: its tokens are in no list")
NO_SEED = later("the same seed draws another text")
NO_FILTER = later("{filter} is passed over")
UNREAL = later("its lists hold numbers that are no log-probabilities")
NOT_DRAWN = later("what is drawn is not of softmax(z / T)")
LIES = (  # kept in English, told by `retold`
    *(SCALED, NO_ECHO, OTHER_ECHO, UNSEEN_ECHO, OTHER_PROMPT, UNSEEN_PROMPT),
    *(NO_SEED, NO_FILTER, UNREAL, NOT_DRAWN),
)
UNNUMBERED = -1  # the number of a token that a server names by its text alone
Scores = Literal["", "echo", "prompt_logprobs", "forced"]
A = TypeVar("A")
B = TypeVar("B")


class Abilities(Struct, frozen=True):
    """What a server was found to do: by asking it, and by checking what it answered (probe.py)."""

    completions: bool  # it continues a text
    chats: bool  # it answers a conversation
    scores: Scores  # how it gives the log-probabilities of a prompt; "": it does not, or gives wrong ones
    listed: int  # how many of the likeliest tokens it lists; 0: none
    scaled: bool | None  # whether those are of softmax(z / T), not of the model itself; None: not known
    tempered: bool | None  # whether what it draws fits softmax(z / T); None: there is nothing to hold it against
    seeded: bool | None  # whether a seed draws the same text again
    takes_filters: bool  # whether top-k and the like may be said, if only to turn them off
    filters: bool  # whether top-k and min-p do what they say
    bos: bool | None  # whether it puts BOS before a text; None: not known
    named: Literal["numbers", "text"]  # how it names tokens; by text two may share a name
    reads_numbers: bool  # a prompt may be given by the numbers of its tokens
    tokenizes: Literal["", "content", "prompt"]  # how its /tokenize is asked: as llama-server is, or as vLLM
    template: Literal["", "apply-template", "tokenize"]  # how it renders a conversation as the model reads it
    lies: tuple[str, ...] = ()  # what it answers wrongly, one plain sentence each


DIALECTS: dict[str, dict[str, Any]] = {  # what is said in every request, by how /tokenize is asked
    "": {},
    # llama-server: with what it remembers of other requests last digits change; its own order puts the temperature last
    "content": {
        "cache_prompt": False,
        "samplers": ["penalties", "temperature", "top_k", "top_p", "min_p"],
        "repeat_last_n": 2**20,
        "return_tokens": True,
    },
    "prompt": {"return_tokens_as_token_ids": True, "return_token_ids": True},  # vLLM
}
NEUTRAL = {"top_k": 0, "min_p": 0, "repetition_penalty": 1, "repeat_penalty": 1}  # filters off, in both words
LLAMA_SERVER = Abilities(  # what the probe finds at the one that `llmlab serve` starts, which a test holds it to
    completions=True,
    chats=True,
    scores="forced",
    listed=1000,
    scaled=False,
    tempered=True,
    seeded=True,
    takes_filters=True,
    filters=True,
    bos=True,
    named="numbers",
    reads_numbers=True,
    tokenizes="content",
    template="apply-template",
)


class Findings(Struct, frozen=True):
    """What a probe found out about a server, and a list by which its model is known again."""

    abilities: Abilities
    canary: tuple[tuple[str, float], ...]  # the likeliest tokens after a fixed text, by name, nats; or none
    context: int  # tokens at once; 0: it does not say
    vocabulary: int  # 0: it does not say
    dtype: str
    bos: str | None  # what its tokenizer puts before a text
    build: str  # what it calls itself


@dataclass(frozen=True)
class NamedToken:
    """A token as a server names it."""

    piece: bytes
    number: int  # UNNUMBERED where the server gives none
    logprob: float  # nats; nan where it is not known


@dataclass(frozen=True)
class Position:
    """One token of an answer, and the likeliest ones in its place, likeliest first."""

    token: NamedToken
    listed: tuple[NamedToken, ...]


@dataclass(frozen=True)
class Draw:
    """What is to be drawn: a continuation of a context, or the answer to a conversation."""

    context: Tokens
    messages: tuple[Message, ...]  # of a conversation whose template only the server knows; else none
    settings: Settings
    max_tokens: int
    seed: int
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Increment:
    """What comes of it, piece by piece or as a whole.

    The log-probabilities of its tokens are the model's own, at T = 1. Not every server tells the token that ends a text
    or completes a stop: it is not among them then.
    """

    text: str
    tokens: tuple[NamedToken, ...]
    finish: str = ""  # "end", "stop", "length"; "" while it goes on


@runtime_checkable
class Served(CausalLM, Protocol):
    """A causal language model behind a server. What needs logits raises UnsupportedError."""

    abilities: Abilities

    @property
    def renders_itself(self) -> bool:
        """Whether conversations go to the server as they are: it alone knows the template."""
        ...

    def context(self, text: str, *, allow_special: bool = False) -> Tokens:
        """A text that something is to follow: its tokens, or all of it as one where the server is sent the text."""
        ...

    def likeliest(self, context: Tokens, k: int) -> tuple[NamedToken, ...]:
        """The k likeliest next tokens, likeliest first. Raises UnsupportedError where the server lists fewer."""
        ...

    def draw(self, asked: Draw) -> Iterator[Increment]:
        """A continuation as it is drawn, for somebody who watches: what breaks is not tried again.

        Raises UnsupportedError for what the server would pass over.
        """
        ...

    def drawn(self, asked: Draw) -> Increment:
        """The whole; what breaks is tried again."""
        ...

    def each(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """The function's values in the order of the items, as many at once as the servers take; memory is bounded."""
        ...

    def each_apart(self, function: Callable[[Self, A], B], items: Iterable[A]) -> Iterator[B]:
        """The same of a function that scores: it is given a model that asks for one thing after the other."""
        ...


def spelled(tokens: Sequence[NamedToken]) -> bytes:
    """What tokens add to a text."""
    return b"".join(one.piece for one in tokens)


def each(model: CausalLM, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """The function's values in the order of the items; a server is asked for many at once."""
    return model.each(function, items) if isinstance(model, Served) else map(function, items)
