"""Start llama.cpp's own server for a model, so that it computes what the llama.cpp engine does (llama_memory.py)."""

import errno
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

import msgspec

from llmlab import cache
from llmlab.backends import gguf as gguf_file
from llmlab.backends import llama_library
from llmlab.errors import LabError, MisuseError, reason
from llmlab.language import later, tr
from llmlab.models import prepare
from llmlab.models.library import Library
from llmlab.models.serving import registry
from llmlab.models.serving.registry import EVERY, KEY, LOOPBACK, STATE, Running
from llmlab.models.sources import Source
from llmlab.progress import Reporter
from llmlab.threads import waiting, workers

LOG = "log"
LIBRARY = "libllama.so.0"  # has a C++ library of its own inside: what it allocates, that of the system cannot free
ERRORS, MARK = "1", re.compile(r"^[\d.]+ E ")  # of its log: all that is told, and what each line begins with
PR_SET_PDEATHSIG = 1  # sys/prctl.h
UNHEARD = {  # what to do about an address at which none can listen
    errno.EADDRINUSE: later("give another --port, or leave it out for a free one"),
    errno.EADDRNOTAVAIL: later("give an address of this machine, or leave out --host"),
    errno.EACCES: later("give a --port above 1023, or leave it out for a free one"),
}
PARALLEL = 4
CONTEXT = 4096  # tokens of a text, at most: their memory is taken at the start
START_S = 600  # how long a large model on a slow disk may take
KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")  # of the environment: LLAMA_ARG_* changes numbers
SAME = (  # what makes its numbers those of the engine: no GPU, whole float32 memory, and the weights as they are
    *("--device", "none", "--fit", "off", "--no-repack", "--load-mode", "mmap"),
    *("--flash-attn", "off", "--cache-type-k", "f32", "--cache-type-v", "f32", "--swa-full", "--no-kv-unified"),
)
QUIET = ("--offline", "--no-ui", "--no-slots", "--cache-ram", "0", "--threads-http", "32", "--log-verbosity", ERRORS)
Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Place:
    """Where a server listens, how many texts it answers at once, and whether it outlives the llmlab that starts it."""

    host: str = LOOPBACK
    port: int = 0  # one that is free
    parallel: int = PARALLEL
    detached: bool = False

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        own = EVERY.get(self.host, self.host)
        return f"http://[{own}]:{self.port}" if ":" in own else f"http://{own}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether no other machine reaches it."""
        with suppress(ValueError):
            return ip_address(self.host).is_loopback
        return self.host == "localhost"

    def found(self) -> "Place":
        """The same with a port that the system chooses where none is asked for. Raises LabError where none can be."""
        try:
            with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET) as one:
                if os.name != "nt":  # there it would take a port that is taken
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((self.host, self.port))
                return replace(self, port=one.getsockname()[1])
        except OSError as error:
            at = f"{self.host}:{self.port}" if self.port else self.host
            raise LabError(
                tr("no server can listen at {place}: {reason}", place=at, reason=reason(error)),
                tr(UNHEARD.get(error.errno or 0, later("leave out --host and --port"))),
            ) from None


def start(library: Library, name: str, place: Place) -> tuple[Running, Process]:
    """Start a server for a model and wait until it answers. Raises LabError where one runs already, or none starts."""
    source, reporter = _servable(library, name), library.reporter
    program = llama_library.server()  # it is there, before the model is made ready for it
    _refuse_second(registry.find(library.config, source, reporter))
    place.found()  # so is an address, which is chosen when the model is ready
    file = prepare.gguf_to_run(library.shop, source, library.config.dtype)
    place = place.found()
    wanted = _planned(library, source, program, file, place)
    wanted.folder.parent.mkdir(parents=True, exist_ok=True)
    with cache.locked(wanted.folder, reporter):
        _refuse_second(registry.read(wanted.folder))
        shutil.rmtree(wanted.folder, ignore_errors=True)  # of a start that was killed
        wanted.folder.mkdir(mode=0o700)
        try:
            with _asked_to_end():  # a server that is to stay must not stay without a state by which it is found
                return _started(wanted, place, library)
        except BaseException:
            shutil.rmtree(wanted.folder)
            raise


@contextmanager
def attended(running: Running, process: Process, reporter: Reporter) -> Iterator[None]:
    """Stay with a server until Ctrl-C or `llmlab serve --stop` ends it. Raises LabError when it ends by itself."""
    try:
        with _asked_to_end(), suppress(KeyboardInterrupt):
            yield
            if process.wait() != 0:
                code = process.returncode
                raise _failed(
                    running.folder,
                    tr("the server of {model} ended by itself (code {code})", model=running.model, code=code),
                )
    finally:
        registry.stop(running, reporter)


@contextmanager
def _asked_to_end() -> Iterator[None]:
    """Take SIGTERM, and the end of the terminal, as Ctrl-C."""
    signals = [one for name in ("SIGTERM", "SIGHUP") if (one := getattr(signal, name, None))]
    before = {one: signal.signal(one, signal.default_int_handler) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _servable(library: Library, name: str) -> Source:
    found, source = library.kind(name), library.source(name)
    if found != "causal" or source.is_ngram or not source.is_gguf:
        message = tr("{model} is no GGUF language model, which llama-server needs", model=source.name)
        raise MisuseError(message, tr("see `llmlab models list`"))
    return source


def _refuse_second(running: Running | None) -> None:
    if running is not None:
        message = tr(
            "a server runs for {model} already: {url} (process {pid})",
            model=running.model,
            url=running.base_url,
            pid=running.pid,
        )
        raise LabError(message, f"llmlab serve --stop {running.model}")


def _planned(library: Library, source: Source, program: Path, file: Path, place: Place) -> Running:
    """What is to run; it has no process yet."""
    dtype, facts = source.dtype_to_run(library.config.dtype), gguf_file.header(file)["facts"]
    return Running(
        folder=registry.place(library.config, source),
        model=source.name,
        revision=source.revision,
        dtype=dtype,
        fingerprint=registry.fingerprint(source, dtype, program, file),
        program=program,
        file=file,
        version=llama_library.server_version(),
        url=place.url,
        parallel=place.parallel,
        context=min(facts["context"] or CONTEXT, CONTEXT),
        detached=place.detached,
        weights=facts["dtype"],
        host=place.host,
    )


def _started(wanted: Running, place: Place, library: Library) -> tuple[Running, Process]:
    """A server in its folder, which is empty, and its state there."""
    _put(wanted.folder / KEY, secrets.token_urlsafe(32))
    process = _launch(wanted, place, workers(library.config.threads))
    try:
        now = {"pid": process.pid, "started": registry.began(process.pid), "since": time.time()}
        running = msgspec.structs.replace(wanted, **now)
        _await(running, process, library.reporter)
        cache.put(running.folder / STATE, msgspec.json.encode(running, enc_hook=str))
        (running.folder / STATE).chmod(0o600)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return running, process


def _launch(wanted: Running, place: Place, threads: int) -> Process:
    """Run the program in its folder, in a session of its own: Ctrl-C is for llmlab, which ends it."""
    options = {
        "--model": wanted.file,
        "--alias": wanted.model,
        "--host": place.host,
        "--port": place.port,
        "--api-key-file": wanted.folder / KEY,
        "--threads": threads,
        "--parallel": place.parallel,
        "--ctx-size": place.parallel * wanted.context,
    }
    words = [wanted.program, *(word for pair in options.items() for word in pair), *SAME, *QUIET]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    library = wanted.program.parent.parent / "lib" / LIBRARY
    if library.is_file():
        environment["LD_PRELOAD"] = str(library)
    with os.fdopen(os.open(wanted.folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as log:
        return subprocess.Popen(
            [str(word) for word in words],
            cwd=wanted.folder,
            env={**environment, **waiting()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=None if place.detached else _bound(),  # noqa: PLW1509  # no thread of llmlab's runs yet
        )


def _bound() -> Callable[[], None] | None:
    """What a child calls before it becomes the server, so that it ends with llmlab, whatever kills that: Linux alone.

    Elsewhere llmlab ends it as long as it is not killed itself.
    """
    if sys.platform != "linux":
        return None
    import ctypes

    parent, prctl = os.getpid(), ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # killed a moment ago
            os._exit(1)

    return bind


def _await(running: Running, process: Process, reporter: Reporter) -> None:
    """Wait until the server answers. Raises LabError when it ends before, or takes too long."""
    deadline = time.monotonic() + START_S
    with reporter.progress(tr("starting the server of {model}", model=running.model)):
        while not registry.answers(running):
            if process.poll() is not None or time.monotonic() > deadline:
                raise _failed(running.folder, tr("no server starts for {model}", model=running.model))
            time.sleep(0.02)


def _failed(folder: Path, what: str) -> LabError:
    """What went wrong, with the first error that the server tells: those after it come of it."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # who ended it has just removed its folder
        lines = []
    said = [" ".join(MARK.sub("", line).split()) for line in lines if line.strip()]
    return LabError(tr("{what}: {said}", what=what, said=said[0]) if said else what)


def _put(path: Path, text: str) -> None:
    """Write a file that nobody else may read, from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"{text}\n")
