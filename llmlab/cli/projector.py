"""A lesson's slides: its commands are run once more, and what they show now is what the slides show."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from llmlab.cli.sessions import recorded
from llmlab.cli.world import World
from llmlab.errors import Exit, MisuseError
from llmlab.language import tr
from llmlab.lessons.drawing import drawing
from llmlab.lessons.pages import Lesson, Session, blocks
from llmlab.lessons.slides import Showing, html
from llmlab.render import plot
from llmlab.view import Pictured

ENDING = ".html"


def project(world: World, lesson: Lesson, path: Path) -> None:
    """Write the slides, and say where. Raises MisuseError, before a command is run, for a file that cannot be."""
    if path.suffix.lower() != ENDING:
        raise MisuseError(tr("{path} is no {ending} file", path=path, ending=ENDING), tr("slides are one page"))
    plot.check_place(path)
    draws = find_spec("vl_convert") is not None
    if not draws:
        world.say(
            tr("the slides have no pictures: these need {package}", package="vl-convert-python") + f"; {plot.HINT}"
        )
    sessions = [one for one in blocks(lesson.body) if isinstance(one, Session)]
    outcomes = {}
    with TemporaryFile("w+", encoding="utf-8") as said, world.progress(tr("running the commands")) as progress:
        desk = replace(world, stderr=said)  # what its models say would cross the bar
        for done, one in enumerate(sessions, 1):
            outcomes[one.command] = _outcome(world, desk, one, draws)
            progress(done, len(sessions))
    plot.write(path, html(lesson, outcomes).encode())
    world.say(tr("the slides are {path}", path=path))


def _outcome(world: World, desk: World, session: Session, draws: bool) -> Showing:
    """What a command shows now; of one that fails, which is said, what it showed when the page was written."""
    began = desk.stderr.tell()
    code, said, seen = recorded(desk, session.command)
    if code == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        desk.stderr.seek(began)
        world.tell(desk.stderr.read())
        world.say(
            tr("this command failed, and its slide shows what the lesson has: {command}", command=session.command)
        )
        return Showing(session.output)
    pictured = [result for result, _ in seen if draws and isinstance(result, Pictured)]
    return Showing(said, [view for _, views in seen for view in views], [drawing(one) for one in pictured])
