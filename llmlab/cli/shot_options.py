"""Options of examples that stand before a question, and of its wording."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Struct

from llmlab.cli.options import ReadingOptions, whole_numbers
from llmlab.cli.verbs import option
from llmlab.errors import MisuseError
from llmlab.language import tr

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.lab.probability.prompting import Prompting


class ShotOptions(Struct, frozen=True):
    """What stands before a question, and around it."""

    shots: Annotated[
        str | None, option("--shots", metavar="N,N", help="Ask after so many examples, such as 0,1,2,4,8.")
    ] = None
    template: Annotated[
        list[str] | None, option("--template", metavar="TEXT", help=r"A wording, such as 'Q: {prompt}\nA:'; several.")
    ] = None
    draws: Annotated[int | None, option("--draws", metavar="N", min=1, help="Draws of examples (5).")] = None
    seed: Annotated[int | None, option("--seed", metavar="N", min=0, help="Of the draws (0).")] = None

    def prompting(self, reading: ReadingOptions) -> "Prompting | None":
        """What is asked for; None: the questions as they are. Raises MisuseError for what contradicts itself."""
        from llmlab.lab.probability.prompting import DRAWS, PROMPT, Prompting

        if self.shots is None and (self.draws is not None or self.seed is not None):
            raise MisuseError(tr("--draws and --seed are of examples"), tr("add --shots 0,1,2,4,8"))
        if self.shots is None and not self.template:
            return None
        shots = tuple(sorted(set(whole_numbers("--shots", self.shots or "0", "0,1,2,4,8"))))
        templates = tuple(reading.text(one) for one in self.template or (PROMPT,))
        return Prompting(shots, templates, self.draws or DRAWS, self.seed or 0)
