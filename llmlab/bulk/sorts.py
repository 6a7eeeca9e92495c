"""What the records of a verb are: what one must hold, which stand for one input. What they come to: tallies.py."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from llmlab.errors import MisuseError
from llmlab.lab.probability.tallies.pairs import TIE_NATS
from llmlab.lab.provenance import OF_TEXT
from llmlab.language import later, tr, tr_many
from llmlab.view import Record

if TYPE_CHECKING:  # it loads SQLite
    from llmlab.files.on_disk import Key

Place = tuple[float, int]
DIGITS = 1e-9  # by which what a record says twice may differ
Number = Annotated[int, Meta(ge=1)]


class KeptItem(msgspec.Struct):
    """What every record holds: the number of its input, how many inputs there are, how many records this one has."""

    item: Number
    items: Number | None  # of stdin nobody knows
    item_records: Number
    model: str
    revision: str
    engine: str
    library: str
    dtype: str
    bos: str | None

    @property
    def agrees(self) -> bool:
        """Whether the numbers that follow from each other do. In a window and a sample none do."""
        return True


class KeptText(KeptItem):
    """What must be there of a text."""

    text: str
    tokens: int
    scored_tokens: int
    logprob_nats: float | None
    logprob_per_token_nats: float | None = None

    @property
    def agrees(self) -> bool:
        return _mean(self.logprob_per_token_nats, self.logprob_nats, self.scored_tokens)


class KeptPair(KeptItem):
    """What must be there of a pair."""

    sentence_good: str
    sentence_bad: str
    group: str
    margin_nats: float | None
    right: bool
    logprob_good_nats: float | None = None
    logprob_bad_nats: float | None = None

    @property
    def agrees(self) -> bool:
        good, bad, margin = self.logprob_good_nats, self.logprob_bad_nats, self.margin_nats
        if margin is None or good is None or bad is None:
            return True
        return math.isclose(good - bad, margin, rel_tol=DIGITS, abs_tol=DIGITS) and self.right == (margin > TIE_NATS)


class KeptChoice(KeptItem):
    """What must be there of a choice."""

    question: int
    group: str
    context: str
    choice: str
    logprob_nats: float | None
    boundary: str
    spaced: bool
    right: bool
    picked_by_sum: bool
    picked_by_per_character: bool
    picked_by_per_token: bool
    tokens: int = 0
    logprob_per_token_nats: float | None = None

    @property
    def agrees(self) -> bool:
        return _mean(self.logprob_per_token_nats, self.logprob_nats, self.tokens)


class KeptWindow(KeptItem):
    """What must be there of a window."""

    text: str
    characters: int
    bytes: int
    text_digest: str
    tokens: int
    scored_tokens: int
    logprob_nats: float | None
    window_tokens: int
    stride_tokens: int


class KeptSample(KeptItem):
    """What must be there of a sample."""

    prompt: str
    seed: int | None
    temperature: float
    sample: int
    item_places: list[tuple[float, int]]  # of its run: temperatures, and how many samples of each
    text: str
    token_ids: list[int | None]
    logprob_nats: float | None
    finish: str


@dataclass(frozen=True)
class Sort:
    """The records of a verb."""

    name: str
    shape: type[KeptItem]
    conditions: tuple[str, ...] = OF_TEXT  # what is the same in all of a run

    @property
    def together(self) -> bool:
        """Whether the records of an input are computed together, and inputs in their order."""
        return True

    @property
    def alike(self) -> bool:
        """Whether all inputs have as many records, of the same kinds."""
        return False

    def holds(self, record: Record) -> bool:
        """Whether a record is of this sort."""
        fields = self.shape.__struct_fields__
        return set(fields[: len(fields) - len(self.shape.__struct_defaults__)]) <= record.keys()

    def key(self, record: Record) -> "Key":
        """What a record is found by: the number of its input."""
        return int(record["item"])

    def place(self, record: Record, before: int) -> Place:
        """Which of its input's records one is; `before` are those of the input that it stands right after."""
        return 0.0, before

    def places(self, record: Record) -> tuple[Place, ...]:
        """What the run of a record makes of an input: so many of each."""
        return ((0.0, record["item_records"]),)


class SampleSort(Sort):
    """Samples are found by their prompt: a file may hold those of several runs, and more of a prompt later."""

    @property
    def together(self) -> bool:
        return False

    @property
    def alike(self) -> bool:
        return True

    def key(self, record: Record) -> "Key":
        return str(record["prompt"])

    def place(self, record: Record, before: int) -> Place:
        return float(record["temperature"]), record["sample"]

    def places(self, record: Record) -> tuple[Place, ...]:
        return tuple((float(heat), count) for heat, count in record["item_places"])


def _mean(mean: float | None, total: float | None, count: int) -> bool:
    """Whether one number is the mean that another comes to, where both are known."""
    return mean is None or total is None or math.isclose(mean * count, total, rel_tol=DIGITS)


def value(found: object) -> str:
    """What a record holds, in a message."""
    return tr("none") if found is None else repr(found)


def counted(items: int | None) -> str:
    """How many inputs a record says that there are, in a message."""
    if items is None:
        return tr("inputs that nobody has counted, of a pipe")
    return tr_many("{count:,} input", "{count:,} inputs", items)


def contradiction(path: Path, number: int) -> MisuseError:
    """That a line of a file was changed since it was written."""
    message = tr("the numbers of {file} line {number:,} contradict each other", file=path, number=number)
    return MisuseError(message, tr("it was changed since: make that file again"))


def numbered(record: Record, item: int, items: int, item_records: int, **more: object) -> Record:
    """A record of a file, which says of which input it is; of 0 `items` nobody knows how many there are."""
    return {"item": item, "items": items or None, "item_records": item_records, **more, **record}


DRAWN = ("seed", "max_tokens", "top_k", "top_p", "min_p", "repetition_penalty", "same_noise", "stop")
TEXTS = Sort(later("text"), KeptText)
PAIRS = Sort(later("pair"), KeptPair)
CHOICES = Sort(later("choice"), KeptChoice)
WINDOWS = Sort(later("window"), KeptWindow, (*OF_TEXT, "window_tokens", "stride_tokens"))
SAMPLES = SampleSort(later("sample"), KeptSample, (*OF_TEXT, *DRAWN))
SORTS = (SAMPLES, CHOICES, PAIRS, WINDOWS, TEXTS)
