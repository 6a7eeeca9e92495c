"""Which of many inputs a server gives no answer to, however often it is asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from llmlab.backends.served.refusals import BrokenError, UnservedError
from llmlab.lab.text import quoted
from llmlab.language import tr


@contextmanager
def naming(item: int, text: str) -> Iterator[None]:
    """Name an input in the error that a server's refusal is, so that it can be taken out."""
    try:
        yield
    except (BrokenError, UnservedError) as error:
        message = tr("input {item:,}, {text}: {message}", item=item, text=quoted(text), message=error.message)
        hint = error.hint or tr("put another input in its place and run the same command again")
        raise type(error)(message, hint) from error
