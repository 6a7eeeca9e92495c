"""What makes an answer right: a word at its start, so that noise which happens to hold the word does not count."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from llmlab.errors import MisuseError
from llmlab.lab.languages import UNSPACED, language
from llmlab.lab.patterns import Matches, matcher
from llmlab.language import tr

OPENING = r"[\s\"'“‘«「『《(（*_]*"  # what may stand before an answer's first word


@dataclass(frozen=True)
class Expected:
    """An answer is right that begins with one of the texts (whatever the case), or that one of the patterns matches."""

    texts: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    anywhere: bool = False  # a text may stand anywhere in the answer, as a word still

    def __bool__(self) -> bool:
        return bool(self.texts or self.patterns)

    @classmethod
    def of(
        cls, texts: Sequence[str], patterns: Sequence[str], anywhere: bool = False, own: Sequence[str] = ()
    ) -> "Expected":
        """What is given, else what the prompt's preset expects of its `own` question.

        Raises MisuseError for an empty text, for what is no pattern, and for --anywhere of nothing.
        """
        texts = texts if texts or patterns else own
        if not all(one.strip() for one in texts) or not all(patterns):
            raise MisuseError(tr("an expected text is empty"), tr("give at least one character"))
        if anywhere and not texts:
            raise MisuseError(tr("--anywhere is of an expected text"), tr("give --expect TEXT"))
        for pattern in patterns:
            _matcher(pattern)
        return cls(tuple(texts), tuple(patterns), anywhere)

    @property
    def in_sentences(self) -> "Expected":
        """The same of a chat model, which answers in sentences: a text may stand anywhere."""
        return replace(self, anywhere=True)

    def accepts(self, answer: str) -> bool:
        held = any(stands(text.strip(), answer, self.anywhere) for text in self.texts)
        return held or any(_matcher(pattern)(answer) for pattern in self.patterns)

    @property
    def aim(self) -> str:
        """What right answers do, for a legend."""
        texts = tr(" or ").join(map(repr, self.texts))
        patterns = tr(" or ").join(f"/{one}/" for one in self.patterns)
        if not texts:
            return tr("match {patterns}", patterns=patterns)
        held = tr("hold {texts}", texts=texts) if self.anywhere else tr("begin with {texts}", texts=texts)
        return tr("{held} or match {patterns}", held=held, patterns=patterns) if patterns else held


@cache
def _matcher(pattern: str) -> Matches:
    """Whether an answer is matched. Raises MisuseError for what is no pattern."""

    def refused(error: str) -> MisuseError:
        return MisuseError(
            tr("{pattern!r} is no pattern: {error}", pattern=pattern, error=error), tr("see Python's re")
        )

    return matcher(pattern, refused)


def stands(word: str, answer: str, anywhere: bool = False) -> bool:
    """Whether an answer begins with a word, or holds it anywhere.

    A word ends where no letter or digit of a spaced script goes on: Paris in "Paris." and "Paris是", not in
    "Parisian". Scripts without spaces (Chinese, Japanese, Thai) do not say where a word ends: 巴黎 begins 巴黎人 too.
    """
    found = re.finditer(re.escape(word), answer, re.IGNORECASE)
    if not anywhere:
        before = re.match(OPENING, answer)
        starts = {before.end() if before else 0, len(answer) - len(answer.lstrip())}  # the word may open with a quote
        found = (one for one in found if one.start() in starts)
    return any(not _joined(answer, one.start()) and not _joined(answer, one.end()) for one in found)


def _joined(answer: str, place: int) -> bool:
    """Whether the characters before and at a place belong to one word of a spaced script."""
    sides = answer[place - 1 : place + 1] if place else ""
    return len(sides) == 2 and all(side.isalnum() and language(side) not in UNSPACED for side in sides)
