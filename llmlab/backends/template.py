"""The sandbox that chat templates are rendered in, and the process around it that chat.py asks.

A template comes with the weights, from anywhere. So it sees texts alone, and can neither change them nor reach Python
(transformers/utils/chat_template_utils.py). Templates of tools and documents are rendered without any. The process has
little memory, and whoever asks gives it little time.
"""

import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

MEMORY = 2**29  # bytes of address space, where the system knows such a limit: ten times what Python and Jinja take
LONGEST = 2**26  # characters of a conversation; no model reads so many
CPU = 60  # seconds of one conversation, for a process that nobody waits for any more


class RefusedError(TemplateError):
    """What a template says by raise_exception: of this conversation it makes nothing."""


def serve() -> None:
    """Answer questions, a line of JSON each, until nobody asks any more. An empty line says that this has begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who waits
    _limit("RLIMIT_AS", MEMORY)
    _write("")
    for line in sys.stdin.buffer:
        _limit("RLIMIT_CPU", int(time.process_time()) + CPU)
        _write(json.dumps(_answer(json.loads(line))))


def _limit(name: str, value: int) -> None:
    with contextlib.suppress(ImportError, AttributeError, ValueError, OSError):  # not every system has each of them
        import resource

        kind = getattr(resource, name)
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


def _write(line: str) -> None:
    sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()


def _answer(question: dict[str, Any]) -> dict[str, str]:
    """`text`, or why there is none: it is `refused`, too `large`, or `fails`."""
    try:
        return {"text": _rendered(**question)}
    except RefusedError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"large": ""}
    except Exception as error:  # a template may fail in as many ways as a program
        return {"fails": str(error) or type(error).__name__}


def _rendered(template: str, options: dict[str, Any]) -> str:
    pieces, size = [], 0
    for piece in _compiled(template).generate(**options):
        size += len(piece)
        if size > LONGEST:
            raise MemoryError
        pieces.append(piece)
    return "".join(pieces)


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
