"""What a space or a model may be called. A name becomes a folder of the cache, so it is one that every system can
make, and the same one however its letters are composed.
"""

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from llmlab.errors import MisuseError
from llmlab.language import later, tr

LONGEST = 200  # bytes in UTF-8: a folder's name may have 255, and while it is made it carries an ending more
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: devices, with an ending too
DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[\d¹²³])(\.|$)", re.IGNORECASE)
MOMENT = re.compile(r"@[0-9]+\Z")  # what follows the name of a space that was kept while it was trained
RULE = later(
    "a name may hold letters, digits and _, inside it also - and .; at most {bytes} bytes; no device such as con"
)


def composed(name: str) -> str:
    """The name in NFC: what is typed on one system in one way is typed on another in another."""
    return unicodedata.normalize("NFC", name)


def alike(name: str) -> str:
    """The same text for names that a file system may take for one folder: Glove and glove."""
    return composed(composed(name).casefold())


def is_path(text: str) -> bool:
    """Whether a text can only be the path of a file: it holds a separator, or begins as no name does."""
    return "/" in text or "\\" in text or text.startswith((".", "~"))


def located(path: str) -> Path:
    """Where a file or folder is, or would be; pathlib would raise for a ~ of nobody and for a loop of links."""
    return Path(os.path.realpath(os.path.expanduser(path)))


def is_stream(path: str) -> bool:
    """Whether a path is of a pipe or a device, or stdin itself; the links of /dev/fd lead to no path."""
    typed = os.path.expanduser(path)
    return typed == "-" or (os.path.exists(typed) and not os.path.isfile(typed) and not os.path.isdir(typed))


def is_name(text: str) -> bool:
    """Whether a text in NFC may be a name; a path is none."""
    kinds = [unicodedata.category(character)[0] for character in text]
    letters = all(kind in "LMN" or character in "-_." for kind, character in zip(kinds, text, strict=True))
    edges = text[:1] == "_" or kinds[:1] == ["L"] or kinds[:1] == ["N"]
    return letters and edges and text[-1] != "." and len(text.encode()) <= LONGEST and not DEVICES.match(text)


def moment(name: str, count: int) -> str:
    """What is called that was kept when so much had been learned: a table of so many words read, mine@1000."""
    return f"{name}@{count}"


def trained(name: str) -> str:
    """The name of what was trained: mine of mine@1000, and of mine."""
    return MOMENT.sub("", name)


def checked_moment(what: str, name: str) -> str:
    """The same as `checked` of a name, or of what was kept while it was trained."""
    of = trained(composed(name))
    found = checked(what, of) + composed(name).removeprefix(of)
    if len(found.encode()) > LONGEST:
        raise _refused(what, name)
    return found


def _refused(what: str, name: str) -> MisuseError:
    return MisuseError(tr("{what} cannot be called {name!r}", what=what, name=name), tr(RULE, bytes=LONGEST))


def checked(what: str, name: str, taken: Iterable[str] = ()) -> str:
    """A name in NFC. Raises MisuseError for what is none, or for a name that is taken but for its case."""
    found = composed(name)
    if not is_name(found):
        raise _refused(what, name)
    twin = next((other for other in taken if alike(other) == alike(found)), None)
    if twin is not None:
        message = tr("{what} cannot be called {name!r}: there is {twin} already", what=what, name=name, twin=twin)
        raise MisuseError(message, tr("choose another name"))
    return found
