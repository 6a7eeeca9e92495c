"""Which lessons a learner has done: their names in a small file of the user's state folder, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from llmlab.cache import put
from llmlab.errors import LabError, reason
from llmlab.language import tr

FILE = "lessons.json"


class Standing(msgspec.Struct, frozen=True):
    """What the file holds."""

    done: tuple[str, ...] = ()  # names, in the order in which they were done


@dataclass(frozen=True)
class Learned:
    """What a learner has done; what is wrong with the file is told to `say`."""

    folder: Path
    say: Callable[[str], None]

    @property
    def file(self) -> Path:
        return self.folder / FILE

    def names(self) -> tuple[str, ...]:
        """The lessons that are done; none where the file cannot be read, which is said."""
        try:
            return self._read()
        except LabError as error:
            self.say(error.message)
            return ()

    def _read(self) -> tuple[str, ...]:
        """The same; of a damaged file none, which is said. Raises LabError where the system does not give it."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Standing).done
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise LabError(
                tr("cannot read {path}: {reason}", path=self.file, reason=reason(error)),
                tr("LLMLAB_STATE names another place"),
            ) from error
        except ValueError:
            damaged = tr("{file} is damaged: which lessons are done is not known", file=self.file)
            self.say(damaged + tr("; ") + tr("the next right answer begins it anew"))
            return ()

    def note(self, name: str) -> None:
        """Add a lesson. Raises LabError where the file cannot be read, so that what it holds stays, or written."""
        known = self._read()
        if name in known:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            put(self.file, msgspec.json.encode(Standing((*known, name))))
        except OSError as error:
            raise LabError(
                tr("cannot write {file}: {reason}", file=self.file, reason=reason(error)),
                tr("LLMLAB_STATE names another place"),
            ) from error
