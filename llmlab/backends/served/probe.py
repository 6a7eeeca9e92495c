"""What a server really can do, found by asking it and by checking its answers against each other.

Servers say little of themselves and some of it is wrong: one repeats a prompt with log-probabilities that belong to the
next token, one tells those of softmax(z / T) for the model's, one passes over a seed or a filter without a word. So
nothing is believed that another answer does not bear out. What a server draws is held against its own list by Pearson's
chi-squared statistic, at two temperatures.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from llmlab.backends.served.answers import choice_of, positions, text_of
from llmlab.backends.served.base import CERTAIN, DIALECTS, UNNUMBERED, Abilities, Found, NamedToken, Position, Scores
from llmlab.backends.served.fit import fit
from llmlab.backends.served.pool import Pool, RefusedError
from llmlab.errors import LabError
from llmlab.language import tr
from llmlab.progress import Progress, silent

TEXT = "The capital of France is Paris, and the capital of"  # what is asked
PREFIX = "The weather today is"  # of which much may come
LISTS = (1000, 100, 20, 5, 1)  # how long a list may be: the first that a server gives
SEEDS = range(1, 9)  # tried until one shows a list
SAMPLES, HEATS = 100, (1.0, 0.5)  # drawn at each temperature: when it is cool, the few that are listed tell it
SAME_NATS, NEAR_NATS = 1e-2, 5e-2  # log-probabilities of one token in two answers; the latter of float16 servers
UNLIKELY = 1e-4  # a chi-squared statistic that comes so seldom is not chance
NEUTRAL = {"top_k": 0, "min_p": 0, "repetition_penalty": 1, "repeat_penalty": 1}
FORCED = slice(3, 40)  # the places in a list of tokens that are forced
TOLD = 5  # tokens of a list that tell a model again
BEGUN = 3  # prefixes that echoed log-probabilities are held against


class Probe:
    """One server, asked one thing after the other."""

    def __init__(self, pool: Pool, model: str, progress: Progress = silent) -> None:
        self._pool, self._model, self._progress = pool, model, progress
        self._lies: list[str] = []
        self._more: dict[str, Any] = {}  # what is said in every request to this server

    def run(self) -> Found:
        """Everything. Raises LabError for a server that does not answer, or has no such model."""
        entry = self._entry()
        completions = self._try("completions", self._body(TEXT)) is not None
        chats = self._try("chat/completions", self._chat()) is not None
        if not (completions or chats):
            raise LabError(
                tr("{model} neither continues a text nor answers", model=self._model), tr("name another model")
            )
        tokenizes = self._tokenizes()
        accepts = completions and self._try("completions", self._body(TEXT, **NEUTRAL)) is not None
        self._say_more(accepts, tokenizes)
        listed = self._longest_list() if completions else 0
        first = self._first(TEXT, logprobs=listed) if listed else None
        bos = self._bos(tokenizes)
        reads, puts_bos = self._reads_numbers(tokenizes, bos, listed)
        abilities = Abilities(
            completions=completions,
            chats=chats,
            scores=self._scores(tokenizes, listed, reads) if completions else "",
            listed=listed,
            scaled=self._scaled() if listed > 1 else None,
            tempered=self._tempered(listed) if listed > 1 else None,
            seeded=self._seeded() if completions else None,
            takes_filters=accepts,
            filters=accepts and self._filters(),
            bos=puts_bos,
            named=_named(first),
            reads_numbers=reads,
            tokenizes=tokenizes,
            template=self._template(tokenizes) if chats else "",
            lies=tuple(self._lies),
        )
        meta = entry.get("meta") or {}
        answer = self._try("completions", self._body(TEXT)) or {}
        return Found(
            abilities,
            _canary(first),
            int(entry.get("max_model_len") or meta.get("n_ctx") or 0),
            int(meta.get("n_vocab") or 0),
            str(meta.get("ftype") or "").lower(),
            bos[1] if bos[0] else None,
            str(answer.get("system_fingerprint") or entry.get("owned_by") or ""),
        )

    def first_of(self, found: Found) -> Position | None:
        """The list after TEXT, asked for as when it was found."""
        able = found.abilities
        self._say_more(able.takes_filters, able.tokenizes)
        return self._first(TEXT, logprobs=min(able.listed, TOLD))

    def _say_more(self, neutral: bool, tokenizes: str) -> None:
        """What goes into every request from now on: a server's own defaults filter, and its cache changes digits."""
        self._more |= NEUTRAL if neutral else {}
        self._more |= DIALECTS[tokenizes]

    def _entry(self) -> Mapping[str, Any]:
        """What the server says of the model."""
        found = self._pool.ask("models")
        entries: dict[str, Mapping[str, Any]] = {str(one["id"]): one for one in found["data"]}
        if self._model not in entries:
            names = ", ".join(list(entries)[:8])
            none = tr("no model {model!r} is served there", model=self._model)
            raise LabError(none, tr("one of: {names}", names=names))
        return entries[self._model]

    def _try(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """An answer, None where the server has none to that."""
        try:
            return self._pool.ask(path, body)
        except RefusedError:
            return None

    def _body(self, prompt: str | Sequence[int], **more: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._model, "prompt": prompt, "max_tokens": 1, "temperature": 1, "top_p": 1}
        return body | {"seed": 1} | self._more | more

    def _chat(self) -> dict[str, Any]:
        return {"model": self._model, "messages": [{"role": "user", "content": TEXT}], "max_tokens": 1}

    def _first(self, prompt: str | Sequence[int], **more: Any) -> Position | None:
        """The first token of an answer and the list beside it.

        Of a token that ends the text or is part of a character some servers tell nothing: another is drawn.
        """
        for seed in SEEDS:
            answer = self._try("completions", self._body(prompt, seed=seed, **more))
            if not answer:
                return None
            if found := positions(choice_of(answer)):
                return found[0]
        return None

    def _tokenizes(self) -> Literal["", "content", "prompt"]:
        """By which words /tokenize gives the tokens of a text, with their spelling."""
        asked = {"content": TEXT, "with_pieces": True}
        found = self._try("/tokenize", asked)
        if found and all(isinstance(one, dict) for one in found.get("tokens") or [0]):
            return "content"
        found = self._try("/tokenize", {"model": self._model, "prompt": TEXT, "return_token_strs": True})
        return "prompt" if found and found.get("token_strs") else ""

    def _numbers(self, tokenizes: str, text: str, *, special: bool) -> list[int]:
        if tokenizes == "content":
            return list(self._pool.ask("/tokenize", {"content": text, "add_special": special})["tokens"])
        body = {"model": self._model, "prompt": text, "add_special_tokens": special}
        return list(self._pool.ask("/tokenize", body)["tokens"])

    def _bos(self, tokenizes: str) -> tuple[list[int], str]:
        """What the server's tokenizer puts before a text, and how it is written."""
        numbers = self._numbers(tokenizes, "", special=True) if tokenizes else []
        if not numbers:
            return [], ""
        if tokenizes == "content":
            asked = {"content": "", "add_special": True, "with_pieces": True}
            return numbers, "".join(str(one["piece"]) for one in self._pool.ask("/tokenize", asked)["tokens"])
        return numbers, str(self._pool.ask("/detokenize", {"model": self._model, "tokens": numbers})["prompt"])

    def _longest_list(self) -> int:
        """How many of the likeliest tokens the server lists, of LISTS."""
        for count in LISTS:
            found = self._first(TEXT, logprobs=count)
            if found and len(found.listed) >= count:
                return count
        return 0

    def _reads_numbers(self, tokenizes: str, bos: tuple[list[int], str], listed: int) -> tuple[bool, bool | None]:
        """Whether a prompt may be numbers, and whether a text gets BOS: the same list tells both."""
        if not (tokenizes and listed):
            return False, None
        own = self._numbers(tokenizes, TEXT, special=False)
        by_text = self._first(TEXT, logprobs=listed)
        with_bos = self._first([*bos[0], *own], logprobs=listed)
        if not (by_text and with_bos):
            return False, None
        if not bos[0]:
            return _alike(by_text.listed, with_bos.listed), False
        without = self._first(own, logprobs=listed)
        same_without = without is not None and _alike(by_text.listed, without.listed)
        return True, _alike(by_text.listed, with_bos.listed) and not same_without

    def _template(self, tokenizes: str) -> Literal["", "apply-template", "tokenize"]:
        messages = {"messages": [{"role": "user", "content": TEXT}]}
        if tokenizes == "content":
            return "apply-template" if self._try("/apply-template", messages) else ""
        if tokenizes == "prompt":
            return "tokenize" if self._try("/tokenize", {"model": self._model, **messages}) else ""
        return ""

    def _scaled(self) -> bool | None:
        """Whether the list is of softmax(z / T): at half the temperature its differences are then twice as large."""
        lists = [self._first(PREFIX, logprobs=2, temperature=heat) for heat in (1, 0.5)]
        if not all(one and len(one.listed) >= 2 for one in lists):
            return None
        warm, cold = (one.listed[0].logprob - one.listed[1].logprob for one in lists if one)
        if abs(cold - warm) < SAME_NATS:
            return False
        self._lie(tr("log-probabilities are those of softmax(z / T), not of the model itself"))
        return True

    def _scores(self, tokenizes: str, listed: int, reads: bool) -> Scores:
        """By which way a prompt's log-probabilities come that agree with the lists after its beginnings."""
        if reads and tokenizes == "prompt":
            numbers = self._numbers(tokenizes, TEXT, special=True)
            answer = self._try("completions", self._body(numbers, prompt_logprobs=0))
            if answer and choice_of(answer).get("prompt_logprobs"):
                return "prompt_logprobs"
        if self._echoes(listed):
            return "echo"
        return "forced" if reads and tokenizes == "content" and self._forces(listed) else ""

    def _forces(self, listed: int) -> bool:
        """Whether a token that a bias makes certain keeps the log-probability that the list gives it.

        Of one that is no whole character nothing may be told: the next ones are asked for.
        """
        after = self._first(PREFIX, logprobs=listed)
        for wanted in after.listed[FORCED] if after else ():
            found = self._first(PREFIX, logprobs=1, logit_bias=[[wanted.number, CERTAIN]])
            if found and found.token.number == wanted.number:
                return abs(found.token.logprob - wanted.logprob) < SAME_NATS
        return False

    def _echoes(self, listed: int) -> bool:
        answer = self._try("completions", self._body(TEXT, echo=True, logprobs=1))
        if not answer or not listed:
            return False
        found = positions(choice_of(answer))
        if not text_of(choice_of(answer)).startswith(TEXT) or len(found) < BEGUN + 2:
            self._lie(tr("echo is passed over: what comes back is the new text alone"))
            return False
        seen = self._held_against_lists(found, listed)
        if seen and all(seen):
            return True
        self._lie(
            tr("the log-probabilities of an echoed text are not those of its own lists")
            if seen
            else tr("the log-probabilities of an echoed text cannot be checked: its tokens are in no list")
        )
        return False

    def _held_against_lists(self, found: Sequence[Position], listed: int) -> list[bool]:
        """Whether echoed tokens have the log-probability that a list gives them after the same beginning."""
        seen, before = [], ""
        for one in found:
            if before and not math.isnan(one.token.logprob):
                after = self._first(before, logprobs=listed)
                known = {_name(other): other.logprob for other in after.listed} if after else {}
                if (name := _name(one.token)) in known:
                    seen.append(abs(known[name] - one.token.logprob) < NEAR_NATS)
            before += one.token.piece.decode(errors="replace")
            if len(seen) == BEGUN or not TEXT.startswith(before):
                break
        return seen

    def _seeded(self) -> bool:
        def text(seed: int) -> str:
            answer = self._pool.ask("completions", self._body(PREFIX, max_tokens=12, seed=seed))
            return text_of(choice_of(answer))

        again = text(1) == text(1)
        if not again:
            self._lie(tr("the same seed draws another text"))
        return again and len({text(seed) for seed in range(1, 5)}) > 1

    def _filters(self) -> bool:
        """Whether top-k 1 and min-p 1 leave the likeliest token alone, however warm."""
        for only in ({"top_k": 1}, {"min_p": 1}):
            names = {self._drawn(heat=2, seed=seed, **only) for seed in range(4)}
            if len(names) != 1:
                self._lie(tr("{filter} is passed over", filter=next(iter(only)).replace("_", "-")))
                return False
        return True

    def _drawn(self, heat: float, seed: int, **more: Any) -> str:
        answer = self._pool.ask("completions", self._body(PREFIX, temperature=heat, seed=seed, logprobs=1, **more))
        choice = choice_of(answer)
        found = positions(choice)
        return _name(found[0].token) if found else text_of(choice)

    def _tempered(self, listed: int) -> bool | None:
        """Whether what is drawn fits softmax(z / T) of the list, at each of HEATS."""
        first = self._first(PREFIX, logprobs=listed)
        if not first:
            return None
        logprobs = {_name(one): one.logprob for one in first.listed[:listed]}
        done, fits = 0, []
        for place, heat in enumerate(HEATS):
            counts: Counter[str] = Counter()
            seeds = range(place * SAMPLES + 1, (place + 1) * SAMPLES + 1)
            for name in self._pool.each(partial(self._drawn, heat), seeds):
                counts[name] += 1
                done += 1
                self._progress(done, SAMPLES * len(HEATS))
            fits.append(fit(counts, logprobs, heat))
        if any(one is not None and one < UNLIKELY for one in fits):
            self._lie(tr("what is drawn is not of softmax(z / T)"))
            return False
        return None if None in fits else True

    def _lie(self, said: str) -> None:
        self._lies.append(said)


def canary(pool: Pool, model: str, found: Found) -> tuple[tuple[str, float], ...]:
    """The list that tells a model again, as it is now."""
    return _canary(Probe(pool, model).first_of(found))


def _canary(first: Position | None) -> tuple[tuple[str, float], ...]:
    return tuple((_name(one), one.logprob) for one in first.listed[:TOLD]) if first else ()


def _name(token: NamedToken) -> str:
    """What two answers call a token by."""
    return token.piece.decode(errors="replace") if token.number == UNNUMBERED else str(token.number)


def _named(first: Position | None) -> Literal["numbers", "bytes", "text"]:
    if first and first.listed and all(one.number != UNNUMBERED for one in first.listed):
        return "numbers"
    return "text"


def _alike(some: Sequence[NamedToken], others: Sequence[NamedToken]) -> bool:
    """Whether two lists are of the same distribution."""
    mine, theirs = ({_name(one): one.logprob for one in group[:5]} for group in (some, others))
    common = mine.keys() & theirs.keys()
    return len(common) >= min(len(mine), len(theirs)) - 1 and all(
        abs(mine[name] - theirs[name]) < NEAR_NATS for name in common
    )
