"""Models that the user trained, kept by name: they can be made again only from their text, so they are no cache.

story@1000 is the same model as story, of the first 1,000 sentences.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from llmlab import cache
from llmlab.config import Config
from llmlab.errors import DamagedError, MisuseError
from llmlab.language import tr
from llmlab.names import alike, checked, composed, moment, trained
from llmlab.progress import Reporter
from llmlab.view import Record

if TYPE_CHECKING:  # loaded when a model is kept
    from llmlab.backends.ngram.kneser_ney import KneserNey
    from llmlab.backends.ngram.tokens import Vocabulary

FORMAT = "1"  # raised when the way a model is written changes


def names(config: Config) -> list[str]:
    """What there is, by name."""
    folder = config.trained_folder
    found = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return sorted(composed(name) for name in found if not name.startswith("."))


def folder(config: Config, name: str) -> Path | None:
    """Where a model is; None where there is none of that name."""
    known = composed(name)
    return config.trained_folder / known if known in names(config) else None


def check(config: Config, name: str, replace: bool, size: int | None = None) -> str:
    """The name in NFC, for a model to be, or for one of fewer sentences. Raises MisuseError for none, or one taken."""
    known = checked(tr("a model of yours"), name)
    if known.endswith(".gguf"):
        raise MisuseError(tr("a model of yours cannot be called {name!r}", name=name), tr("that is a file's name"))
    twin = next((other for other in config.models if alike(other) == alike(known)), None)
    if twin is not None:
        raise MisuseError(tr("{twin} is a model of the catalogue", twin=twin), tr("choose another name"))
    whole = known if size is None else moment(known, size)
    own = next((other for other in names(config) if alike(other) == alike(whole)), None)
    if own is not None and not (replace and own == whole):
        raise MisuseError(tr("you have a model {own} already", own=own), tr("give --replace, or choose another name"))
    return whole


def keep(
    config: Config, name: str, vocabulary: "Vocabulary", counts: "KneserNey", facts: Record, reporter: Reporter
) -> None:
    """Keep an n-gram model under a checked name, in place of one that is there."""
    from llmlab.backends.ngram import stored

    def build(unfinished: Path) -> Record:
        stored.save(unfinished, vocabulary, counts)
        return facts

    fingerprint = {"format": FORMAT, "revision": stored.revision(vocabulary, counts)}
    cache.make(config.trained_folder / name, fingerprint, build, reporter)


def find(config: Config, name: str) -> cache.Artifact | None:
    """A model by name, None for a name that there is not. Raises DamagedError for one that is not whole."""
    place = folder(config, name)
    if place is None:
        return None
    made = cache.find(place, None)
    if made is None or made.fingerprint.get("format") != FORMAT:
        raise DamagedError(
            tr("the model {name} is damaged, or of another version of llmlab", name=name),
            tr("train it again: --replace"),
        )
    return made


def opened(config: Config, name: str) -> tuple[Record, "Vocabulary", "KneserNey"]:
    """What was noted of a model when it was kept, and the model."""
    from llmlab.backends.ngram import stored

    made = find(config, name)
    if made is None:
        raise MisuseError(tr("you have no model {name}", name=name), tr("see `llmlab models list`"))
    return dict(made.facts), *stored.load(made.folder)


def remove(config: Config, name: str, reporter: Reporter) -> int:
    """Delete a model, and those of fewer sentences, NAME@SIZE; returns the bytes freed, 0 for a name there is not."""
    wanted = [one for one in names(config) if composed(name) in (one, trained(one))]
    return sum(cache.remove(config.trained_folder / one, reporter) for one in wanted)
