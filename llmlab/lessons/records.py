"""What an answer's records say: the rows of the verb that wrote them, who is asked again, how two texts compare."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from msgspec import Meta, Struct, ValidationError, convert, structs

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.replies import Reply
from llmlab.models import trained
from llmlab.models.library import Library

if TYPE_CHECKING:
    from llmlab.door import Lab

PART = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]|[^\W\u3040-\u30ff\u4e00-\u9fff]+")


class ModelRow(Struct, kw_only=True):
    """What the rows of a model's verbs share."""

    model: str
    bos: str | None = None


Row = TypeVar("Row", bound=Struct)


def rows(reply: Reply, verb: str, under: str, kind: type[Row]) -> list[Row]:
    """The rows that `verb` wrote, with what they share: `under` a name in json, in jsonl a line each.

    Raises MisuseError for records of another verb, or none: those that are not of this `kind`.
    """
    try:
        found = [{**one, **row} for one in reply.records for row in convert(one.get(under, [{}]), list[dict[str, Any]])]
        told: list[Row] = convert(found, Annotated[list[kind], Meta(min_length=1)])  # type: ignore[valid-type]
    except ValidationError:
        raise MisuseError(
            tr("these are not the records of llmlab {verb} that the task asks for", verb=verb),
            tr("run the command of the task, with --format json, and pipe it"),
        ) from None
    return told


def asked_model(lab: "Lab", name: str) -> str:
    """How the lab knows the model that records name: its own, one of the catalogue, or one that was trained here.

    Raises MisuseError for any other: a file is named without its folder, and nothing is to be fetched for a check.
    """
    own = lab.config.model
    if name in (own, Path(own).name):
        return own
    if name in lab.config.models or name in trained.names(lab.config):
        return name
    raise MisuseError(
        tr("no model is known here as {model}, whose records these are", model=name),
        tr("set LLMLAB_MODEL to what you gave --model, and check them again"),
    )


def lab_of(lab: "Lab", row: ModelRow) -> "Lab":
    """A lab whose own model is that of a row, with BOS or without as the row was made. Raises as `asked_model` does."""
    name = asked_model(lab, row.model)
    found = lab if name == lab.config.model else _with(lab, model=name)
    return found if found.library.causal_lm().info.bos == row.bos else _with(found, bos=row.bos is not None)


def _with(lab: "Lab", **chosen: Any) -> "Lab":
    return replace(lab, library=Library(structs.replace(lab.config, **chosen), lab.library.reporter))


def parts(text: str) -> list[str]:
    """A text's words, and its Chinese and Japanese characters one by one; without case and punctuation."""
    return PART.findall(text.casefold())
