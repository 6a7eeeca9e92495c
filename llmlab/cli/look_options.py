"""Options of the probability of one text: how it is taken apart and shown."""

from typing import Annotated

from msgspec import Struct

from llmlab.cli.verbs import SHOWN, option
from llmlab.errors import MisuseError
from llmlab.lab.text import By, Unit


class LookOptions(Struct, frozen=True):
    """How the probability of one text is taken apart and shown."""

    by: Annotated[
        By, option("--by", metavar="PART", panel=SHOWN, help="A row a token, word or character of one text.")
    ] = "token"
    unit: Annotated[
        Unit | None, option("--unit", metavar="UNIT", panel=SHOWN, help="Only prob, nats or bits; without it, several.")
    ] = None
    formula: Annotated[bool, option("--formula", panel=SHOWN, help="Write out the chain rule of one text.")] = False
    strip: Annotated[bool, option("--strip", panel=SHOWN, help="One text itself, shaded by surprisal.")] = False
    word_correction: Annotated[
        bool,
        option("--word-correction", panel=SHOWN, help="By word: the space after it counts, not before."),
    ] = False

    def check(self, texts: list[str]) -> None:
        """Raise MisuseError, before a model is opened, for an option that several texts have no use for."""
        if len(texts) == 1:
            if self.word_correction:
                from llmlab.lab.probability.prob import check_correction

                check_correction(texts[0], self.by)
            return
        for name in ("by", "formula", "strip", "word_correction"):
            if getattr(self, name) != getattr(LookOptions(), name):
                raise MisuseError(f"--{name.replace('_', '-')} is for one text", "see `llmlab prob --help`")
