"""The Python door: `llmlab.open()` gives a Lab, whose methods are the verbs, with the names of their options.

They call the functions of the lab that the verbs call, and return what those return: results that print and show
themselves as tables and pictures, and whose `records()` are for pandas. An error is a LabError of llmlab.errors; it
names an argument as the option is called: --top-k is top_k.
"""

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from llmlab.config import Computing, changed, load
from llmlab.door.base import Notes
from llmlab.door.inside import InsideVerbs
from llmlab.door.play import PlayVerbs
from llmlab.door.probability import ProbabilityVerbs
from llmlab.door.temperature import TemperatureVerbs
from llmlab.door.training import TrainingVerbs
from llmlab.door.vectors import VectorVerbs
from llmlab.files import Files
from llmlab.models.library import Library
from llmlab.progress import Reporter
from llmlab.spaces.shelf import Shelf


class Lab(ProbabilityVerbs, TemperatureVerbs, VectorVerbs, InsideVerbs, TrainingVerbs, PlayVerbs):
    """Models and spaces, each opened once, when it is first asked."""


def opened(
    config: Path | str | None,
    bos: bool | None,
    reporter: Reporter | None = None,
    *,
    base_url: tuple[str, ...] = (),
    parallel: int | None = None,
    **chosen: Any,
) -> Lab:
    """A lab with what is `chosen` over the settings; `reporter` is told what a command tells on stderr."""
    notes = reporter or Notes()
    named = {name: value for name, value in chosen.items() if value}
    settings = changed(load(None if config is None else Path(config)), "llmlab.open()", **named)
    settings = Computing(base_url=base_url, parallel=parallel).over(settings)
    library = Library(settings if bos is None else replace(settings, bos=bos), notes)
    shelf = Shelf(library if bos is None else Library(settings, notes))  # a space does not know of BOS
    return Lab(library, shelf, Files(None, notes.say), bos)
