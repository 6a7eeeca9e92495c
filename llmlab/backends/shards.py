"""GGUF models in several files, name-00001-of-00003.gguf: llama.cpp's gguf-split writes them, llama.cpp opens the first
and finds the others beside it. Here are only their names.
"""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

NAME = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")  # llama.h: llama_split_path
OF_PICTURES = "mmproj"  # how llama.cpp names the part of a model that sees: a file beside it, no language model


def names(file: str) -> tuple[str, ...]:
    """The files of the model that a file is of, the first one first; itself where its name says of no others."""
    found = NAME.fullmatch(file)
    if found is None or not 1 <= int(found[2]) <= int(found[3]):
        return (file,)
    return tuple(f"{found[1]}-{number:05}-of-{found[3]}.gguf" for number in range(1, int(found[3]) + 1))


def paths(path: Path) -> tuple[Path, ...]:
    """The same of a file on this machine."""
    return tuple(path.with_name(name) for name in names(path.name))


def models(files: Iterable[str]) -> list[str]:
    """The first file of each language model among GGUF files."""
    return sorted({names(file)[0] for file in files if not PurePosixPath(file).name.startswith(OF_PICTURES)})
