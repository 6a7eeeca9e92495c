"""Options of the probability of texts: how one is taken apart, how several are shown."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

from msgspec import Struct

from llmlab.cli.model_options import ModelOptions
from llmlab.cli.verbs import SHOWN, option
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.text import By, Unit
from llmlab.language import tr

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.base import CausalLM
    from llmlab.lab.probability.prob import Ledger


OF_ONE = ("by", "formula", "strip", "word_correction", "alternatives")  # what only one text has
HOVERED = 5  # others of a token that a picture tells


class LookOptions(Struct, frozen=True):
    """How the probability of one text is taken apart, and that of several shown."""

    by: Annotated[
        By | None, option("--by", metavar="PART", panel=SHOWN, help="A row a token, word or character of one text.")
    ] = None
    unit: Annotated[
        Unit | None, option("--unit", metavar="UNIT", panel=SHOWN, help="Only prob, nats or bits; without it, several.")
    ] = None
    formula: Annotated[bool, option("--formula", panel=SHOWN, help="Write out the chain rule of one text.")] = False
    strip: Annotated[bool, option("--strip", panel=SHOWN, help="One text itself, shaded by surprisal.")] = False
    word_correction: Annotated[
        bool,
        option("--word-correction", panel=SHOWN, help="By word: the space after it counts, not before."),
    ] = False

    per_token: Annotated[
        bool, option("--per-token", panel=SHOWN, help="Of several texts: means a token and a character too.")
    ] = False

    alternatives: Annotated[
        int, option("--alternatives", metavar="K", min=0, panel=SHOWN, help="To each token the K likeliest others.")
    ] = 0

    @property
    def part(self) -> By:
        """What a row is of."""
        return self.by or "token"

    def check_kept(self) -> None:
        """Raise MisuseError for what is asked of a table or of parts, where records of whole texts are kept."""
        for name in self.__struct_fields__:
            if self._asks(name):
                given = f"--{name.replace('_', '-')}"
                message = tr("{option} does not go with {other}", option=given, other="--out")
                raise MisuseError(message, tr("leave out one of them"))

    def check(self, texts: list[str]) -> None:
        """Raise MisuseError, before a model is opened, for an option that several texts have no use for."""
        if len(texts) == 1:
            if self.per_token:
                raise MisuseError(
                    tr("--per-token is for several texts"), tr("of one text, perplexity is the mean a token")
                )
            from llmlab.lab.probability.by_character import check

            check(texts[0], self.part, self.word_correction, self.alternatives)
        else:
            self.check_each()

    @property
    def of_one(self) -> bool:
        """Whether something is asked for that only one text has."""
        return any(map(self._asks, OF_ONE))

    def _asks(self, name: str) -> bool:
        return bool(getattr(self, name) != getattr(LookOptions(), name))

    def check_each(self) -> None:
        """The same of any number of texts."""
        for name in OF_ONE:
            if self._asks(name):
                only = tr("{option} is for one text", option=f"--{name.replace('_', '-')}")
                raise MisuseError(only, tr("see `{path} --help`", path="llmlab prob"))

    def ledger(
        self, world: World, lm: "CausalLM", text: str, model: ModelOptions, special: bool, pictured: bool
    ) -> "Ledger":
        """One text, part by part; of one that is `pictured` what was likelier is told under the pointer."""
        from llmlab.lab.probability.by_character import by_part
        from llmlab.lab.probability.prob import with_others

        with world.progress(tr("scoring")) as progress:
            found = by_part(
                lm,
                partial(model.spellings, world),
                text,
                self.part,
                correct=self.word_correction,
                allow_special=special,
                progress=progress,
            )
        if not (others := self.alternatives or (HOVERED if pictured else 0)):
            return found
        with world.progress(tr("asking what else might have come")) as progress:
            return with_others(lm, found, others, listed=self.alternatives > 0, progress=progress)
