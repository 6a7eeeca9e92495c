"""Continuations that grow here, token by token, drawn from softmax(z / T) at one or several T, from one shared context.

Every token is decided by noise of its own, keyed by seed, temperature, sample and step, so sample i of a seed is the
same text however many are drawn beside it, and at whichever other temperatures. All rows of a group grow together, a
token each a step. The float16 digits of the default model differ with the rows of a step, by a total variation of 6e-4
on average and 1.3e-3 at most: of 100 samples of 8 tokens, 99 are the same in steps of 1 to 60 rows
(tests/bench/same_sample.py). In float32 all are. The groups are of the plan, not of what is still to be drawn: a run
that goes on says the very digits of an uninterrupted one.
"""

import codecs
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import sampling
from llmlab.backends.base import CausalLM, Decoder
from llmlab.lab.prompt import Prompt
from llmlab.lab.temperature.drawn import Place, Plan, Sample, Step

if TYPE_CHECKING:
    from numpy.random import Generator

ROWS = 64  # continuations decoded side by side; more would lose more to an interrupt
BEFORE = 2**31  # the step of the noise that decides where a prompt is cut: no sample is so long
ALTERNATIVES = 3  # other tokens that a trace names


def sample(model: CausalLM, prompt: Prompt, plan: Plan, wanted: Sequence[Place]) -> Iterator[Sample]:
    """These (temperature, sample number) of the plan, as each is finished. A context is read once.

    Where one of a group is wanted the whole group is decoded. At T = 0 all samples are one: it is computed once, so
    that they have the same last digits too.
    """
    rows = _rows(plan, set(wanted))
    for part, places in _by_cut(prompt, plan, list(rows)):
        for one in _sample(model, part, plan, {place: bool(rows[place]) for place in places}):
            yield from (replace(one, sample=number) for number in rows[one.temperature, one.sample])


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


def _rows(plan: Plan, wanted: AbstractSet[Place]) -> dict[Place, list[int]]:
    """The rows that a plan is decoded in, by their place, and the numbers of the samples that are wanted of each."""
    rows: dict[Place, list[int]] = {}
    for t, number in plan.places:
        own = rows.setdefault((t, number if t else 0), [])
        own += [number] if (t, number) in wanted else []
    return rows


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


def _sample(model: CausalLM, prompt: Prompt, plan: Plan, rows: Mapping[Place, bool]) -> Iterator[Sample]:
    """Samples that are drawn after one context, those of `rows` that are wanted."""
    places = list(rows)
    groups = [places[start : start + ROWS] for start in range(0, len(places), ROWS)]
    groups = [group for group in groups if any(map(rows.get, group))]
    if not groups:
        return
    decoder = model.decoder(prompt.tokens, min(len(places), ROWS), plan.max_tokens)
    first = prompt.first(decoder.first)
    for number, group in enumerate(groups):
        if number:
            decoder.restart()
        wanted = {row for row, place in enumerate(group) if rows[place]}
        yield from _grow(model, decoder, first, [_Row(plan, prompt, *place) for place in group], wanted)


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
        return self.plan.settled(self.text, finished=bool(self.finish))

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


def _grow(
    model: CausalLM, decoder: Decoder, first: Floats, rows: Sequence[_Row], wanted: AbstractSet[int]
) -> Iterator[Sample]:
    """Grow all rows together until each that is wanted is finished; yield it then.

    `first` are the logits [V] of the first token.
    """
    live = list(range(len(rows)))
    logits = np.broadcast_to(first, (len(rows), len(first)))  # [rows, V]
    while True:
        for place, row in enumerate(live):
            rows[row].take(model, logits[place])
        for row in live:
            if rows[row].finish and row in wanted:
                yield rows[row].result()
        live = [row for row in live if not rows[row].finish]
        if wanted.isdisjoint(live):
            return
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
