"""--lang: in which language a command line, or its environment, asks to be told things."""

from collections.abc import Mapping, Sequence

from llmlab.errors import MisuseError
from llmlab.language import LANGUAGES, Language, tr

LANG, VARIABLE = "--lang", "LLMLAB_LANG"


def asked(argv: Sequence[str], environ: Mapping[str, str]) -> Language | None:
    """The language that --lang names wherever it stands, else LLMLAB_LANG. Raises MisuseError for none of ours."""
    for origin, name in ((LANG, given(argv)), (VARIABLE, environ.get(VARIABLE))):
        if name:
            return _known(origin, name)
    return None


def given(argv: Sequence[str]) -> str:
    """What follows --lang, the last time that it is given; "" where it is not."""
    found = ""
    for one, following in zip(argv, [*argv[1:], ""], strict=False):
        if one == "--":
            break
        if one == LANG:
            found = following
        elif one.startswith(f"{LANG}="):
            found = one.partition("=")[2]
    return found


def _known(origin: str, name: str) -> Language:
    for one in LANGUAGES:
        if name == one:
            return one
    raise MisuseError(tr("{origin} knows no language {asked!r}", origin=origin, asked=name), tr("give zh or en"))
