"""The state of the screen's first half: texts, their branches, the temperature, for each model that was played with."""

from dataclasses import dataclass, field

from llmlab.backends.base import CausalLM, Tokens
from llmlab.explore import heat
from llmlab.explore.branches import Branches
from llmlab.explore.heat import Heated, Jumps
from llmlab.explore.reader import ReadText, TextReader
from llmlab.lab.prompt import Prompt

LISTED = 10  # next tokens


@dataclass
class Side:
    """One model: how it reads, and what was tried with it."""

    name: str  # as it is asked for
    reader: TextReader
    branches: Branches = field(default_factory=Branches)


class Play:
    """What is played with. What takes long is `TextReader.read`; all else answers at once."""

    def __init__(self, name: str, model: CausalLM, seed: int) -> None:
        self.seed, self.temperature, self.listed = seed, 1.0, LISTED
        self._sides = {name: Side(name, TextReader(model))}
        self.side = self._sides[name]
        self.reading: ReadText | None = None
        self.heated: Heated | None = None
        self.jumps: Jumps | None = None
        self.chosen = 0  # of those listed

    @property
    def model(self) -> CausalLM:
        return self.side.reader.model

    @property
    def branches(self) -> Branches:
        return self.side.branches

    @property
    def tokens(self) -> Tokens:
        """Of the text where one stands."""
        return self.branches.at.tokens

    @property
    def text(self) -> str:
        return self.tokens.text

    @property
    def is_read(self) -> bool:
        """Whether the model has said what follows the text where one stands."""
        return self.reading is not None and self.reading.tokens is self.tokens

    @property
    def as_typed(self) -> bool:
        """Whether the tokenizer makes the same tokens of the text; others may spell it too."""
        return self.model.encode(self.text).ids == self.tokens.ids

    @property
    def prompt(self) -> Prompt:
        return Prompt(self.text, self.text, self.tokens)

    def knows(self, name: str) -> bool:
        """Whether a model was brought before."""
        return name in self._sides

    def bring(self, name: str, model: CausalLM) -> None:
        """Ask another model about the same text."""
        text = self.text
        self.side = self._sides.setdefault(name, Side(name, TextReader(model)))
        self.reading = self.heated = self.jumps = None
        if text != self.text:
            self.type(text)

    def go_to(self, name: str) -> None:
        """Ask a model that was brought before."""
        self.bring(name, self._sides[name].reader.model)

    def type(self, text: str) -> None:
        """Begin with a text."""
        self.branches.type(self.model.encode(text))

    def take(self, reading: ReadText) -> bool:
        """What a model says of a text; False when it is no longer the one where one stands."""
        if reading.tokens is not self.tokens:
            return False
        self.reading, self.chosen = reading, 0
        self._heat()
        return True

    def list(self, count: int) -> None:
        """How many next tokens are listed."""
        if count != self.listed:
            self.listed = count
            self._heat()

    def warm(self, temperature: float) -> None:
        """Another temperature; the draws begin anew."""
        if temperature != self.temperature:
            self.temperature = temperature
            self._heat()

    def choose(self, place: int) -> None:
        """One of those listed, or the nearest to it."""
        if self.heated is not None:
            self.chosen = min(max(place, 0), len(self.heated.ids) - 1)

    def append(self) -> bytes | None:
        """Append the chosen token; not one that ends the text, which is given back."""
        assert self.heated is not None
        return self._append(self.heated.ids[self.chosen])

    def sample(self) -> bytes | None:
        """The same with a token drawn at the temperature, another one each time that one is drawn here.

        From a text on, one after the other, they are the sample 0 of `llmlab generate` with the seed.
        """
        assert self.reading is not None
        at = self.branches.at
        token = heat.draw(self.reading.following, self.temperature, self.seed, at.drawn, at.depth)
        at.drawn += 1
        return self._append(token)

    def _append(self, token: int) -> bytes | None:
        assert self.reading is not None
        piece = self.model.piece(token)
        if self.model.is_end(token):
            return piece
        self.branches.append(token, piece, float(self.reading.following[token]))
        return None

    def _heat(self) -> None:
        if self.reading is not None and self.is_read:
            following = self.reading.following
            self.heated = heat.heated(self.model, following, self.listed, self.temperature)
            self.jumps = Jumps(following, self.heated, self.seed)
            self.choose(self.chosen)
