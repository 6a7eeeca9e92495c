"""A conversation in a model's chat template: Jinja in a sandbox, with what transformers gives a template.

A template comes with the weights, from anywhere. So it sees texts alone, and can neither change them nor reach Python
(transformers/utils/chat_template_utils.py). Templates of tools and documents are rendered without any. A template that
loops without end is not stopped.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from llmlab.backends.base import Message
from llmlab.errors import DamagedError, MisuseError
from llmlab.language import tr


class RefusedError(TemplateError):
    """What a template says by raise_exception: of this conversation it makes nothing."""


def render(
    template: str, messages: Sequence[Message], name: str, *, bos: str, puts_bos: bool | None, tokens: Mapping[str, str]
) -> str:
    """The conversation as the model `name` reads it before its answer; `tokens` are its bos_token, eos_token ...

    `puts_bos`: True leaves BOS to the engine, False leaves it out, None has it where the template does. Raises
    MisuseError for a conversation that the template refuses, DamagedError for a template that fails.
    """
    said = [{"role": one.role, "content": one.content} for one in messages]
    options = {**tokens, "messages": said, "tools": None, "documents": None, "add_generation_prompt": True}
    try:
        rendered: str = _compiled(template).render(**options)
    except RefusedError as error:
        message = tr("the chat template of {name} refuses the conversation: {error}", name=name, error=error)
        raise MisuseError(message, tr("change it, or use --raw")) from error
    except Exception as error:  # a template may fail in as many ways as a program
        raise DamagedError(
            tr("the chat template of {name} fails: {error}", name=name, error=error), tr("use --raw")
        ) from error
    if puts_bos is None:
        return rendered
    # ChatML's <|im_start|> begins every message, and its models name it as their BOS: a BOS stands once.
    own = rendered.count(bos) - sum(one.content.count(bos) for one in messages) if bos else 0  # the template's
    return rendered.removeprefix(bos) if own == 1 or (own and puts_bos) else rendered


@cache
def _compiled(template: str) -> Any:
    world = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationBlock, loopcontrols]
    )
    world.filters["tojson"] = _tojson
    functions: dict[str, Callable[..., Any]] = {
        "raise_exception": _refuse,
        "strftime_now": _now,
        "dict": _dict,
        "namespace": _Names,
    }
    world.globals.update(functions)
    return world.from_string(template)


def _refuse(message: str) -> None:
    raise RefusedError(message)


def _now(form: str) -> str:
    return datetime.now().strftime(form)


def _dict(*pairs: Any, **named: Any) -> dict[str, Any]:
    """Not the type itself, whose attributes lead elsewhere."""
    return dict(*pairs, **named)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As plain JSON: Jinja's own escapes what HTML would read."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


class _Names(Namespace):
    """Variables that a template may set inside a loop; none that Python reads as its own."""

    def __init__(self, /, *pairs: Any, **named: Any) -> None:
        values = dict(*pairs, **named)
        for name in values:
            _check_name(name)
        super().__init__(values)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"{name!r} is no name of a variable")


class _GenerationBlock(Extension):
    """{% generation %}, which marks the assistant's words for training: here only what stands inside."""

    tags = {"generation"}  # noqa: RUF012 - Jinja's own attribute

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)
