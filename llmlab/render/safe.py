"""The one filter for text that leaves llmlab: nothing of it steers a terminal, whether it is data or a message.

Model output, users' files and the names of files may hold escape sequences, or marks that turn the order of a line.
"""

import re
import unicodedata
from collections.abc import Callable

# Unicode's category Cc; its property Bidi_Control (https://www.unicode.org/reports/tr9/#Bidirectional_Character_Types);
# and halves of characters, which are no text and cannot be written
STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LAYOUT = "\n\t"  # what running text and records keep
HIDDEN = ("Cc", "Cf", "Zl", "Zp")  # Unicode categories of what shows nothing
MARKS = {"\n": "↵", "\t": "→"}
JOINERS = "\u200c\u200d"


def replaced(text: str, by: Callable[[str], str], keep: str = "") -> str:
    """The text with `by` of each character that would steer a terminal, but for those to keep."""
    return STEERING.sub(lambda found: found[0] if found[0] in keep else by(found[0]), text)


def harmless(text: str, keep: str = "") -> str:
    """Plain text for a terminal: what would steer it is shown as <1B>."""
    return replaced(text, _code, keep)


def visible(text: str, *, alone: bool = True) -> str:
    """The text with line ends as ↵, tabs as →, and other control and invisible characters as <1B>, <202E>.

    Joiners stay inside a text, where they bind emoji and letters; alone they would show nothing. A piece of a longer
    text is not `alone`.
    """
    joiners = "" if alone and len(text) == 1 else JOINERS
    return "".join(
        MARKS.get(c, _code(c) if unicodedata.category(c) in HIDDEN and c not in joiners else c) for c in text
    )


def _code(character: str) -> str:
    return f"<{ord(character):02X}>"
