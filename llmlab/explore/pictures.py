"""Saving what the screen shows as a picture, under a name that is free."""

from itertools import count
from pathlib import Path

from llmlab.errors import MissingError
from llmlab.render.plot import DATA, check, save
from llmlab.view import Pictured


def saved(result: Pictured, verb: str, folder: Path) -> Path:
    """Where the picture is: a png, or Vega-Lite where what draws one is not there. Raises LabError as `save` does."""
    path = free(folder, f"llmlab-{verb}", ".png")
    try:
        check(path)
    except MissingError:
        path = free(folder, f"llmlab-{verb}", DATA)
    save(result, path)
    return path


def free(folder: Path, name: str, suffix: str) -> Path:
    """The first name of its kind that no file has."""
    names = (folder / f"{name}{'' if number == 1 else f'-{number}'}{suffix}" for number in count(1))
    return next(path for path in names if not path.exists())
