"""How many threads compute, and how they wait for each other: said to every library before one of them is loaded.

A thread that waits for another by spinning takes the core that the other one needs as soon as there are more threads
than cores: 100 pairs through llama.cpp took 33.7 s of the processor on a busy machine and 42.8 s beside two busy
processes more; with what is set here 7.8 s and 7.9 s (tests/bench/beside.py). What the user has set stays.
"""

import os
from collections.abc import Mapping, MutableMapping

from llmlab.language import tr
from llmlab.machine import allowed, cores

COUNT, POLICY = "OMP_NUM_THREADS", "OMP_WAIT_POLICY"
OPENMP = {
    "GOMP_SPINCOUNT": "1000",  # rounds, of GCC's: llama.cpp, torch, CTranslate2 and FAISS on Linux
    "KMP_BLOCKTIME": "1",  # ms, of LLVM's and Intel's: the same elsewhere
}
OPENBLAS = {"OPENBLAS_THREAD_TIMEOUT": "20"}  # 2^20 ticks of the processor's clock: numpy and scipy


def give_way(environ: MutableMapping[str, str] = os.environ) -> None:
    """Let threads that wait sleep soon, here and in what this process starts, and have no more than a quota feeds.

    A library reads its variables when it is loaded; one that is loaded already goes on as it is.
    """
    for name, value in (OPENBLAS if POLICY in environ else OPENMP | OPENBLAS).items():
        environ.setdefault(name, value)
    if (count := cores()) < allowed():  # which libraries know by themselves
        environ.setdefault(COUNT, str(count))


def waiting(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What is set of all this, for a process that gets an environment of its own."""
    return {name: environ[name] for name in (COUNT, POLICY, *OPENMP, *OPENBLAS) if name in environ}


def workers(asked: int, environ: Mapping[str, str] = os.environ) -> int:
    """How many threads compute: as many as are asked for, else as OMP_NUM_THREADS says, else one a core."""
    named = environ.get(COUNT, "").partition(",")[0]
    return asked or (int(named) if named.isdecimal() else 0) or cores()


def told(asked: int, environ: Mapping[str, str] = os.environ) -> str:
    """In words: how many, of how many cores, and how they wait."""
    return tr(
        "threads: {threads}, on {cores} of {count} cores; {waiting}",
        threads=workers(asked, environ),
        cores=cores(),
        count=os.cpu_count(),
        waiting=", ".join(f"{name}={value}" for name, value in waiting(environ).items()),
    )
