"""Which llama-server runs a model: each keeps a folder that says so, which is believed only when the process lives.

Nothing heavy is loaded here: a verb that a server answers takes less time than loading numpy.
"""

import os
import platform
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from llmlab import cache
from llmlab.backends import shards
from llmlab.config import Config
from llmlab.errors import LabError, MissingError
from llmlab.language import later, tr
from llmlab.models.sources import Source
from llmlab.progress import Reporter

LOOPBACK = "127.0.0.1"
EVERY = {"0.0.0.0": LOOPBACK, "::": "::1"}  # all addresses of a machine, and the one by which it reaches itself
STATE, KEY = "server.json", "key"  # in a server's folder
ANSWER_S, END_S = 5, 5  # how long a server may take to answer, and to end when it is asked to
ENDED = later("the server of {model} (process {pid}) has ended")
CHANGED = later("the server of {model} (process {pid}) reads a file that has changed since")


class Running(Struct, frozen=True):
    """A llama-server that llmlab started, as its folder states it. Its key stands in a file of its own alone."""

    folder: Path
    model: str
    revision: str
    dtype: str  # native, or what the weights were widened to
    fingerprint: dict[str, str]  # of what it serves: another one is another server
    program: Path
    file: Path  # the GGUF that it reads
    version: str  # of the package that carries llama.cpp
    url: str
    parallel: int  # texts at once
    context: int  # tokens of each
    detached: bool  # whether it goes on without the llmlab that started it
    weights: str = ""  # their number type as the file names it; "" from an older version, as the next
    host: str = ""  # where it listens; `url` is how this machine reaches it
    pid: int = 0
    started: str = ""  # when the process began, as the system counts: a number that is used again began at another time
    since: float = 0.0  # seconds since 1970

    @property
    def base_url(self) -> str:
        """What --base-url takes."""
        return f"{self.url}/v1"

    @property
    def key(self) -> str:
        """What a request must bear: `Authorization: Bearer KEY`."""
        return (self.folder / KEY).read_text(encoding="ascii").strip()


def find(config: Config, source: Source, reporter: Reporter) -> Running | None:
    """The server that runs a model with the number type of the settings; None where there is none.

    One that is of no use any more is ended, its folder removed, and that is said. Raises LabError for one that does not
    answer: it may have too much to do.
    """
    found = read(place(config, source))
    if found is None:
        return None
    alive = is_alive(found)
    if not alive or found.fingerprint != fingerprint(source, found.dtype, found.program, found.file):
        reporter.say(tr(CHANGED if alive else ENDED, model=found.model, pid=found.pid))
        stop(found, reporter)
        return None
    if not answers(found):  # the key goes to the process that was given it, and to no other
        silent = tr("the server of {model} (process {pid}) does not answer", model=found.model, pid=found.pid)
        raise LabError(silent, f"llmlab serve --stop {found.model}")
    return found


def demand(config: Config, source: Source, reporter: Reporter) -> Running:
    """The same. Raises MissingError where there is none, which names those that run and the command that starts it."""
    found = find(config, source, reporter)
    if found is not None:
        return found
    typed = str(source.path) if source.revision == "local" else source.name
    start = f"llmlab serve {shlex.quote(typed)}" + ("" if config.dtype == "auto" else f" --dtype {config.dtype}")
    others = every(config, reporter)
    none = tr("no server runs for {model}", model=source.name)
    if not others:
        raise MissingError(none, start)
    if same := [one.dtype for one in others if one.folder.name == source.slug]:
        wanted = source.dtype_to_run(config.dtype)
        told = {"model": source.name, "wanted": wanted, "other": same[0]}
        raise MissingError(
            tr("no server runs for {model} in {wanted}, one does in {other}", **told),
            tr("add --dtype {other}, or start one: {start}", other=same[0], start=start),
        )
    names = tr(", ").join(dict.fromkeys(one.model for one in others))
    raise MissingError(tr("{none}, only for {names}", none=none, names=names), start)


def every(config: Config, reporter: Reporter) -> list[Running]:
    """All that run; one whose process is gone is removed, and that is said."""
    found = []
    for one in _all(config):
        if is_alive(one):
            found.append(one)
        else:
            reporter.say(tr(ENDED, model=one.model, pid=one.pid))
            stop(one, reporter)
    return found


def stop(running: Running, reporter: Reporter) -> None:
    """End a server, unless it has ended, and remove its folder, unless another has taken it."""
    with cache.locked(running.folder, reporter):
        if is_alive(running):
            end(running)
        if read(running.folder) == running:
            shutil.rmtree(running.folder)


def end(running: Running) -> None:
    """Ask the process to end; after a while it is killed. Raises LabError where that does not end it either."""
    with suppress(ProcessLookupError):
        for one in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            os.kill(running.pid, one)
            deadline = time.monotonic() + END_S
            while time.monotonic() < deadline:
                if not is_alive(running):
                    return
                time.sleep(0.01)
        raise LabError(tr("the server of {model} (process {pid}) does not end", model=running.model, pid=running.pid))


def place(config: Config, source: Source) -> Path:
    """The folder of a model's server on this machine: a home may be shared by several."""
    return _root(config) / source.dtype_to_run(config.dtype) / source.slug


def fingerprint(source: Source, dtype: str, program: Path, file: Path) -> dict[str, str]:
    """What a server serves: the model, its program, and the files that it reads."""
    stamps = {path.name: _stamp(path) for path in (program, *shards.paths(file))}
    return {**source.fingerprint, **stamps, "dtype": dtype}


def began(pid: int) -> str:
    """When a process began, in the system's ticks since it started; "" where that is not told, or there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # man 5 proc: the name before may hold anything; then the third field
    return "" if fields[0] in "ZX" else fields[19]


def is_alive(running: Running) -> bool:
    """Whether the process is there, and the same; where the system does not tell, whether it answers."""
    return began(running.pid) == running.started if running.started else answers(running)


def answers(running: Running) -> bool:
    """Whether a server takes the key, and serves the file."""
    import http.client

    where = running.url.removeprefix("http://")
    connection = http.client.HTTPConnection(where, timeout=ANSWER_S)
    try:
        connection.request("GET", "/props", headers={"Authorization": f"Bearer {running.key}"})
        reply = connection.getresponse()
        return reply.status == 200 and msgspec.json.decode(reply.read())["model_path"] == str(running.file)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return False
    finally:
        connection.close()


def _root(config: Config) -> Path:
    return config.cache_folder / "servers" / platform.node()


def places(config: Config) -> list[Path]:
    """The folders of servers on this machine."""
    return sorted(path for path in _root(config).glob("*/*") if path.is_dir())


def _all(config: Config) -> Iterator[Running]:
    for folder in places(config):
        if found := read(folder):
            yield found


def read(folder: Path) -> Running | None:
    """What a folder states, None where it is none of a server."""
    try:
        return msgspec.json.decode((folder / STATE).read_bytes(), type=Running, dec_hook=lambda kind, text: kind(text))
    except (OSError, ValueError):
        return None


def _stamp(path: Path) -> str:
    """What changes with a file, "" where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_size} bytes, {stat.st_mtime_ns} ns"
