"""What is known of a space: where its vectors come from, how they are stored, how its words are looked up."""

from typing import Literal

from msgspec import Struct, field

from llmlab.spaces.notes import told

WORDS = "words.txt"  # one a line, in vocabulary order
Precision = Literal["auto", "float32", "float16"]  # auto: float16 where it changes no neighbour
Case = Literal["keep", "lower"]  # words are found as written; or in lower case too


class SpaceFacts(Struct, frozen=True, omit_defaults=True):
    """The facts of one space, as its folder in the cache records them."""

    name: str
    kind: Literal["encoder", "table", "static", "file", "trained"]
    model: str  # or the file's name, or what was trained
    revision: str
    engine: str
    dtype: str
    words: int
    dimension: int
    case: Case
    stored: Literal["float32", "float16"]
    same_ten_in_float16: float  # share of sampled words whose ten nearest float16 leaves as they are
    longest: float  # length of the longest vector
    unicode: str
    vocabulary: str
    languages: tuple[str, ...]
    source: dict[str, str] = field(default_factory=dict)  # fingerprint of the model, or of the training
    index: Literal["flat", "ivf"] = "flat"
    lists: int = 0  # of an ivf index; and how many of them a search visits
    visited: int = 0
    recall_at_10: float = 1.0
    recall_sampled: int = 0  # words that the recall was measured on
    format: str = ""  # of a file
    dimensions: tuple[str, ...] = ()  # their names, where they have any
    means: tuple[float, ...] = ()  # of the dimensions, and their deviations, before they were standardised
    deviations: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()  # what became of a table's columns
    left_out: tuple[str, ...] = ()  # what of a file is not in the space
    unknown: int = 0  # words that are not in the space, for the encoder does not know all of their tokens
    alike: int = 0  # nor these, which it reads as the tokens of a word before them
    words_read: int = 0  # by a training, until then
    training: tuple[str, ...] = ()  # what it was trained with

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know beside every answer."""
        return tuple(map(told, self.notes + self.left_out))
