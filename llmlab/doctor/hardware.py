"""The processor and what it can do for numbers; the cores and the memory that this process may use."""

import math
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from llmlab import machine, threads
from llmlab.doctor.report import Fact, joined
from llmlab.language import later, tr

FEATURES = {  # what numbers are computed with, as numpy calls it: https://numpy.org/doc/stable/reference/simd/
    "x86": {"avx": "AVX", "f16c": "F16C", "fma": "FMA3", "avx2": "AVX2", "avx512f": "AVX512F"},
    "arm": {"neon": "NEON", "fp16": "ASIMDHP", "dotprod": "ASIMDDP", "sve": "SVE"},
}
MIB = 2**20


def facts(asked: int) -> Iterator[Fact]:
    """`asked`: the threads of the settings."""
    name, (has, lacks) = _processor(), _features()
    flags = tr("{has}; without {lacks}", has=joined(has), lacks=joined(lacks)) if lacks else joined(has)
    yield Fact("processor", "model", name, name)
    yield Fact("processor", "features", has, flags)
    yield from _cores(asked)
    yield from _memory()


def _cores(asked: int) -> Iterator[Fact]:
    count, given, used = os.cpu_count() or 1, machine.cores(), threads.workers(asked)
    yield Fact("cores", "machine", count)
    yield Fact("cores", "affinity", machine.allowed())
    yield Fact("cores", "given", given, tr("{given} of {count} are given", given=given, count=count))
    yield Fact("cores", "threads", used, tr("threads that compute: {threads}", threads=used))


def _memory() -> Iterator[Fact]:
    total, limit = machine.total(), machine.limit()
    sizes = {
        "total_mib": (total, later("{mib:,} MiB")),
        "limit_mib": (limit if limit < total else math.inf, later("a limit of {mib:,} MiB")),
        "free_mib": (machine.memory(), later("{mib:,} MiB free")),
        "address_space_mib": (machine.addresses(), later("{mib:,} MiB of address space left")),
    }
    for name, (size, told) in sizes.items():
        mib = None if math.isinf(size) else int(size // MIB)
        yield Fact("memory", name, mib, "" if mib is None else tr(told, mib=mib))


def _processor() -> str:
    """Its model, as the system calls it."""
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return _told("model name") or platform.processor() or platform.machine()


def _features() -> tuple[list[str], list[str]]:
    """What this processor has of what numbers are computed with, and what it lacks; the matrix tiles as Linux says."""
    from numpy._core._multiarray_umath import __cpu_features__ as known

    named = FEATURES["x86" if platform.machine().lower() in ("x86_64", "amd64", "i686") else "arm"]
    found = {name: known[own] for name, own in named.items() if own in known}
    if flags := _told("flags").split():
        found["amx"] = "amx_tile" in flags
    return [name for name, has in found.items() if has], [name for name, has in found.items() if not has]


def _told(name: str) -> str:
    """What Linux says of the first core."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == name), "")
