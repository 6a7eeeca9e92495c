"""Saving what the screen shows as a picture, under a name that is free."""

from importlib.util import find_spec
from itertools import count
from pathlib import Path

from llmlab.render.plot import DATA, save
from llmlab.view import Pictured


def saved(result: Pictured, verb: str, folder: Path) -> Path:
    """Where the picture is: a png, or Vega-Lite where no library draws one. Raises LabError as `save` does."""
    path = free(folder, f"llmlab-{verb}", ".png" if find_spec("vl_convert") else DATA)
    save(result, path)
    return path


def free(folder: Path, name: str, suffix: str) -> Path:
    """The first name of its kind that no file has."""
    names = (folder / f"{name}{'' if number == 1 else f'-{number}'}{suffix}" for number in count(1))
    return next(path for path in names if not path.exists())
