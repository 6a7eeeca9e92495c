"""Regular expressions of users: Python's re says what one is, and regex matches it, which stops where it would not end.

(a|aa)+$ tries every way to cut a text; re would go on for years.
"""

import math
import re
from collections.abc import Callable

from llmlab.errors import MisuseError
from llmlab.language import tr

SECONDS = 1.0  # for one text: one that ends takes millionths
REPEATS = 10**6  # the counts of a pattern times each other: regex writes them out
COUNT = re.compile(r"\{(\d*),?(\d*)\}")

Matches = Callable[[str], bool]


def matcher(pattern: str, refused: Callable[[str], MisuseError], *, whole: bool = False) -> Matches:
    """Whether a pattern matches a text, somewhere or the `whole` of it; `refused` words the error, told the reason.

    Raises MisuseError for what is no pattern, and the function itself for a text on which it does not end.
    """
    import regex

    try:
        re.compile(pattern)
        counts = (int(number or 1) for pair in COUNT.findall(pattern) for number in pair)
        if math.prod(max(count, 1) for count in counts) > REPEATS:
            raise refused(tr("it repeats too often"))
        compiled = regex.compile(pattern)
    except (re.error, regex.error, RecursionError, OverflowError, ValueError) as error:
        raise refused(str(error)) from None
    match = compiled.fullmatch if whole else compiled.search

    def matches(text: str) -> bool:
        try:
            return match(text, timeout=SECONDS) is not None
        except TimeoutError:
            message = tr("the pattern {pattern!r} does not end on {text!r}", pattern=pattern, text=_begin(text))
            raise MisuseError(message, tr("let no part of it match the same text in two ways")) from None

    return matches


def _begin(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"
