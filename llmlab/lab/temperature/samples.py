"""What the samples of a prompt say: the answers at each temperature, how varied, how surprising, how often right.

Distinct-n is the share of different n-grams among all n-grams of a temperature's tokens (after Li et al. 2016, who
divide by the tokens). Surprisal is that of the model itself (T = 1, no filter), in bits a token. Tokens are all that
were drawn, the one that ended a text included.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from llmlab.backends import sampling
from llmlab.backends.base import CausalLM
from llmlab.errors import MisuseError
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import COLUMNS, Share
from llmlab.lab.temperature.generate import Plan, Sample
from llmlab.lab.text import BITS, edged, number, raw, show
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Column, Record, View, stated_once

SHOWN = 2  # answers a temperature, where several temperatures have many
LINE = 40  # cells of an answer, where several temperatures have many
ROWS = 12  # answers that a table shows without folding any
FIRSTS = 5  # first tokens whose frequency is set beside their probability


@dataclass(frozen=True)
class Expected:
    """What makes an answer right: it holds one of the texts (whatever the case), or one of the patterns matches."""

    texts: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.texts or self.patterns)

    @classmethod
    def of(cls, texts: Sequence[str], patterns: Sequence[str]) -> "Expected":
        """Raises MisuseError for an empty text, or for what is no pattern."""
        if not all([*texts, *patterns]):
            raise MisuseError("an expected text is empty", "give at least one character")
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise MisuseError(f"{pattern!r} is no pattern: {error}", "see Python's re") from None
        return cls(tuple(texts), tuple(patterns))

    def accepts(self, answer: str) -> bool:
        held = any(text.casefold() in answer.casefold() for text in self.texts)
        return held or any(re.search(pattern, answer) for pattern in self.patterns)


@dataclass(frozen=True)
class First:
    """A likely first token: its exact probability at a temperature, and the share of samples that begin with it."""

    temperature: float
    token: int
    piece: bytes
    probability: float
    seen: float


@dataclass(frozen=True)
class Samples:
    """The continuations of one prompt, by temperature, then by sample."""

    prompt: Prompt
    plan: Plan
    samples: tuple[Sample, ...]
    firsts: tuple[First, ...]
    expected: Expected
    origin: Provenance

    def views(self) -> list[View]:
        settings = f"seed {self.plan.seed}{filters(self.plan)}"
        views = [self._answers(settings)]
        if self.plan.samples > 1:
            views.append(self._summary())
        if self.expected:
            rows: list[list[Cell]] = [[f"{t:g}", *self._right(t).cells()] for t in self._temperatures()]
            views.append(View("", (Column("T", True), *COLUMNS), rows, (self._aim(),)))
        return views

    def records(self) -> list[Record]:
        return [record(self.prompt, self.plan, one, self.expected, self.origin) for one in self.samples]

    def document(self) -> Record:
        shared = {**conditions(self.prompt, self.plan), **self.origin.columns}
        firsts = [{**asdict(one), "piece": raw(one.piece)} for one in self.firsts]
        own = stated_once(shared, self.records())
        return {**shared, "temperatures": self._measures(), "first_tokens": firsts, "samples": own}

    def values(self) -> list[str]:
        return [one.text for one in self.samples]

    def of(self, temperature: float) -> list[Sample]:
        return [one for one in self.samples if one.temperature == temperature]

    def distinct(self, temperature: float, n: int) -> float:
        """Different n-grams of tokens over all n-grams; nan where there are none."""
        grams = [one.ids[i : i + n] for one in self.of(temperature) for i in range(len(one.ids) - n + 1)]
        return len(set(grams)) / len(grams) if grams else float("nan")

    def surprisal(self, temperature: float) -> float:
        """Mean bits a token under the model itself."""
        samples = self.of(temperature)
        return -sum(one.logprob for one in samples) * BITS / sum(len(one.ids) for one in samples)

    def length(self, temperature: float) -> float:
        """Mean tokens a sample."""
        return float(np.mean([len(one.ids) for one in self.of(temperature)]))

    def _temperatures(self) -> list[float]:
        """Those that have samples; an interrupted run may lack some."""
        return [t for t in self.plan.temperatures if self.of(t)]

    def _right(self, temperature: float) -> Share:
        answers = [self.expected.accepts(one.text) for one in self.of(temperature)]
        return Share(sum(answers), len(answers))

    def _aim(self) -> str:
        said = [repr(text) for text in self.expected.texts] + [f"/{one}/" for one in self.expected.patterns]
        return f"right: the answer holds {' or '.join(said)}"

    def _answers(self, settings: str) -> View:
        counted = [
            (t, Counter((one.text, one.finish) for one in self.of(t)).most_common()) for t in self._temperatures()
        ]
        fold = len(counted) > 1 and sum(len(answers) for _, answers in counted) > ROWS
        said = Column("continuation", wide=True, head=LINE if fold else 0)
        columns = (Column("T", True), Column("times", True), Column(""), said)
        rows: list[list[Cell]] = []
        for t, answers in counted:
            total = sum(count for _, count in answers)
            shown = answers[:SHOWN] if fold and len(answers) > SHOWN + 1 else answers
            for (text, finish), count in shown:
                rows.append([f"{t:g}", count, Bar(count / total, 10), edged(text), finish])
            if left := len(answers) - len(shown):
                rest = sum(count for _, count in answers[len(shown) :])
                rows.append([f"{t:g}", rest, Bar(rest / total, 10), f"({left} other answers)", ""])
        notes = (*self.prompt.notes, settings, self.origin.line)
        return View(visible(self.prompt.text), (*columns, Column("finish")), rows, notes)

    def _summary(self) -> View:
        names = ("distinct", "dist-1", "dist-2", "bits/token", "tokens")
        columns = (Column("T", True), *(Column(name, True) for name in names))
        columns += (Column("first", wide=True), Column("P", True), Column("seen", True))
        rows = []
        for t in self._temperatures():
            best = next(one for one in self.firsts if one.temperature == t)
            variety: list[Cell] = [f"{t:g}", len({one.text for one in self.of(t)})]
            variety += [number(self.distinct(t, n), 2) for n in (1, 2)]
            rest = [number(self.surprisal(t), 2), number(self.length(t), 1)]
            rows.append([*variety, *rest, show(best.piece), f"{best.probability:.3f}", f"{best.seen:.3f}"])
        note = "first: the likeliest first token, its exact P at this T, and the share of samples that begin with it"
        return View("", columns, rows, (note,))

    def _measures(self) -> list[Record]:
        return [
            {
                "temperature": t,
                "samples": len(self.of(t)),
                "distinct_answers": len({one.text for one in self.of(t)}),
                "distinct_1": self.distinct(t, 1),
                "distinct_2": self.distinct(t, 2) if max(len(one.ids) for one in self.of(t)) > 1 else None,
                "surprisal_bits_per_token": self.surprisal(t),
                "mean_tokens": self.length(t),
                **({"right": self._right(t).record()} if self.expected else {}),
            }
            for t in self._temperatures()
        ]


def summarise(
    model: CausalLM, prompt: Prompt, plan: Plan, samples: Iterable[Sample], expected: Expected = Expected()
) -> Samples:
    """Put samples in order, and the likeliest first tokens beside them."""
    order = {t: place for place, t in enumerate(plan.temperatures)}
    found = tuple(sorted(samples, key=lambda one: (order[one.temperature], one.sample)))
    firsts = _firsts(model, prompt, plan, found) if plan.samples > 1 else ()
    return Samples(prompt, plan, found, firsts, expected, of_text(model.info))


def _firsts(model: CausalLM, prompt: Prompt, plan: Plan, samples: Sequence[Sample]) -> tuple[First, ...]:
    logits = prompt.first(model.decoder(prompt.tokens, 1, 1).first)
    found: list[First] = []
    for t in plan.temperatures:
        drawn_from = sampling.drawn_from(logits, prompt.tokens.ids, plan.settings(t))
        begins = Counter(one.ids[0] for one in samples if one.temperature == t)
        for token in sampling.top(drawn_from, FIRSTS).tolist():
            seen = begins[token] / max(begins.total(), 1)
            found.append(First(t, token, model.piece(token), float(np.exp(drawn_from[token])), seen))
    return tuple(found)


def record(prompt: Prompt, plan: Plan, one: Sample, expected: Expected, origin: Provenance) -> Record:
    """One sample as a record."""
    return {
        **conditions(prompt, plan),
        "temperature": one.temperature,
        "sample": one.sample,
        "text": one.text,
        "token_ids": list(one.ids),
        "tokens": len(one.ids),
        "logprob_nats": one.logprob,
        "finish": one.finish,
        **({"right": expected.accepts(one.text)} if expected else {}),
        **origin.columns,
    }


def conditions(prompt: Prompt, plan: Plan) -> Record:
    """What is the same for all samples of a prompt."""
    return {
        "prompt": prompt.asked,
        "rendered_prompt": prompt.text,
        "chat": prompt.chat,
        "healed": prompt.rest.decode(errors="replace") or None,
        "seed": plan.seed,
        "max_tokens": plan.max_tokens,
        "top_k": plan.top_k,
        "top_p": plan.top_p,
        "min_p": plan.min_p,
        "repetition_penalty": plan.repetition_penalty,
        "same_noise": plan.same_noise,
        "stop": list(plan.stop),
    }


def filters(plan: Plan) -> str:
    """What applies beside the temperature, for a note."""
    on = [("top-k", plan.top_k, 0), ("top-p", plan.top_p, 1), ("min-p", plan.min_p, 0)]
    on.append(("repetition penalty", plan.repetition_penalty, 1))
    said = "".join(f", {name} {value:g}" for name, value, off in on if value != off)
    return said + (", the same noise at every T" if plan.same_noise else "")
