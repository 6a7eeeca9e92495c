"""The verb of the lessons: lesson.

What reads a page, runs it or checks an answer is imported when it is asked for.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmlab.cli.options import STDIN, FormOptions
from llmlab.cli.terminal import is_watched
from llmlab.cli.verbs import option, verb
from llmlab.cli.world import World
from llmlab.errors import Exit, MisuseError
from llmlab.language import tr

if TYPE_CHECKING:
    from llmlab.door import Lab
    from llmlab.lessons.pages import Lesson


@verb("llmlab lesson 6", "llmlab lesson 6 --run", "llmlab lesson 7 --check 0.7", "llmlab lesson --slides 6")
def lesson(
    world: World,
    *,
    which: Annotated[
        str | None, typer.Argument(metavar="[NUMBER|NAME]", help="The lesson to read.", show_default=False)
    ] = None,
    run: Annotated[bool, option("--run", help="Run its commands one by one, each after Enter.")] = False,
    check: Annotated[
        str | None, option("--check", metavar="ANSWER", help="Is this what its task asks? - reads stdin.")
    ] = None,
    slides: Annotated[
        str | None, option("--slides", metavar="FILE", help="For a projector: an .html, or the lesson's number.")
    ] = None,
    form: FormOptions,
) -> None:
    """The lecture as lessons: read one, run its commands, answer its task.

    Without a lesson: which there are, and which are done.
    """
    from llmlab.lessons.pages import find

    _refuse(which, run, check, slides, form)
    if slides is not None:
        _slides(world, which, slides)
    elif which is None:
        _list(world, form)
    elif check is not None:
        _check(world, find(which), check, form)
    elif run:
        _run(world, find(which))
    else:
        _read(world, find(which))


def _refuse(which: str | None, run: bool, check: str | None, slides: str | None, form: FormOptions) -> None:
    """Raise MisuseError for what contradicts itself."""
    told = {"--run": run, "--check": check is not None, "--slides": slides is not None}
    asked = [name for name, given in told.items() if given]
    if len(asked) > 1:
        raise MisuseError(tr("{one} does not go with {other}", one=asked[0], other=asked[1]), tr("give one of them"))
    if which is None and asked in (["--run"], ["--check"]):
        example = f"llmlab lesson 7 {asked[0]}" + " 0.7" * (check is not None)
        raise MisuseError(tr("{option} needs a lesson", option=asked[0]), tr("for example {example}", example=example))
    if (form.format != "table" or form.quiet) and (asked not in ([], ["--check"]) or (which and not asked)):
        raise MisuseError(
            tr("--format and --quiet are of the list and of --check"), tr("leave them out: a page is Markdown")
        )


def _list(world: World, form: FormOptions) -> None:
    from llmlab.lessons.pages import lessons
    from llmlab.lessons.progress import Learned
    from llmlab.lessons.told import Course

    world.show(Course(lessons(), Learned(world.config.state_folder, world.say).names()), form)


def _read(world: World, lesson: "Lesson") -> None:
    """The page: drawn for a terminal, as it is for a pipe."""
    from llmlab.cli.pager import page

    if not is_watched(world.stdout):
        world.write(lesson.text)
        return
    from llmlab.render.markdown import drawn

    page(world, drawn(lesson.body, world.width, colours=world.colours))


def _run(world: World, lesson: "Lesson") -> None:
    from llmlab.cli.sessions import run

    if code := run(world, lesson):
        raise typer.Exit(code)


def _check(world: World, lesson: "Lesson", answer: str, form: FormOptions) -> None:
    """Show the verdict; a right answer is noted, a wrong one ends with 1."""
    from llmlab.lessons.checking import check
    from llmlab.lessons.progress import Learned
    from llmlab.lessons.replies import Reply

    text = world.files.text(STDIN) if answer == STDIN else answer
    checked = check(lesson, Reply(text.strip()), _lab(world))
    world.show(checked, form)
    if not checked.verdict.right:
        raise typer.Exit(Exit.FAILURE)
    Learned(world.config.state_folder, world.say).note(lesson.name)


def _lab(world: World) -> "Lab":
    """The door's lab over the models of this run."""
    from llmlab.door import Lab
    from llmlab.files import Files

    return Lab(world.library(), world.shelf(), Files(None, world.say), None)


def _slides(world: World, which: str | None, asked: str) -> None:
    """Write a lesson's slides: `lesson 6 --slides FILE`, or `lesson --slides 6` for a file of its own name."""
    from llmlab.cli.projector import ENDING, project
    from llmlab.lessons.pages import find

    if which is None and asked.endswith(ENDING):
        raise MisuseError(
            tr("{option} needs a lesson", option="--slides"),
            tr("for example {example}", example=f"llmlab lesson 7 --slides {asked}"),
        )
    lesson = find(asked if which is None else which)
    own = Path(f"lesson-{lesson.number}.html")
    if which is None and own.exists():
        raise MisuseError(
            tr("{file} is there already", file=own),
            tr("to write it anew: {command}", command=f"llmlab lesson {lesson.number} --slides {own}"),
        )
    project(world, lesson, own if which is None else Path(asked))
