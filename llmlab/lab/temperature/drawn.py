"""What is to be drawn, and what was: a plan, its samples, and the steps of one that is traced."""

from dataclasses import dataclass, field

from llmlab import memory
from llmlab.arrays import Floats
from llmlab.backends.settings import Settings
from llmlab.errors import MisuseError
from llmlab.lab.alternatives import Alternatives
from llmlab.language import later, tr

SAMPLE_BYTES = 200  # what the place of a sample takes at least while all are drawn
Place = tuple[float, int]  # temperature, sample number
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
        memory.check(tr("the plan"), tr("draw fewer samples"), written=SAMPLE_BYTES * self.count)
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

    @property
    def count(self) -> int:
        """How many samples that is."""
        return len(self.temperatures) * self.samples

    def settled(self, text: str, *, finished: bool) -> str:
        """What later tokens cannot take back of a text: up to a stop, or to what may become one."""
        cuts = [text.find(stop) for stop in self.stop if stop in text]
        if cuts:
            return text[: min(cuts)]
        held = 0 if finished else max((_overlap(text, stop) for stop in self.stop), default=0)
        return text[: len(text) - held]

    def settings(self, temperature: float) -> Settings:
        return Settings(temperature, self.top_k, self.top_p, self.min_p, self.repetition_penalty)


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text could begin the stop."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)


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


@dataclass(frozen=True)
class First:
    """A likely first token: its exact probability at a temperature, and the share of samples that begin with it."""

    temperature: float
    token: int
    piece: bytes
    probability: float
    seen: float


@dataclass(frozen=True)
class Firsts:
    """The likeliest first tokens at each temperature, and what is known of all of them."""

    likeliest: tuple[First, ...] = ()
    entropies: tuple[float, ...] = ()  # nats, of what is drawn at each temperature of the plan
    logprobs: Floats | None = field(default=None, compare=False, repr=False)  # [V] nats at T = 1
