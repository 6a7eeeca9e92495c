"""A causal language model behind a server: what it is asked for, in the words that this server understands."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, Self, TypeVar

from llmlab.arrays import Floats
from llmlab.backends.base import Decoder, Message, ModelInfo, ScoreRequest, Tokens, TokenStats, check_room
from llmlab.backends.served.answers import choice_of, native, numbers_of, of_prompt, part, positions, said, whole
from llmlab.backends.served.base import CERTAIN, DIALECTS, UNNUMBERED, Abilities, Draw, Increment, NamedToken
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.tokens import Cutter
from llmlab.backends.settings import Settings
from llmlab.errors import DamagedError, LabError, UnsupportedError
from llmlab.language import tr
from llmlab.progress import Progress, silent

EVERY = 10**7  # tokens: more than any vocabulary has
CHATML = "<|im_start|>"
SURE = 1.001  # what listed probabilities may sum to, with the rounding of float16 servers
A = TypeVar("A")
B = TypeVar("B")


class ServedLM:
    """The model `name` of a pool of servers, with what they were found to do."""

    def __init__(self, pool: Pool, model: str, info: ModelInfo, abilities: Abilities) -> None:
        """`model`: as the servers call it."""
        self.info, self.abilities = info, abilities
        self._pool, self._name = pool, model
        self._cutter = Cutter(pool, model, abilities)
        self._bos = self._cutter.bos().ids if info.bos else ()
        self._pieces: dict[int, bytes] = {}
        self._apart = False  # whether it asks for one thing at a time

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        return self._cutter.cut(text, allow_special=allow_special)

    def vocabulary(self) -> list[bytes | None]:
        raise self._lacks(tr("its whole vocabulary"))

    def spellings(self) -> list[bytes | None]:
        raise self._lacks(tr("its whole vocabulary"))

    def piece(self, token: int) -> bytes:
        if token not in self._pieces:
            self._pieces[token] = self._cutter.spelling([token]).encode()
        return self._pieces[token]

    def chat(self, messages: Sequence[Message]) -> str | None:
        """None where only the server knows the template: it is then asked with the messages themselves."""
        sent = [{"role": one.role, "content": one.content} for one in messages]
        if self.abilities.template == "apply-template":
            rendered = said(self._pool.ask("/apply-template", {"messages": sent}), "prompt")
            if CHATML in rendered and not self._knows_chatml:
                return None  # llama-server puts it around what a model without a template reads
        elif self.abilities.template == "tokenize":
            body = {"model": self._name, "messages": sent, "add_generation_prompt": True}
            rendered = self._cutter.spelling(numbers_of(self._pool.ask("/tokenize", body)))
        else:
            return None
        return rendered.removeprefix(self.info.bos or "")

    @cached_property
    def _knows_chatml(self) -> bool:
        return len(self.encode(CHATML, allow_special=True)) == 1

    def context(self, text: str, *, allow_special: bool = False) -> Tokens:
        if self.abilities.reads_numbers:
            return self.encode(text, allow_special=allow_special)
        return Tokens((0,), (text.encode(),)) if text else Tokens((), ())

    @property
    def renders_itself(self) -> bool:
        return self.abilities.chats and not self.abilities.template

    def is_end(self, token: int) -> bool:
        return False  # the server says how a text ends

    def score(self, batch: Sequence[ScoreRequest], progress: Progress = silent) -> list[TokenStats]:
        check_room(self.info, max((len(request.tokens) + len(self._bos) for request in batch), default=0))
        total = sum(len(request.tokens) - request.start for request in batch)
        found, done = [], 0
        for stats in self._each_scored(self._scored, batch):
            found.append(stats)
            done += len(stats.logprobs)
            progress(done, total)
        return found

    def logits(self, request: ScoreRequest) -> Iterator[Floats]:
        raise self._lacks(tr("logits"))

    def next(self, contexts: Sequence[Tokens]) -> Floats:
        raise self._lacks(tr("the probability of every token"))

    def hidden(self, tokens: Tokens, layer: int) -> Floats:
        raise self._lacks(tr("hidden states"))

    def lens(self, context: Tokens) -> Floats:
        raise self._lacks(tr("hidden states"))

    def attention(self, context: Tokens) -> Floats:
        raise self._lacks(tr("attention weights"))

    def decoder(self, context: Tokens, n: int, max_tokens: int) -> Decoder:
        raise self._lacks(tr("logits"))

    def each(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        return map(function, items) if self._apart else self._pool.each(function, items)

    def each_apart(self, function: Callable[[Self, A], B], items: Iterable[A]) -> Iterator[B]:
        other = copy(self)
        other._apart = True
        return self._each_scored(partial(function, other), items)

    def _each_scored(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """Token by token one text at each server: several at once would change each other's last digits."""
        if self._apart:
            return map(function, items)
        return self._pool.each(function, items, apart=self.abilities.scores == "forced")

    def likeliest(self, context: Tokens, k: int) -> tuple[NamedToken, ...]:
        count = self.abilities.listed
        if k > count:
            message = tr("{url} lists the {count} likeliest tokens, not {k}", url=self._where, count=count, k=k)
            raise UnsupportedError(message, hint=tr("ask for fewer with -k, or {other}", other=self._elsewhere))
        return tuple(map(self._spelt, self._listed(context, k)))

    def _listed(self, context: Tokens, k: int) -> tuple[NamedToken, ...]:
        body = self._body(context, Settings(), 1, 0) | {"logprobs": k}
        if self.abilities.scores == "forced":  # of an end, or a part of a character, llama-server shows no list
            body["logit_bias"] = [[self._cutter.whole_token, CERTAIN]]
        places = positions(choice_of(self._pool.ask("completions", body)))
        if not places:
            raise DamagedError(tr("{url} lists no tokens, though it did when it was probed", url=self._where))
        found = places[0].listed[:k]
        if sum(math.exp(one.logprob) for one in found) > SURE:
            raise DamagedError(tr("the probabilities that {url} lists sum to more than 1", url=self._where))
        return found

    def draw(self, asked: Draw) -> Iterator[Increment]:
        self._check(asked.settings)
        path, body = self._wanted(asked)
        finish = ""
        for event in self._pool.stream(path, body | {"stream": True}):
            found = part(choice_of(event) if event.get("choices") else {})  # the last may state the usage alone
            finish = finish or found.finish
            yield replace(found, tokens=tuple(self._own(one, asked.settings.temperature) for one in found.tokens))
        if not finish:
            raise LabError(tr("the answer of {url} was cut off", url=self._where))

    def drawn(self, asked: Draw) -> Increment:
        self._check(asked.settings)
        path, body = self._wanted(asked)
        if path == "completions" and self.abilities.tokenizes == "content":
            more = {"n_predict": asked.max_tokens, "n_probs": 1}
            found = self._completed(asked.context, native(self._pool.ask("/completion", body | more)))
        else:
            found = whole(choice_of(self._pool.ask(path, body)), asked.stop)
        return replace(found, tokens=tuple(self._own(one, asked.settings.temperature) for one in found.tokens))

    def _completed(self, context: Tokens, found: Increment) -> Increment:
        """With the log-probabilities that were not told, of parts of characters."""
        known = not any(math.isnan(one.logprob) for one in found.tokens)
        if known or self.abilities.scores != "forced":
            return found
        numbers = tuple(one.number for one in found.tokens)
        whole = context + Tokens(numbers, (b"",) * len(numbers))
        stats = self._scored(ScoreRequest(whole, len(context)))
        rows = zip(found.tokens, stats.logprobs.tolist(), strict=True)
        return replace(found, tokens=tuple(replace(one, logprob=logprob) for one, logprob in rows))

    def _wanted(self, asked: Draw) -> tuple[str, dict[str, Any]]:
        body = self._body(asked.context, asked.settings, asked.max_tokens, asked.seed)
        body |= {"stop": list(asked.stop)} if asked.stop else {}
        if not asked.messages:
            return "completions", body
        del body["prompt"]
        if "logprobs" in body:
            body["logprobs"] = True
        return "chat/completions", body | {"messages": [{"role": m.role, "content": m.content} for m in asked.messages]}

    def _body(self, context: Tokens, settings: Settings, max_tokens: int, seed: int) -> dict[str, Any]:
        """Everything that bears on what is drawn, said: a server's own defaults are other ones."""
        body: dict[str, Any] = {"model": self._name, "prompt": self._prompt(context), "max_tokens": max_tokens}
        body |= {"temperature": settings.temperature, "top_p": settings.top_p, "seed": seed}
        if self.abilities.listed:
            body["logprobs"] = 1
        if self.abilities.takes_filters:
            penalty = settings.repetition_penalty
            body |= {"top_k": settings.top_k, "min_p": settings.min_p}
            body |= {"repetition_penalty": penalty, "repeat_penalty": penalty}  # vLLM's word, and llama.cpp's
        return body | DIALECTS[self.abilities.tokenizes]

    def _prompt(self, context: Tokens) -> str | list[int]:
        return [*self._bos, *context.ids] if self.abilities.reads_numbers else context.text

    def _check(self, settings: Settings) -> None:
        """Raise UnsupportedError for what the server would pass over."""
        if settings != Settings(settings.temperature, top_p=settings.top_p) and not self.abilities.filters:
            raise self._lacks(tr("top-k, min-p and a repetition penalty"), others_do=True)
        if self.abilities.tempered is False:
            message = tr("{url} does not draw from softmax(z / T)", url=self._where)
            raise UnsupportedError(message, hint=tr("see llmlab models probe, or {other}", other=self._elsewhere))

    def _own(self, token: NamedToken, temperature: float) -> NamedToken:
        """With the log-probability of the model itself, nan where the server tells that of softmax(z / T)."""
        if self.abilities.scaled is False or temperature == 1:
            return token
        return NamedToken(token.piece, token.number, math.nan)

    def _spelt(self, token: NamedToken) -> NamedToken:
        """With its text, where the server gave its number alone."""
        if token.piece or token.number == UNNUMBERED:
            return token
        return NamedToken(self.piece(token.number), token.number, token.logprob)

    def _scored(self, request: ScoreRequest) -> TokenStats:
        if self.abilities.scores == "echo":
            own, found = self._cutter.echo(request.tokens.text)
            if own != request.tokens:
                raise DamagedError(tr("the server cuts a part of a text into other tokens than the whole"))
            part = slice(request.start, None)
            return TokenStats(found.logprobs[part], found.ranks[part], found.entropies[part])
        if self.abilities.scores == "prompt_logprobs":
            return self._read_prompt(request)
        if self.abilities.scores == "forced" or (
            self.abilities.listed and self.abilities.reads_numbers and request.start
        ):
            return self._token_by_token(request)
        raise self._lacks(tr("the probability of a text that is given"), others_do=True)

    def _token_by_token(self, request: ScoreRequest) -> TokenStats:
        """Each token after those before it: forced, or looked up in a list."""
        one = self._forced if self.abilities.scores == "forced" else self._looked_up
        first = 0 if self._bos else 1
        places = range(request.start, len(request.tokens))
        logprobs = [one(request.tokens, place) if place >= first else math.nan for place in places]
        return TokenStats.of(logprobs)

    def _forced(self, tokens: Tokens, place: int) -> float:
        """Of a token that is made certain to be drawn, which llama-server tells as if it had not been."""
        wanted = tokens.ids[place]
        body = self._body(tokens[:place], Settings(), 1, 0) | {"logit_bias": [[wanted, CERTAIN]]}
        told = positions(choice_of(self._pool.ask("completions", body)))
        if told and told[0].token.number == wanted:
            return told[0].token.logprob
        every = {one.number: one.logprob for one in self._listed(tokens[:place], EVERY)}  # a part of a character
        if wanted not in every:
            raise DamagedError(tr("{url} does not list every token", url=self._where))
        return every[wanted]

    def _looked_up(self, tokens: Tokens, place: int) -> float:
        """Raises UnsupportedError for a token that is in no list."""
        count = self.abilities.listed
        known = {one.number: one.logprob for one in self.likeliest(tokens[:place], count)}
        if tokens.ids[place] not in known:
            token = tokens.pieces[place].decode(errors="replace")
            said = tr(
                "{token!r} is not among the {count} likeliest tokens that {url} lists",
                token=token,
                count=count,
                url=self._where,
            )
            raise UnsupportedError(said, hint=tr("use a model of this machine, or a server that scores a text"))
        return known[tokens.ids[place]]

    def _read_prompt(self, request: ScoreRequest) -> TokenStats:
        body = self._body(request.tokens, Settings(), 1, 0) | {"prompt_logprobs": 0}
        found = choice_of(self._pool.ask("completions", body)).get("prompt_logprobs") or []
        told = of_prompt([*self._bos, *request.tokens.ids], found)[len(self._bos) + request.start :]
        return TokenStats.of([logprob for logprob, _ in told], [rank for _, rank in told])

    @property
    def _where(self) -> str:
        return self._pool.members[0].wire.url

    @property
    def _elsewhere(self) -> str:
        """What does more: for a model of `llmlab serve` its own engine."""
        own = self.info.engine == "server"
        return tr("leave out --engine server") if own else tr("use a model of this machine")

    def _lacks(self, what: str, *, others_do: bool = False) -> UnsupportedError:
        """`others_do`: whether there are servers that can."""
        message = tr("{url} does not tell {what}", url=self._where, what=what)
        hint = tr("use a model of this machine, or a server that does") if others_do else self._elsewhere
        return UnsupportedError(message, hint=hint)
