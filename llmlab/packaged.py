"""Where the files are that come with the program: settings, catalogues, lessons, exercises."""

from pathlib import Path


def packaged() -> Path:
    """The folder of packaged configuration: inside an installed wheel, beside the package in a checkout."""
    here = Path(__file__).parent
    installed = here / "configs"
    return installed if installed.is_dir() else here.parent / "configs"
