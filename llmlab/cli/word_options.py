"""Options of cloze: which words are tried in a blank."""

from typing import Annotated

from msgspec import Struct

from llmlab.cli.options import ReadingOptions
from llmlab.cli.verbs import option
from llmlab.errors import MisuseError


class WordOptions(Struct, frozen=True):
    """Which words are tried in the blank."""

    candidate: Annotated[
        list[str] | None,
        option("--candidate", "-c", metavar="WORD", help="A word for the [?]; without any, the model proposes some."),
    ] = None
    kind: Annotated[
        str, option("--kind", metavar="CLASS", help="Common words of a class: noun, verb, adjective, or several.")
    ] = ""

    def words(self, sentence: str, reading: ReadingOptions) -> tuple[list[str], dict[str, str]]:
        """The words, and the class of each where classes are asked for. Raises MisuseError for what cannot be tried."""
        from llmlab.lab.probability.cloze import blanks
        from llmlab.lab.probability.kinds import for_blank

        if self.kind and self.candidate:
            raise MisuseError("--kind and --candidate are two ways to give words", "give one of them")
        given = [reading.text(word) for word in self.candidate or ()]
        blanks(sentence, given)
        kinds = for_blank(self.kind, sentence) if self.kind else {}
        return given or [*kinds], kinds
