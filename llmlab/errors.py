"""Everything that can go wrong, in the user's words: what happened, to what, and the next step.

Raised where the fact is known, shown in one place (`llmlab.cli.main`) as one line on stderr.
"""

import re
from enum import IntEnum

from llmlab.language import later, tr

SYSTEM = (  # what systems say of a file or an address, as `tr` finds it
    later("No such file or directory"),
    later("Permission denied"),
    later("Is a directory"),
    later("Not a directory"),
    later("File exists"),
    later("File name too long"),
    later("No space left on device"),
    later("Read-only file system"),
    later("Too many levels of symbolic links"),
    later("Too many open files"),
    later("Input/output error"),
    later("Operation not permitted"),
    later("Invalid argument"),
    later("Broken pipe"),
    later("Address already in use"),
    later("Cannot assign requested address"),
    later("Name or service not known"),
    later("Temporary failure in name resolution"),
    later("Connection refused"),
    later("Connection reset by peer"),
    later("Connection timed out"),
    later("No route to host"),
    later("Network is unreachable"),
    later("timed out"),  # what Python says, and its clients
    later("Server disconnected without sending a response."),
    later("Remote end closed connection without response"),
)
NUMBER = re.compile(r"^\[Errno -?\d+\] ")


class Exit(IntEnum):
    """Exit codes of the command line."""

    OK = 0
    FAILURE = 1
    MISUSE = 2
    INTERRUPTED = 130  # Ctrl-C: 128 and the number of SIGINT
    TERMINATED = 143  # the same of SIGTERM


class LabError(Exception):
    """A failure the user can understand. `hint` says what to do next."""

    exit_code = Exit.FAILURE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def say_kept(self) -> None:
        """Say in the hint that what was done before is not lost: for who knows that it stands in a file."""
        self.hint = tr("; ").join(one for one in (tr("what was finished is kept"), self.hint) if one)


class MisuseError(LabError):
    """The request itself cannot be meant: an empty text, T < 0, an unknown name."""

    exit_code = Exit.MISUSE


class MissingError(LabError):
    """Something that must be installed or fetched first is not here."""


class DamagedError(LabError):
    """A file is not what its name, checksum or format says."""


class UnsupportedError(MisuseError):
    """The engine cannot do this; a wrong number would be worse than none."""

    def __init__(self, message: str, use: str = "torch", hint: str = "") -> None:
        super().__init__(message, hint or tr("use --engine {engine}", engine=use))


def reason(error: BaseException) -> str:
    """Why the system refuses, in its words on one line, without its number; clients hand them on as text."""
    said = " ".join((getattr(error, "strerror", None) or NUMBER.sub("", str(error))).split())
    return tr(said) if said else type(error).__name__
