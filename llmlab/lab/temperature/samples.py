"""What the samples of a prompt say: the answers at each temperature, how varied, how surprising, how often right.

Distinct-n is the share of different n-grams among all n-grams of a temperature's tokens (after Li et al. 2016, who
divide by the tokens). Surprisal is that of the model itself (T = 1, no filter), in bits a token. Tokens are all that
were drawn, the one that ended a text included.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace

from llmlab.arrays import Floats
from llmlab.backends.base import CausalLM
from llmlab.backends.served.base import Served
from llmlab.lab.prompt import Prompt
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.shares import Share, share_columns
from llmlab.lab.shown import Shown
from llmlab.lab.temperature import column
from llmlab.lab.temperature.drawn import First, Firsts, Plan, Sample
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.temperature.generate import sample
from llmlab.lab.temperature.records import conditions, record
from llmlab.lab.text import BITS, edged, finite, number, raw, show
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.render.safe import visible
from llmlab.view import Bar, Cell, Chart, Column, Panel, Record, View, stated_once

SHOWN = 2  # answers a temperature, where several temperatures have many
LINE = 34  # cells of an answer, where several temperatures have many: beside four columns, in 80 cells
ROWS = 12  # answers up to which all are shown
NOTHING = Expected()


@dataclass(frozen=True)
class Samples(Shown):
    """The continuations of one prompt, by temperature, then by sample."""

    prompt: Prompt
    plan: Plan
    samples: tuple[Sample, ...]
    firsts: tuple[First, ...]  # none where one sample a temperature is drawn
    first_entropies: tuple[float, ...]  # nats, exact, of the first token at each temperature of the plan; or none
    first_logprobs: Floats | None = field(compare=False, repr=False)  # [V] nats at T = 1, as `firsts` says
    expected: Expected
    preferred: str | None  # the answer at T = 0, where an answer is wrong
    origin: Provenance

    def views(self, *, every: bool = False) -> list[View]:
        """One screen where several temperatures have many answers, unless `every` one is wanted."""
        heats = self._temperatures()
        if not every and len(heats) > 1 and sum(len(self._counted(t)) for t in heats) > ROWS:
            return [self._overview()]
        views = [self._answers()]
        if self.plan.samples > 1:
            views.append(self._summary())
        if self.expected and len(self.samples) > 1:
            views.append(self._rightness())
        return views

    def records(self) -> list[Record]:
        return [record(self.prompt, self.plan, one, self.expected, self.origin) for one in self.samples]

    def document(self) -> Record:
        shared = {**conditions(self.prompt, self.plan), **self.origin.columns}
        firsts = [{**asdict(one), "piece": raw(one.piece)} for one in self.firsts]
        own = stated_once(shared, self.records())
        return {**shared, "temperatures": self.measures(), "first_tokens": firsts, "samples": own}

    def values(self) -> list[str]:
        return [one.text for one in self.samples]

    def panels(self) -> list[Panel]:
        from llmlab.lab.temperature.charts import panels

        return [*panels.of_samples(self)]

    def chart(self) -> Chart:
        from llmlab.lab.temperature.charts.generate import picture

        return picture(self)

    def of(self, temperature: float) -> list[Sample]:
        return [one for one in self.samples if one.temperature == temperature]

    def distinct(self, temperature: float, n: int) -> float:
        """Different n-grams of tokens over all n-grams; nan where there are none, and of tokens without a number."""
        if any(token < 0 for one in self.of(temperature) for token in one.ids):
            return float("nan")
        grams = [one.ids[i : i + n] for one in self.of(temperature) for i in range(len(one.ids) - n + 1)]
        return len(set(grams)) / len(grams) if grams else float("nan")

    def surprisal(self, temperature: float) -> float:
        """Mean bits a token under the model itself."""
        samples = self.of(temperature)
        tokens = sum(len(one.ids) for one in samples)
        return -sum(one.logprob for one in samples) * BITS / tokens + 0.0 if tokens else float("nan")  # + 0: not -0

    def right(self, answer: str) -> bool:
        return self.expected.accepts(answer)

    def length(self, temperature: float) -> float:
        """Mean tokens a sample."""
        samples = self.of(temperature)
        return sum(len(one.ids) for one in samples) / len(samples)

    def _temperatures(self) -> list[float]:
        """Those that have samples; an interrupted run may lack some."""
        return [t for t in self.plan.temperatures if self.of(t)]

    def _right(self, temperature: float) -> Share:
        answers = [self.expected.accepts(one.text) for one in self.of(temperature)]
        return Share(sum(answers), len(answers))

    def _rightness(self) -> View:
        rows: list[list[Cell]] = [[f"{t:g}", *self._right(t).cells()] for t in self._temperatures()]
        return View("", (column.heat(), self._right_column(), *share_columns()[1:]), rows)

    def _right_column(self) -> Column:
        return Column(tr("right"), True, means=tr("answers that {aims}", aims=self.expected.aim))

    def _conclusion(self) -> str:
        """What is right at the coldest T and at the hottest; or how many answers differ."""
        heats = sorted(self._temperatures())
        ends = list(dict.fromkeys((heats[0], heats[-1])))
        if len(self.samples) == 1:
            text = answer(self.samples[0].text)
            said = tr("at T = {heat:g} the model says {answer}", heat=heats[0], answer=text)
        elif self.expected:
            shares = [tr("{share:.0%} at T = {heat:g}", share=self._right(t).share, heat=t) for t in ends]
            said = tr("right answers: {shares}", shares=tr(", ").join(shares))
        else:
            said = tr("different answers: {counts}", counts=tr(", ").join(map(self._differ, ends)))
        if self.preferred is None or self.expected.accepts(self.preferred):
            return said
        if len(self.samples) == 1 and answer(self.samples[0].text) == answer(self.preferred):
            return said
        return tr(
            "{said}; the model itself prefers {answer}: temperature cannot mend that",
            said=said,
            answer=answer(self.preferred),
        )

    def _differ(self, temperature: float) -> str:
        texts = [one.text for one in self.of(temperature)]
        return tr(
            "{different} of {count} at T = {heat:g}", different=len(set(texts)), count=len(texts), heat=temperature
        )

    def _counted(self, temperature: float) -> list[tuple[tuple[str, str], int]]:
        """Each answer of a temperature and how it ended, and how often it was given, the commonest first."""
        return Counter((one.text, one.finish) for one in self.of(temperature)).most_common()

    def _overview(self) -> View:
        """A temperature's measures and its commonest answers beside them."""
        measured = [self._right_column(), share_columns()[1]] if self.expected else [column.surprisal()]
        said = Column(tr("commonest answers"), wide=True, head=LINE)
        rows: list[list[Cell]] = []
        for t in self._temperatures():
            shares = self._right(t).cells()[:2] if self.expected else [number(self.surprisal(t), 2)]
            counted = Counter(one.text for one in self.of(t))
            measures: list[Cell] = [f"{t:g}", *shares, len(counted)]
            for text, count in counted.most_common(SHOWN):
                rows.append([*measures, count, answer(text)])
                measures = [""] * len(measures)
        columns = (column.heat(), *measured, column.distinct(), column.times(), said)
        notes = (tr("more answers, how they end, and more measures of them: --all"), *self._notes())
        return View(visible(self.prompt.text), columns, rows, notes, self._conclusion())

    def _answers(self) -> View:
        text = Column(tr("continuation"), wide=True)
        columns = (column.heat(), column.times(), Column(""), text, column.finish())
        rows: list[list[Cell]] = []
        for t in self._temperatures():
            total = len(self.of(t))
            for (said, finish), count in self._counted(t):
                rows.append([f"{t:g}", count, Bar(count / total, 10), answer(said), tr(finish)])
        return View(visible(self.prompt.text), columns, rows, self._notes(), self._conclusion())

    def _notes(self) -> tuple[str, ...]:
        return (*self.prompt.notes, *how(self.plan), self.origin.line)

    def _summary(self) -> View:
        rows = []
        for t in self._temperatures():
            best = next((one for one in self.firsts if one.temperature == t), None)
            variety: list[Cell] = [f"{t:g}", len({one.text for one in self.of(t)})]
            variety += [number(self.distinct(t, n), 2) for n in (1, 2)]
            rest = [number(self.surprisal(t), 2), number(self.length(t), 1)]
            begins = [show(best.piece), f"{best.probability:.3f}", f"{best.seen:.3f}"] if best else []
            rows.append([*variety, *rest, *begins])
        return View("", column.summary() + (column.begins() if self.firsts else ()), rows)

    def measures(self) -> list[Record]:
        """What the answers of each temperature are like."""
        entropies = dict(zip(self.plan.temperatures, self.first_entropies, strict=False))  # none of one sample
        return [
            {
                "temperature": t,
                "samples": len(self.of(t)),
                "distinct_answers": len({one.text for one in self.of(t)}),
                "distinct_1": finite(self.distinct(t, 1)),
                "distinct_2": finite(self.distinct(t, 2)),
                "surprisal_bits_per_token": finite(self.surprisal(t)),
                "mean_tokens": self.length(t),
                **({"first_entropy_bits": entropies[t] * BITS} if entropies else {}),
                **({"right": self._right(t).record()} if self.expected else {}),
            }
            for t in self._temperatures()
        ]


def draw(
    model: CausalLM, prompt: Prompt, plan: Plan, expected: Expected = NOTHING, progress: Progress = silent
) -> Samples:
    """Every sample of the plan after one prompt."""
    found = []
    for one in sample(model, prompt, plan, plan.places):
        found.append(one)
        progress(len(found), len(plan.places))
    return summarise(model, prompt, plan, found, expected)


def summarise(
    model: CausalLM, prompt: Prompt, plan: Plan, samples: Iterable[Sample], expected: Expected = NOTHING
) -> Samples:
    """Put samples in order, the likeliest first tokens beside them, and what the model prefers to what is expected."""
    expected = expected.in_sentences if prompt.chat else expected
    order = {t: place for place, t in enumerate(plan.temperatures)}
    found = tuple(sorted(samples, key=lambda one: (order[one.temperature], one.sample)))
    wrong = expected and not all(expected.accepts(one.text) for one in found)
    preferred = _preferred(model, prompt, plan, found) if wrong else None
    exact = plan.samples > 1 and not isinstance(model, Served)  # which shows no logits
    begins = _firsts(model, prompt, plan, found) if exact else Firsts()
    return Samples(
        prompt,
        plan,
        found,
        begins.likeliest,
        begins.entropies,
        begins.logprobs,
        expected,
        preferred,
        of_text(model.info),
    )


def _firsts(model: CausalLM, prompt: Prompt, plan: Plan, samples: Sequence[Sample]) -> Firsts:
    from llmlab.lab.temperature.firsts import firsts  # numpy, which samples of a server do without

    return firsts(model, prompt, plan, samples)


def _preferred(model: CausalLM, prompt: Prompt, plan: Plan, samples: Sequence[Sample]) -> str:
    """The answer at T = 0: of the samples, or found now."""
    argmax = replace(plan, temperatures=(0.0,), samples=1)
    known = [one for one in samples if one.temperature == 0]
    return (known or list(sample(model, prompt, argmax, argmax.places)))[0].text


def how(plan: Plan) -> list[str]:
    """The seed, where anything is drawn, and what applies beside the temperature: a note, or none."""
    said = [*([] if plan.seed is None else [tr("seed {seed}", seed=plan.seed)]), *filters(plan)]
    return [tr(", ").join(said)] if said else []


def filters(plan: Plan) -> list[str]:
    """What applies beside the temperature, for a note."""
    on = [("top-k", plan.top_k, 0), ("top-p", plan.top_p, 1), ("min-p", plan.min_p, 0)]
    said = [f"{name} {value:g}" for name, value, off in on if value != off]
    if plan.repetition_penalty != 1:
        said.append(tr("repetition penalty {value}", value=f"{plan.repetition_penalty:g}"))
    return said + ([tr("the same noise at every T")] if plan.same_noise else [])


def answer(text: str) -> str:
    """An answer for the eye, an empty one too."""
    return edged(text) or tr("(nothing)")
