"""What an answer's records say: the rows of the verb that wrote them, and what two texts are compared by."""

import re
from collections.abc import Mapping
from typing import Any

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.replies import Reply

PART = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W\u3040-\u30ff\u4e00-\u9fff]+")


def rows(reply: Reply, verb: str, under: str, *needed: str) -> list[Mapping[str, Any]]:
    """The rows that `verb` wrote, with what they share: `under` a name in json, in jsonl a line each.

    Raises MisuseError for records of another verb: those that lack what is `needed`.
    """
    found = [
        {name: value for name, value in one.items() if name != under} | row
        for one in reply.records
        for row in one.get(under, [{}])
    ]
    if not all(name in row for row in found for name in needed):
        raise MisuseError(
            tr("these are not the records of llmlab {verb} that the task asks for", verb=verb),
            tr("run the command of the task, with --format json, and pipe it"),
        )
    return found


def parts(text: str) -> list[str]:
    """A text's words, and its Chinese and Japanese characters one by one; without case and punctuation."""
    return PART.findall(text.casefold())
