"""llmlab itself, Python, the system; the packages, none of which is imported; which llama.cpp answers."""

import os
import platform
from collections.abc import Iterator
from contextlib import suppress

import llmlab
from llmlab.backends import llama_library
from llmlab.doctor.report import Fact
from llmlab.language import tr
from llmlab.versions import ENGINES, versions

OTHERS = {  # of what is left out in an installation without all extras: the extra
    "gensim": "train",
    "openai": "servers",
    "textual": "explore",
    "vl-convert-python": "plot",
    "tokenizers": "",
    "safetensors": "",
    "huggingface-hub": "",
    "gguf": "",
    "typer": "",
    "rich": "",
}


def facts() -> Iterator[Fact]:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    yield Fact("llmlab", "version", llmlab.__version__, llmlab.__version__)
    yield Fact("llmlab", "python", python, python)
    yield Fact("llmlab", "system", _system(), _system())
    yield Fact("llmlab", "architecture", platform.machine(), platform.machine())
    found = versions([*ENGINES, *OTHERS])
    for name in (*ENGINES, *OTHERS):
        told = f"{name} {found[name]}" if name in found else tr("no {package}", package=name)
        yield Fact("packages", name, found.get(name), told)
    yield _llama()


def _system() -> str:
    """Its name and version, the distribution, the C library; not the machine's name."""
    parts = [platform.system(), platform.release()]
    with suppress(OSError):
        parts.append(f"({platform.freedesktop_os_release()['PRETTY_NAME']})")
    return " ".join([*parts, *platform.libc_ver()]).strip() if os.name != "nt" else " ".join(platform.win32_ver()[:2])


def _llama() -> Fact:
    """The package whose llama.cpp answers, and whether it can."""
    why, carrier = llama_library.obstacle(), llama_library.carrier()
    name = str(carrier) if carrier else None
    if why is not None:
        return Fact("llama.cpp", "package", name, tr("torch answers in its place"), why.message, why.hint)
    built = tr("built for this processor") if carrier and carrier.package == llama_library.NATIVE else tr("prebuilt")
    return Fact("llama.cpp", "package", name, tr("{package}, {built}", package=name, built=built))
