"""Sampling: continuations drawn from softmax(z / T) at one or several T, from one shared context.

Every token is decided by noise of its own, keyed by seed, temperature, sample and step, so sample i of a seed is the
same text however many are drawn beside it, at whichever other temperatures, and where a run goes on. All rows of a
group grow together, a token each a step. The float16 digits of the default model differ with the rows of a step, by a
total variation of 6e-4 on average and 1.3e-3 at most: of 100 samples of 8 tokens, 99 are the same in steps of 1 to 60
rows (tests/bench/same_sample.py). In float32 all are.
"""

import codecs
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, Decoder
from llmlab.backends.sampling import Settings
from llmlab.errors import MisuseError
from llmlab.lab.alternatives import Alternatives
from llmlab.lab.prompt import Prompt
from llmlab.language import later, tr

Place = tuple[float, int]  # temperature, sample number

if TYPE_CHECKING:
    from numpy.random import Generator

ROWS = 64  # continuations decoded side by side; more would lose more to an interrupt
BEFORE = 2**31  # the step of the noise that decides where a prompt is cut: no sample is so long
ALTERNATIVES = 3  # other tokens that a trace names
FINISHES = (later("stop"), later("end"), later("length"), later("interrupted"))  # `Sample.finish`


@dataclass(frozen=True)
class Plan:
    """What to draw: every temperature, so many samples each."""

    temperatures: tuple[float, ...] = (1.0,)
    samples: int = 1
    max_tokens: int = 20
    seed: int | None = 0  # None: nothing is drawn
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()
    same_noise: bool = False  # the same Gumbel noise at every temperature

    def check(self) -> None:
        """Raise MisuseError for what cannot be drawn, before a model is loaded."""
        if self.seed is not None and self.seed < 0:
            raise MisuseError(tr("seed {seed} is negative", seed=self.seed), tr("give a number from 0 up"))
        if not self.temperatures or self.samples < 1 or self.max_tokens < 1:
            raise MisuseError(tr("nothing to draw"), tr("give at least one temperature, one sample and one token"))
        if not all(self.stop):
            raise MisuseError(tr("a stop text is empty"), tr("leave --stop out, or give at least one character"))
        if len(set(self.temperatures)) < len(self.temperatures):
            raise MisuseError(tr("a temperature is given twice"), tr("give each once"))
        for temperature in self.temperatures:
            self.settings(temperature)

    def check_single(self, what: str) -> None:
        """Raise MisuseError where `what` is of one temperature, and several are given."""
        if len(self.temperatures) > 1:
            raise MisuseError(tr("{what} is of one temperature", what=what), tr("give one T"))

    @property
    def statement(self) -> str:
        """Everything that bears on what is drawn, in the order it applies."""
        words = [
            tr("repetition penalty {value}", value=_or_off(self.repetition_penalty, 1)),
            tr("temperature {values}", values=", ".join(f"{t:g}" for t in self.temperatures)),
            f"top-k {_or_off(self.top_k, 0)}",
            f"top-p {_or_off(self.top_p, 1)}",
            f"min-p {_or_off(self.min_p, 0)}",
            tr("max tokens {count}", count=self.max_tokens),
            tr("stop {texts}", texts=", ".join(map(repr, self.stop)) or tr("none")),
            tr("samples {count}", count=self.samples),
        ]
        if self.seed is not None:
            same = self.same_noise
            words.append(tr("seed {seed}", seed=self.seed))
            words.append(tr("the same Gumbel noise at every T") if same else tr("independent noise at every T"))
        return tr("; ").join(words)

    @property
    def places(self) -> list[tuple[float, int]]:
        """The (temperature, sample number) of everything to draw."""
        return [(t, i) for t in self.temperatures for i in range(self.samples)]

    def settings(self, temperature: float) -> Settings:
        return Settings(temperature, self.top_k, self.top_p, self.min_p, self.repetition_penalty)


def _or_off(value: float, off: float) -> str:
    return tr("off") if value == off else f"{value:g}"


@dataclass(frozen=True)
class Step:
    """One token as it was drawn."""

    token: int
    piece: bytes
    logprob: float  # nats, under the model itself
    drawn_logprob: float  # nats, under the distribution it was drawn from
    rank: int  # by the model itself, 1 = the likeliest
    entropy: float  # nats, of the model itself
    drawn_entropy: float  # nats, of the distribution it was drawn from
    alternatives: Alternatives  # with their log-probability when drawing


@dataclass(frozen=True)
class Sample:
    """One continuation. Of a healed prompt the first token also spells the prompt's end, which is not in the text."""

    temperature: float
    sample: int
    text: str
    ids: tuple[int, ...]
    logprob: float  # nats, under the model itself (T = 1, no filter)
    finish: str  # "stop", "end" (the model ended the text), "length", or "interrupted"
    steps: tuple[Step, ...] = ()  # of a sample that was traced


def sample(model: CausalLM, prompt: Prompt, plan: Plan, wanted: Sequence[Place]) -> Iterator[Sample]:
    """These (temperature, sample number) of the plan, as each is finished. A context is read once.

    At T = 0 all samples are one: it is computed once, so that they have the same last digits too.
    """
    cold = [place for place in wanted if place[0] == 0]
    for part, places in _by_cut(prompt, plan, [*cold[:1], *(place for place in wanted if place[0] > 0)]):
        for one in _sample(model, part, plan, places):
            same = [one.sample] if one.temperature else [number for _, number in cold]
            yield from (replace(one, sample=number) for number in same)


def stream(model: CausalLM, prompt: Prompt, plan: Plan, trace: bool = False) -> Iterator[tuple[str, Sample]]:
    """One sample as it grows: whole characters as they come, and the sample so far. The first T of the plan."""
    ((part, _),) = _by_cut(prompt, plan, [(plan.temperatures[0], 0)])
    row = _Row(plan, part, plan.temperatures[0], 0, trace)
    decoder = model.decoder(part.tokens, 1, plan.max_tokens)
    logits, shown = part.first(decoder.first), ""
    while not row.finish:
        row.take(model, logits)
        text = row.settled()
        yield text[len(shown) :], row.result()
        shown = text
        if not row.finish:
            logits = decoder.step([0], [row.ids[-1]])[0]


def _by_cut(prompt: Prompt, plan: Plan, places: Sequence[tuple[float, int]]) -> list[tuple[Prompt, list[Place]]]:
    """A healed prompt at each of its cuts, with the samples that are drawn after it; at T = 0 the likeliest cut."""
    if not prompt.cuts:
        return [(prompt, list(places))] if places else []
    shares = np.array([cut.share for cut in prompt.cuts])
    found: dict[int, list[Place]] = defaultdict(list)
    for t, number in places:
        noise = sampling.noise(plan.seed or 0, number, BEFORE, None if plan.same_noise else t)
        found[0 if t == 0 else sampling.race(shares, noise)].append((t, number))
    return [(prompt.at(cut), found[cut]) for cut in sorted(found)]


def _sample(model: CausalLM, prompt: Prompt, plan: Plan, places: Sequence[Place]) -> Iterator[Sample]:
    """Samples that are drawn after one context."""
    decoder = model.decoder(prompt.tokens, min(len(places), ROWS), plan.max_tokens)
    first = prompt.first(decoder.first)
    for start in range(0, len(places), ROWS):
        if start:
            decoder.restart()
        yield from _grow(model, decoder, first, [_Row(plan, prompt, *place) for place in places[start : start + ROWS]])


class _Row:
    """One continuation while it grows."""

    def __init__(self, plan: Plan, prompt: Prompt, temperature: float, number: int, trace: bool = False) -> None:
        self.settings, self.number, self.plan, self._trace = plan.settings(temperature), number, plan, trace
        self._rest = prompt.rest
        self._seen = list(prompt.tokens.ids) if plan.repetition_penalty != 1 else []
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.text = ""  # whole characters
        self.ids: list[int] = []
        self.steps: list[Step] = []
        self.logprob = 0.0
        self.finish = ""

    def take(self, model: CausalLM, logits: Floats) -> None:
        """Draw one token and see whether the text is finished."""
        token, logprob = self._draw(model, logits)
        self.logprob += logprob
        self.ids.append(token)
        if model.is_end(token):
            self.finish = "end"
        else:
            new = model.piece(token) if len(self.ids) > 1 else model.piece(token)[len(self._rest) :]
            self.text += self._decoder.decode(new)
            if any(stop in self.text for stop in self.plan.stop):
                self.finish = "stop"
            elif len(self.ids) == self.plan.max_tokens:
                self.finish = "length"
        if self.finish:
            self.text += self._decoder.decode(b"", final=True)

    def settled(self) -> str:
        """The text that later tokens cannot take back: up to a stop, or to what may become one."""
        cuts = [self.text.find(stop) for stop in self.plan.stop if stop in self.text]
        if cuts:
            return self.text[: min(cuts)]
        if self.finish:
            return self.text
        held = max((_overlap(self.text, stop) for stop in self.plan.stop), default=0)
        return self.text[: len(self.text) - held]

    def result(self) -> Sample:
        finish = self.finish or "interrupted"
        place = self.settings.temperature, self.number, self.settled()
        return Sample(*place, tuple(self.ids), self.logprob, finish, tuple(self.steps))

    def _draw(self, model: CausalLM, logits: Floats) -> tuple[int, float]:
        """A token and its log-probability under the model itself."""
        if self.settings.plain and not (self.plan.same_noise or self._trace):
            return sampling.draw_plain(logits, self.settings.temperature, self._noise())
        drawn_from = sampling.drawn_from(logits, self._seen + self.ids, self.settings)
        token = self._race(drawn_from) if self.settings.temperature else int(drawn_from.argmax())
        if self._trace:
            self.steps.append(_step(model, sampling.log_softmax(logits), drawn_from, token))
        return token, float(logits[token]) - sampling.logsumexp(logits)

    def _race(self, drawn_from: Floats) -> int:
        how = sampling.race if self.plan.same_noise else sampling.draw  # one race: each token keeps its own noise
        return how(np.exp(drawn_from), self._noise())

    def _noise(self) -> "Generator":
        own = None if self.plan.same_noise else self.settings.temperature
        return sampling.noise(self.plan.seed or 0, self.number, len(self.ids), own)


def _grow(model: CausalLM, decoder: Decoder, first: Floats, rows: Sequence[_Row]) -> Iterator[Sample]:
    """Grow all rows together until each is finished; yield each then. `first` are the logits [V] of the first token."""
    live = list(range(len(rows)))
    logits = np.broadcast_to(first, (len(rows), len(first)))  # [rows, V]
    while live:
        for place, row in enumerate(live):
            rows[row].take(model, logits[place])
        for row in live:
            if rows[row].finish:
                yield rows[row].result()
        live = [row for row in live if not rows[row].finish]
        if live:
            logits = decoder.step(live, [rows[row].ids[-1] for row in live])


def _step(model: CausalLM, logprobs: Floats, drawn_from: Floats, token: int) -> Step:
    others = [other for other in sampling.top(drawn_from, ALTERNATIVES + 1).tolist() if other != token]
    possible = [other for other in others[:ALTERNATIVES] if np.isfinite(drawn_from[other])]
    return Step(
        token,
        model.piece(token),
        float(logprobs[token]),
        float(drawn_from[token]),
        1 + int((logprobs > logprobs[token]).sum()),
        sampling.entropy(logprobs),
        sampling.entropy(drawn_from),
        tuple((model.piece(other), float(drawn_from[other])) for other in possible),
    )


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text could begin the stop."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)
