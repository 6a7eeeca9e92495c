"""A result as one page: a single file that opens from disk, asks no network, and is read and played with.

What is plain text, panels and tables is made here; the page's own scripts (slider.js, shading.js, page.js) bring it to
life, and Vega, which vl-convert carries, draws the picture. Texts of users and models are escaped here, are set as text
in the scripts, and a policy in the page forbids whatever is not of it: no other script, no eval, no network
(Content Security Policy Level 3, https://www.w3.org/TR/CSP3/).
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template

from msgspec import to_builtins
from msgspec.structs import replace

from llmlab.language import spoken
from llmlab.render import Theme
from llmlab.render.html import tables, text
from llmlab.render.page.finding import searchable
from llmlab.render.page.language import marked
from llmlab.render.page.panels import drawn
from llmlab.render.page.sentences import of_finding, of_markup, of_scripts
from llmlab.render.page.shades import shades, variables
from llmlab.render.safe import harmless
from llmlab.view import Chart, Interactive, Picture, Pictured

HERE = files("llmlab.render.page")
SCRIPTS = ("slider.js", "shading.js", "page.js")
MARKUP = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
FIND = (
    '<p class="find"><label for="find">{label}</label> <input type="search" id="find" autocomplete="off"> '
    '<output id="found" for="find"></output></p>'
)


def html(result: Pictured, theme: Theme, picture: Chart, version: str) -> str:
    """The page of a result; `picture` is its whole Vega-Lite specification, for Vega-Lite of a version."""
    views = result.views()
    panels = list(result.panels()) if isinstance(result, Interactive) else []
    title = _title(views)
    titled = {"title": picture["title"]} if "title" in picture else {}  # which the page says itself
    bare = {key: value for key, value in picture.items() if key not in titled}
    chart, words = searchable({**bare, "description": title})
    style = variables(theme) + shades(theme) + _own("page.css")
    parts = {"library": _library(version), "script": _script()}
    data = {
        "chart": chart,
        "titled": titled,
        "panels": to_builtins(panels),
        "words": words,
        "sentences": of_scripts(),
    }
    page = {
        **of_markup(),
        "lang": spoken(),
        "theme": theme,
        "title": text(title),
        "policy": policy(style, *parts.values()),
        "style": style,
        "head": _head(views),
        "panels": "\n".join(drawn(panel, place) for place, panel in enumerate(panels)),
        "find": FIND.format(label=text(of_finding())) if words else "",
        "tables": tables(_tabled(views)),
        "notes": _notes(views),
        "data": embedded(data),
        **parts,
    }
    return Template(_own("page.html")).substitute(page)


def embedded(data: object) -> str:
    """JSON that stands inside a script element, whatever texts it holds: in ASCII, without a sign of markup."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).translate(MARKUP)


def _title(views: Sequence[Picture]) -> str:
    """What is shown, and of what: the name of the page, and what the picture says to those who do not see it."""
    first = views[0]
    return harmless(": ".join(said for said in (first.title, first.conclusion) if said))


def _head(views: Sequence[Picture]) -> str:
    """The conclusion, and under it what it is about."""
    first = views[0]
    said, about = (first.conclusion, first.title) if first.conclusion else (first.title, "")
    head = f"<h1>{text(said or 'llmlab')}</h1>"
    return head + (f'\n<p class="asked"{marked(about)}>{text(about)}</p>' if about else "")


def _tabled(views: Sequence[Picture]) -> list[Picture]:
    """The views without what the page says above and below them."""
    return [replace(view, notes=(), **({} if place else {"conclusion": ""})) for place, view in enumerate(views)]


def _notes(views: Sequence[Picture]) -> str:
    notes = dict.fromkeys(note for view in views for note in view.notes)
    return "\n".join(f"<p>{text(note)}</p>" for note in notes)


def policy(style: str, *scripts: str) -> str:
    """Nothing but these scripts and this style, and the styles that tables have in their cells."""
    known = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {known}",
            f"style-src-elem 'sha256-{_digest(style)}'",
            "style-src-attr 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _own(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _script() -> str:
    return '(() => {\n"use strict";\n' + "\n".join(map(_own, SCRIPTS)) + "})();\n"


@cache
def _library(version: str) -> str:
    """Vega, Vega-Lite and vega-embed in one script."""
    import vl_convert

    bundle = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version))
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
