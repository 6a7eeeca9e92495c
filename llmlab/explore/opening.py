"""Opening the screen. Textual is imported here, when the screen is asked for, and nowhere before."""

from llmlab.errors import Exit, MissingError
from llmlab.explore.desk import Desk

HINT = 'pip install "llmlab[explore]"'


def explore(desk: Desk) -> None:
    """Play until the user leaves. The model that is asked for is opened before, so that what is wrong is said there.

    Raises MissingError without Textual, KeyboardInterrupt for Ctrl-C, and what opening a model or a space raises.
    """
    try:
        from llmlab.explore.screen import Explorer
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "textual":
            raise MissingError("the screen needs textual", HINT) from None
        raise
    from llmlab.explore.play import Play

    play = Play(desk.model, desk.library.causal_lm(desk.model), desk.seed)
    if Explorer(desk, play).run() == Exit.INTERRUPTED:
        raise KeyboardInterrupt
