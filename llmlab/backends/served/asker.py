"""Asking one server the small questions that a probe is made of."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from llmlab.backends.served.answers import choice_of, numbers_of, positions
from llmlab.backends.served.base import DIALECTS, NEUTRAL, UNNUMBERED, Findings, NamedToken, Position
from llmlab.backends.served.refusals import BrokenError, UnservedError
from llmlab.backends.served.wire import Body

TEXT = "The capital of France is Paris, and the capital of"  # what is asked
SEEDS = range(1, 9)  # tried until one shows a list
NEAR_NATS = 5e-2  # log-probabilities of one token in two answers of a float16 server
TOLD = 5  # tokens of a list that tell a model again


class Answering(Protocol):
    """A pool of servers, or the wire to one."""

    def ask(self, path: str, body: Body | None = None) -> Any: ...


class Asker:
    """One server, and what is said in every request to it."""

    def __init__(self, server: Answering, model: str) -> None:
        self.server, self.model = server, model
        self._more: dict[str, Any] = {}

    def attempt(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """An answer, None where the server has none to that: it refuses, or says nonsense while it runs."""
        try:
            return self.server.ask(path, body)
        except UnservedError:
            return None
        except BrokenError:
            self.server.ask("models")
            return None

    def body(self, prompt: str | Sequence[int], **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "prompt": prompt, "max_tokens": 1, "temperature": 1, "top_p": 1}
        return body | {"seed": 1} | self._more | more

    def chat(self) -> dict[str, Any]:
        return {"model": self.model, "messages": [{"role": "user", "content": TEXT}], "max_tokens": 1}

    def first(self, prompt: str | Sequence[int], **more: Any) -> Position | None:
        """The first token of an answer and the list beside it.

        Of a token that ends the text or is part of a character some servers tell nothing: another is drawn.
        """
        return self._first(self.attempt, prompt, **more)[0]

    def _first(
        self, ask: Callable[[str, Body], Any], prompt: str | Sequence[int], **more: Any
    ) -> tuple[Position | None, str]:
        """The same, and the build that the answer names."""
        for seed in SEEDS:
            answer = ask("completions", self.body(prompt, seed=seed, **more))
            if not answer:
                break
            if found := positions(choice_of(answer)):
                return found[0], str(answer.get("system_fingerprint") or "")
        return None, ""

    def first_of(self, found: Findings) -> tuple[Position | None, str]:
        """The list after TEXT, asked for as when it was found, and the build. Raises what the server's `ask` does."""
        able = found.abilities
        self.say_more(able.takes_filters, able.tokenizes)
        return self._first(self.server.ask, TEXT, logprobs=min(able.listed, TOLD))

    def say_more(self, neutral: bool, tokenizes: str) -> None:
        """What goes into every request from now on: a server's own defaults filter, and its cache changes digits."""
        self._more |= NEUTRAL if neutral else {}
        self._more |= DIALECTS[tokenizes]

    def numbers(self, tokenizes: str, text: str, *, special: bool) -> list[int]:
        if tokenizes == "content":
            return numbers_of(self.server.ask("/tokenize", {"content": text, "add_special": special}))
        body = {"model": self.model, "prompt": text, "add_special_tokens": special}
        return numbers_of(self.server.ask("/tokenize", body))


def canary(server: Answering, model: str, found: Findings) -> tuple[tuple[tuple[str, float], ...], str]:
    """The list that tells a model again, as it is now, and the build that gives it."""
    first, build = Asker(server, model).first_of(found)
    return canary_of(first), build


def canary_of(first: Position | None) -> tuple[tuple[str, float], ...]:
    return tuple((called(one), one.logprob) for one in first.listed[:TOLD]) if first else ()


def called(token: NamedToken) -> str:
    """What two answers call a token by."""
    return token.piece.decode(errors="replace") if token.number == UNNUMBERED else str(token.number)


def alike(some: Sequence[NamedToken], others: Sequence[NamedToken]) -> bool:
    """Whether two lists are of the same distribution."""
    mine, theirs = ({called(one): one.logprob for one in group[:5]} for group in (some, others))
    common = mine.keys() & theirs.keys()
    return len(common) >= max(1, min(len(mine), len(theirs)) - 1) and all(
        abs(mine[name] - theirs[name]) < NEAR_NATS for name in common
    )
