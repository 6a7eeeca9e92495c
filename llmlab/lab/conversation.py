"""A conversation of the user's own: what a chat model reads before it answers."""

from collections.abc import Sequence

from llmlab.backends.base import Message
from llmlab.errors import MisuseError
from llmlab.files.records import Kind
from llmlab.language import later, tr

EXAMPLE = later('a message is {"role": "user", "content": "Hi"}; a role is system, user or assistant')
NAMES = {"role": ("role",), "content": ("content",)}
MESSAGES = Kind(later("message"), EXAMPLE, Message, NAMES, ("role", "content"))


def told(messages: Sequence[Message], name: str, before: Sequence[Message] = ()) -> list[Message]:
    """The messages of the file `name` after what a system was told. Raises MisuseError for what no model answers."""
    check(messages, name)
    if before and messages[0].role == "system":
        raise MisuseError(tr("{name} has a system's message, and so does --system", name=name), tr("give one of them"))
    return [*before, *messages]


def check(messages: Sequence[Message], name: str) -> None:
    """Raise MisuseError for messages of the file `name` that no model answers."""
    for place, one in enumerate(messages, 1):
        if one.role == "system" and place > 1:
            said = tr("message {place} of {name} is the system's, which stands first", place=place, name=name)
            raise MisuseError(said, tr("put it first"))
    last = messages[-1]
    if last.role != "user":
        said = tr("the last message of {name} is the {role}'s", name=name, role=last.role)
    elif not last.content:
        said = tr("the last message of {name} is empty", name=name)
    else:
        return
    raise MisuseError(said, tr("end with what the user says"))
