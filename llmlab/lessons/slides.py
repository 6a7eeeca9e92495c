"""A lesson for a projector: one page that opens from disk and asks no network, a slide a section, a slide a command.

What commands show is handed in, as they showed it at that moment with the teacher's models. A policy in the page
forbids whatever is not of it (Content Security Policy Level 3, https://www.w3.org/TR/CSP3/). The hint is left out: in
a lecture it is the teacher's.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from llmlab.language import later, spoken, tr
from llmlab.lessons.drawing import Drawing
from llmlab.lessons.pages import Lesson, Session, blocks, sections
from llmlab.render.html import tables, text
from llmlab.render.markdown import joined, parser
from llmlab.render.page import policy
from llmlab.render.page.shades import variables
from llmlab.view import Picture, View

HERE = files("llmlab.lessons")
HINTS = ("Hint", "提示")  # headings of what no slide shows
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
ROWS = 16  # lines of tables on a slide, unless one alone has more
PICTURE = later("picture: {said}")


@dataclass(frozen=True)
class Showing:
    """What a command showed: tables, or else text; and pictures."""

    said: str
    views: Sequence[Picture] = ()
    drawings: Sequence[Drawing] = ()


@dataclass(frozen=True)
class Slide:
    kind: str
    heading: str
    body: str


def html(lesson: Lesson, outcomes: Mapping[str, Showing]) -> str:
    """The page; `outcomes` are those of the lesson's commands."""
    found = list(_slides(lesson, outcomes))
    title = f"{lesson.number} {lesson.title}"
    style, script = variables("light") + _own("slides.css"), '(() => {\n"use strict";\n' + _own("slides.js") + "})();\n"
    return Template(_own("slides.html")).substitute(
        lang=spoken(),
        policy=policy(style, script),
        title=text(title),
        style=style,
        script=script,
        slides="\n".join(_slide(one, place, len(found), title) for place, one in enumerate(found, 1)),
        navigation=tr("slides"),
        back=tr("back"),
        on=tr("on"),
    )


def _slides(lesson: Lesson, outcomes: Mapping[str, Showing]) -> Iterator[Slide]:
    (_, lead), *others = sections(lesson.body)
    yield Slide("title", "", f"<h1>{text(f'{lesson.number} {lesson.title}')}</h1>\n{_markdown(lead)}")
    for heading, body in others:
        if heading not in HINTS:
            yield from _of_section(heading, body, outcomes)


def _of_section(heading: str, body: str, outcomes: Mapping[str, Showing]) -> Iterator[Slide]:
    """A slide for each command, with what is said before it; what is said without one has a slide of its own."""
    said: list[str] = []
    for block in blocks(body):
        if isinstance(block, Session):
            yield from _of_command(heading, "".join(said), block.command, outcomes[block.command])
            said = []
        else:
            said.append(block)
    if said:
        yield Slide("said", heading, _markdown("".join(said)))


def _of_command(heading: str, before: str, command: str, shown: Showing) -> Iterator[Slide]:
    typed = f'<pre class="typed">{text(command)}</pre>'
    outputs = list(map(tables, _together(shown.views))) or [f"<pre>{_lines(shown.said)}</pre>"]
    for said, output in zip([_markdown(before), *[""] * len(outputs)], outputs, strict=False):
        yield Slide("command", heading, "\n".join((said, typed, output)))
    for drawing in shown.drawings:
        data = base64.b64encode(drawing.svg.encode()).decode()
        alt = text(tr(PICTURE, said=drawing.said))
        image = f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}">'
        yield Slide("picture", heading, f"{typed}\n<p>{text(drawing.said)}</p>\n{image}")


def _together(views: Sequence[Picture]) -> Iterator[list[Picture]]:
    """The views in runs that stand on a slide in letters that are read from afar."""
    run: list[Picture] = []
    for view in views:
        if run and sum(map(_height, [*run, view])) > ROWS:
            yield run
            run = []
        run.append(view)
    if run:
        yield run


def _height(view: Picture) -> int:
    """About how many lines a view takes."""
    rows = len(view.rows) + 1 if isinstance(view, View) else len("".join(part for part, _ in view.parts)) // 60 + 2
    return rows + bool(view.title) + bool(view.conclusion) + len(view.notes)


def _slide(slide: Slide, place: int, count: int, title: str) -> str:
    head = f"<h2>{text(slide.heading)}</h2>\n" if slide.heading else ""
    foot = f"<footer><span>{text(title)}</span><span>{place} / {count}</span></footer>"
    named = f'class="slide {slide.kind}" aria-label="{place} / {count}"'
    return f'<section {named}>\n{head}<div class="body">\n{slide.body}\n</div>\n{foot}\n</section>'


def _markdown(source: str) -> str:
    """Markdown as HTML; markup in it is text, and a link, which leads nowhere from a slide, its words."""
    return str(parser().render(joined(LINK.sub(r"\1", source)))).strip()


def _lines(said: str) -> str:
    return "\n".join(map(text, said.rstrip("\n").split("\n")))


def _own(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
