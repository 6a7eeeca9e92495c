"""What a server really can do, found by asking it and by checking its answers against each other.

Servers say little of themselves and some of it is wrong: one repeats a prompt with log-probabilities that belong to the
next token, one tells those of softmax(z / T) for the model's, one passes over a seed or a filter without a word. So
nothing is believed that another answer does not bear out. What a server draws is held against its own list by Pearson's
chi-squared statistic, at two temperatures.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from llmlab.backends.served.answers import choice_of, models_of, of_prompt, pieces_of, positions, said, sizes, text_of
from llmlab.backends.served.asker import TEXT, Asker, alike, called, canary_of
from llmlab.backends.served.base import (
    CERTAIN,
    NEUTRAL,
    NO_ECHO,
    NO_FILTER,
    NO_SEED,
    NOT_DRAWN,
    OTHER_ECHO,
    OTHER_PROMPT,
    SCALED,
    UNNUMBERED,
    UNREAL,
    UNSEEN_ECHO,
    UNSEEN_PROMPT,
    Abilities,
    Findings,
    Position,
    Scores,
)
from llmlab.backends.served.fit import fit
from llmlab.backends.served.held import BEGUN, held_against_lists, of_echo, of_numbers
from llmlab.backends.served.pool import Pool
from llmlab.errors import DamagedError, LabError
from llmlab.language import tr
from llmlab.progress import Progress, silent

PREFIX = "The weather today is"  # of which much may come
LISTS = (1000, 100, 20, 5, 1)  # how long a list may be: the first that a server gives
SAMPLES, HEATS = 100, (1.0, 0.5)  # drawn at each temperature: when it is cool, the few that are listed tell it
SAME_NATS = 1e-2  # log-probabilities of one token in two answers
UNLIKELY = 1e-4  # a chi-squared statistic that comes so seldom is not chance
FORCED = slice(3, 40)  # the places in a list of tokens that are forced


class Probe:
    """One server, asked one thing after the other."""

    def __init__(self, pool: Pool, model: str, progress: Progress = silent) -> None:
        self._pool, self._ask, self._progress = pool, Asker(pool, model), progress
        self._lies: list[str] = []

    def run(self, begin: Callable[[], None] = lambda: None) -> Findings:
        """Everything; `begin` is called at the first answer. Raises LabError without one, or without the model."""
        entry = self._entry()
        begin()
        completions = self._ask.attempt("completions", self._ask.body(TEXT)) is not None
        chats = self._ask.attempt("chat/completions", self._ask.chat()) is not None
        if not (completions or chats):
            raise LabError(
                tr("{model} neither continues a text nor answers", model=self._ask.model), tr("name another model")
            )
        tokenizes = self._tokenizes()
        accepts = completions and self._ask.attempt("completions", self._ask.body(TEXT, **NEUTRAL)) is not None
        self._ask.say_more(accepts, tokenizes)
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
        return self._found(abilities, first, entry, bos[1] if bos[0] else None)

    def _found(
        self, abilities: Abilities, first: Position | None, entry: Mapping[str, Any], bos: str | None
    ) -> Findings:
        """What the probe found, with what the server says of its model."""
        context, vocabulary, dtype = sizes(entry)
        answer = self._ask.attempt("completions", self._ask.body(TEXT)) or {}
        return Findings(
            abilities,
            canary_of(first),
            context,
            vocabulary,
            dtype,
            bos,
            str(answer.get("system_fingerprint") or entry.get("owned_by") or ""),
        )

    def _entry(self) -> Mapping[str, Any]:
        """What the server says of the model."""
        url, model = self._pool.members[0].wire.url, self._ask.model
        entries = models_of(self._pool.ask("models"), url)
        if not entries:
            raise LabError(tr("no model is served at {url}", url=url), tr("see which models the server has"))
        if model not in entries:
            none = tr("no model {model!r} is served at {url}", model=model, url=url)
            raise LabError(none, tr("one of: {names}", names=tr(", ").join(list(entries)[:8])))
        return entries[model]

    def _tokenizes(self) -> Literal["", "content", "prompt"]:
        """By which words /tokenize gives the tokens of a text, with their spelling."""
        asked = {"content": TEXT, "with_pieces": True}
        rows = (self._ask.attempt("/tokenize", asked) or {}).get("tokens")
        if rows and isinstance(rows, list) and all(isinstance(one, dict) for one in rows):
            return "content"
        found = self._ask.attempt("/tokenize", {"model": self._ask.model, "prompt": TEXT, "return_token_strs": True})
        return "prompt" if found and found.get("token_strs") else ""

    def _bos(self, tokenizes: str) -> tuple[list[int], str]:
        """What the server's tokenizer puts before a text, and how it is written."""
        numbers = self._ask.numbers(tokenizes, "", special=True) if tokenizes else []
        if not numbers:
            return [], ""
        if tokenizes == "content":
            asked = {"content": "", "add_special": True, "with_pieces": True}
            _, pieces = pieces_of(self._pool.ask("/tokenize", asked))
            return numbers, b"".join(pieces).decode(errors="replace")
        return numbers, said(self._pool.ask("/detokenize", {"model": self._ask.model, "tokens": numbers}), "prompt")

    def _first(self, prompt: str | Sequence[int], **more: Any) -> Position | None:
        """The first token and its list; none where the server writes -9999 or the like into it."""
        try:
            return self._ask.first(prompt, **more)
        except DamagedError:
            self._lies += [] if UNREAL in self._lies else [UNREAL]
            return None

    def _longest_list(self) -> int:
        """How many of the likeliest tokens the server lists, of LISTS."""
        for count in LISTS:
            found = self._first(TEXT, logprobs=count)
            if UNREAL in self._lies:
                break
            if found and len(found.listed) >= count:
                return count
        return 0

    def _reads_numbers(self, tokenizes: str, bos: tuple[list[int], str], listed: int) -> tuple[bool, bool | None]:
        """Whether a prompt may be numbers, and whether a text gets BOS: the same list tells both."""
        if not (tokenizes and listed):
            return False, None
        own = self._ask.numbers(tokenizes, TEXT, special=False)
        by_text = self._first(TEXT, logprobs=listed)
        with_bos = self._first([*bos[0], *own], logprobs=listed)
        if not (by_text and with_bos):
            return False, None
        if not bos[0]:
            return alike(by_text.listed, with_bos.listed), False
        without = self._first(own, logprobs=listed)
        same_without = without is not None and alike(by_text.listed, without.listed)
        return True, alike(by_text.listed, with_bos.listed) and not same_without

    def _template(self, tokenizes: str) -> Literal["", "apply-template", "tokenize"]:
        messages = {"messages": [{"role": "user", "content": TEXT}]}
        if tokenizes == "content":
            return "apply-template" if self._ask.attempt("/apply-template", messages) else ""
        if tokenizes == "prompt":
            return "tokenize" if self._ask.attempt("/tokenize", {"model": self._ask.model, **messages}) else ""
        return ""

    def _scaled(self) -> bool | None:
        """Whether the list is of softmax(z / T): at half the temperature its differences are then twice as large."""
        lists = [self._first(PREFIX, logprobs=2, temperature=heat) for heat in (1, 0.5)]
        if not all(one and len(one.listed) >= 2 for one in lists):
            return None
        warm, cold = (one.listed[0].logprob - one.listed[1].logprob for one in lists if one)
        if abs(cold - warm) < SAME_NATS:
            return False
        self._lies.append(SCALED)
        return True

    def _scores(self, tokenizes: str, listed: int, reads: bool) -> Scores:
        """By which way a prompt's log-probabilities come that agree with the lists after its beginnings."""
        if reads and tokenizes == "prompt" and self._tells_prompts(listed):
            return "prompt_logprobs"
        if self._echoes(listed):
            return "echo"
        return "forced" if reads and tokenizes == "content" and self._forces(listed) else ""

    def _forces(self, listed: int) -> bool:
        """Whether tokens that a bias makes certain keep the log-probabilities that the list gives them, at T = 1.

        Of one that is no whole character nothing may be told: the next ones are asked for.
        """
        seen: list[bool] = []
        after = self._first(PREFIX, logprobs=listed)
        for wanted in after.listed[FORCED] if after else ():
            found = self._first(PREFIX, logprobs=1, logit_bias=[[wanted.number, CERTAIN]])
            if found and found.token.number == wanted.number:
                seen.append(abs(found.token.logprob - wanted.logprob) < SAME_NATS)
            if len(seen) == BEGUN:
                break
        return bool(seen) and all(seen)

    def _tells_prompts(self, listed: int) -> bool:
        numbers = self._ask.numbers("prompt", TEXT, special=True)
        answer = self._ask.attempt("completions", self._ask.body(numbers, prompt_logprobs=0))
        found = choice_of(answer).get("prompt_logprobs") if answer else None
        if not found:
            return False
        try:
            told = [logprob for logprob, _ in of_prompt(numbers, found)]
        except DamagedError:
            return self._agrees([False], OTHER_PROMPT, UNSEEN_PROMPT)
        seen = held_against_lists(of_numbers(numbers, told), partial(self._first, logprobs=listed))
        return self._agrees(seen, OTHER_PROMPT, UNSEEN_PROMPT)

    def _echoes(self, listed: int) -> bool:
        answer = self._ask.attempt("completions", self._ask.body(TEXT, echo=True, logprobs=1))
        if not answer or not listed:
            return False
        try:
            found = positions(choice_of(answer))
        except DamagedError:
            return self._agrees([False], OTHER_ECHO, UNSEEN_ECHO)
        if not text_of(choice_of(answer)).startswith(TEXT) or len(found) < BEGUN + 2:
            self._lies.append(NO_ECHO)
            return False
        seen = held_against_lists(of_echo(found), partial(self._first, logprobs=listed))
        return self._agrees(seen, OTHER_ECHO, UNSEEN_ECHO)

    def _agrees(self, seen: Sequence[bool], other: str, unseen: str) -> bool:
        if seen and all(seen):
            return True
        self._lies.append(other if seen else unseen)
        return False

    def _seeded(self) -> bool:
        def text(seed: int) -> str:
            answer = self._pool.ask("completions", self._ask.body(PREFIX, max_tokens=12, seed=seed))
            return text_of(choice_of(answer))

        again = text(1) == text(1)
        if not again:
            self._lies.append(NO_SEED)
        return again and len({text(seed) for seed in range(1, 5)}) > 1

    def _filters(self) -> bool:
        """Whether top-k 1 and min-p 1 leave the likeliest token alone, however warm."""
        for only in ({"top_k": 1}, {"min_p": 1}):
            names = {self._drawn(heat=2, seed=seed, **only) for seed in range(4)}
            if len(names) != 1:
                self._lies.append(NO_FILTER.format(filter=next(iter(only)).replace("_", "-")))
                return False
        return True

    def _drawn(self, heat: float, seed: int, **more: Any) -> str:
        answer = self._pool.ask("completions", self._ask.body(PREFIX, temperature=heat, seed=seed, logprobs=1, **more))
        choice = choice_of(answer)
        try:
            return called(positions(choice)[0].token)
        except (DamagedError, IndexError):
            return text_of(choice)

    def _tempered(self, listed: int) -> bool | None:
        """Whether what is drawn fits softmax(z / T) of the list, at each of HEATS."""
        first = self._first(PREFIX, logprobs=listed)
        if not first:
            return None
        logprobs = {called(one): one.logprob for one in first.listed[:listed]}
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
            self._lies.append(NOT_DRAWN)
            return False
        return None if None in fits else True


def _named(first: Position | None) -> Literal["numbers", "text"]:
    if first and first.listed and all(one.number != UNNUMBERED for one in first.listed):
        return "numbers"
    return "text"
