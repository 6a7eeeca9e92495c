"""What a learner answers to a lesson's task, and what is said of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from llmlab.errors import MisuseError
from llmlab.language import tr

NUMBER = re.compile(r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
LARGEST = 1e100  # a number whose square is one, too
BETWEEN = re.compile(r"[\s,;、，；]+")


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and why, in a sentence or two in the language of the run."""

    right: bool
    why: str


@dataclass(frozen=True)
class Reply:
    """An answer as it was typed or piped."""

    text: str

    @property
    def number(self) -> float:
        """The number that the answer is; `45%` is 0.45. Raises MisuseError for none, or several."""
        found = [float(one.replace(",", "")) for one in NUMBER.findall(self.text)]
        if len(found) != 1 or abs(found[0]) >= LARGEST:
            raise MisuseError(tr("the answer to this task is one number"), tr("for example: 0.45"))
        return found[0] / 100 if re.search(r"\d\s*[%％]", self.text) else found[0]

    @property
    def words(self) -> tuple[str, ...]:
        """The words that the answer is, between commas or spaces. Raises MisuseError for none."""
        found = tuple(word for word in BETWEEN.split(self.text) if word)
        if not found:
            raise MisuseError(tr("the answer is empty"), tr("type a word or a number, or pipe what a command wrote"))
        return found

    @property
    def records(self) -> list[Mapping[str, Any]]:
        """The records that a command wrote with `--format json` or jsonl. Raises MisuseError for none."""
        try:
            found = [msgspec.json.decode(self.text)]
        except (ValueError, RecursionError):
            found = _of_lines(self.text)
        if not found or not all(isinstance(one, dict) for one in found):
            raise MisuseError(
                tr("the answer to this task is what a command wrote as records"),
                tr("give it --format json, and pipe it: llmlab ... --format json | llmlab lesson N --check -"),
            )
        return found


def _of_lines(text: str) -> list[Any]:
    try:
        return [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return []
