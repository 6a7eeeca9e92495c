"""configs/reference.md: what --help says of every verb. `python tests/reference.py` writes it, --check compares."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from typer.main import get_command

from llmlab.cli import SECTIONS, app, main
from llmlab.cli.verbs import Noun
from llmlab.cli.world import World

FILE = Path(__file__).parents[1] / "configs" / "reference.md"
HEAD = """# Reference

Every verb and its options. Written by `python tests/reference.py` from `--help`; `make lint` fails when it is stale.
What a verb shows, with sessions, is in the [lessons](lessons/).
"""


def written() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_page("llmlab"), *(line for section in SECTIONS for line in _section(section))])


def helped(*words: str) -> str:
    """What `llmlab WORDS --help` prints on 80 columns."""
    out = io.StringIO()
    with patch.dict(os.environ, COLUMNS="80"):  # typer asks the process
        code = main(World(argv=[*words, "--help"], stdout=out))
    assert code == 0, words
    return out.getvalue().rstrip()


def verbs() -> Iterator[tuple[str, ...]]:
    """Every verb as it is called; those of space and models after what they are of."""
    group = get_command(app)
    for names in SECTIONS.values():
        for name in names:
            yield (name,)
            found = group.get_command(None, name)  # type: ignore[attr-defined, arg-type]
            if isinstance(found, Noun):
                yield from ((name, own) for own in found.list_commands(None))


def _section(section: str) -> Iterator[str]:
    yield f"## {section}\n"
    for words in verbs():
        if words[0] in SECTIONS[section]:
            yield f"### {' '.join(words)}\n"
            yield from _page("llmlab", *words)


def _page(*words: str) -> Iterator[str]:
    yield f"```text\n{helped(*words[1:])}\n```\n"


if __name__ == "__main__":
    now = written()
    if "--check" not in sys.argv:
        FILE.write_text(now, encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != now:
        sys.exit(f"{FILE.name} is not what --help says; run: python tests/reference.py")
