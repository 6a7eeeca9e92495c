"""Options of cloze: which words are tried in a blank."""

from typing import Annotated

from msgspec import Struct

from llmlab.cli.options import ReadingOptions
from llmlab.cli.verbs import option


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
        from llmlab.lab.probability.cloze import fillings

        return fillings(sentence, [reading.text(word) for word in self.candidate or ()], self.kind)
