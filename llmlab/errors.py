"""Everything that can go wrong, in the user's words: what happened, to what, and the next step.

Raised where the fact is known, shown in one place (`llmlab.cli.main`) as one line on stderr.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line."""

    OK = 0
    FAILURE = 1
    MISUSE = 2
    INTERRUPTED = 130


class LabError(Exception):
    """A failure the user can understand. `hint` says what to do next."""

    exit_code = Exit.FAILURE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class MisuseError(LabError):
    """The request itself cannot be meant: an empty text, T < 0, an unknown name."""

    exit_code = Exit.MISUSE


class MissingError(LabError):
    """Something that must be installed or fetched first is not here."""


class DamagedError(LabError):
    """A file is not what its name, checksum or format says."""


class UnsupportedError(MisuseError):
    """The engine cannot do this; a wrong number would be worse than none."""

    def __init__(self, engine: str, action: str, use: str = "torch", hint: str = "") -> None:
        super().__init__(f"the engine {engine} cannot {action}", hint or f"use --engine {use}")
