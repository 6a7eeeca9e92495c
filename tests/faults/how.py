"""How faults are injected: each takes a desk and a command, and says what came of it."""

import io
import re
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import kept_folders
from hub_server import Hub
from rights import as_a_user

from llmlab.cli import main
from llmlab.cli.world import World

LIMIT_S = 60.0
ENDS_S = 20.0  # what would never end has ended by then
ADDRESSES = 6 * 2**30  # bytes; torch alone maps 3 GiB
KILLED = """
import os, re, signal, sys
event, part, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
def hook(name, args):
    global left
    if name == event and re.search(part, str(args[0])) and (name != "open" or args[2] & (os.O_WRONLY | os.O_RDWR)):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
from llmlab.__main__ import start
sys.argv[1:] = sys.argv[4:]
start()
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Desk:
    """A folder in which commands are typed, and the cache they use; `given` stands for files in a line."""

    folder: Path
    environ: Mapping[str, str]
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        return Path(self.environ["LLMLAB_CACHE"])

    def words(self, line: str) -> list[str]:
        """A line as it is typed into a shell."""
        return [self.given.get(word, word) for word in shlex.split(line)]

    def run(self, line: str, stdin: bytes = b"", **variables: str) -> Done:
        """In this process."""
        out, err = io.StringIO(), io.StringIO()
        source = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)), encoding="utf-8")
        code = main(World(self.words(line), {**self.environ, **variables}, source, out, err))
        return Done(int(code or 0), out.getvalue(), err.getvalue())

    def start(self, line: str, before: Sequence[str] = ("-m", "llmlab"), **more: object) -> subprocess.Popen[str]:
        """In one of its own."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, *before, *self.words(line)]
        return subprocess.Popen(command, cwd=self.folder, **{"env": dict(self.environ), **streams, **more})  # type: ignore[call-overload]


How = Callable[[Desk, str], Done]


def ended(process: subprocess.Popen[str], limit_s: float = LIMIT_S) -> Done:
    try:
        out, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Done(process.returncode, out, err)


def typed(desk: Desk, line: str) -> Done:
    """The fault is in the line itself."""
    return desk.run(line)


def fed(stdin: bytes) -> How:
    """These bytes on stdin."""
    return lambda desk, line: desk.run(line, stdin)


def told(**variables: str) -> How:
    """These variables in the environment; what begins with ./ is in the desk's folder."""

    def how(desk: Desk, line: str) -> Done:
        env = {name: str(desk.folder / one) if one.startswith("./") else one for name, one in variables.items()}
        return ended(desk.start(line, env={**desk.environ, **env}))

    return how


def at_a_hub(status: int, word: str) -> How:
    """A hub that answers all with this status, and its own word for why."""

    def how(desk: Desk, line: str) -> Done:
        with Hub({}, refuse=(status, word)) as hub:
            return ended(desk.start(line, env={**desk.environ, "HF_ENDPOINT": hub.url}))

    return how


def told_here(**variables: str) -> How:
    """The same in this process."""
    return lambda desk, line: desk.run(line, b"", **variables)


def without(*names: str) -> How:
    """Without these variables."""

    def how(desk: Desk, line: str) -> Done:
        return ended(desk.start(line, env={name: one for name, one in desk.environ.items() if name not in names}))

    return how


def holding(name: str, make: bytes | Callable[[Path], object], then: How = typed) -> How:
    """A file of these bytes, or what is made at its path."""

    def how(desk: Desk, line: str) -> Done:
        path = desk.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(make):
            make(path)
        else:
            path.write_bytes(make)
        return then(desk, line)

    return how


def copied(which: str, change: Callable[[Path], object], then: How = typed) -> How:
    """A copy of a given model, called m, that is changed."""

    def how(desk: Desk, line: str) -> Done:
        folder = desk.folder / "m"
        folder.mkdir()
        for path in Path(desk.given[which]).rglob("*"):
            to = folder / path.relative_to(desk.given[which])
            if path.is_dir():
                to.mkdir()
            else:
                to.write_bytes(path.read_bytes())
        change(folder)
        return then(desk, line)

    return how


def killed(event: str, part: str, number: int = 1) -> How:
    """SIGKILL at the so manieth time that a file of such a path is opened to be written, or renamed."""

    def how(desk: Desk, line: str) -> Done:
        return ended(desk.start(line, ("-c", KILLED, event, part, str(number))))

    return how


def killed_at_a_hub(event: str, part: str) -> How:
    """The same of what is fetched from a hub; the same line then goes on, and ends well."""

    def how(desk: Desk, line: str) -> Done:
        folder = Path(desk.given["LM"])
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with Hub(files) as hub:
            env = {**desk.environ, "HF_ENDPOINT": hub.url}
            done = ended(desk.start(line, ("-c", KILLED, event, part, "1"), env=env))
            again = ended(desk.start(line, env=env))
            assert (again.code, bool(again.out)) == (0, True), again
        return done

    return how


def full(size: int) -> How:
    """No file may grow beyond so many bytes, as with a quota."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return lambda desk, line: ended(desk.start(line, preexec_fn=limit))


def read_only(name: str, cache: str) -> How:
    """A folder in which the cache is, or would be made, may not be written by one who is not root."""

    def how(desk: Desk, line: str) -> Done:
        folder = desk.folder / name
        folder.mkdir()
        with as_a_user():
            folder.chmod(0o555)
            try:
                return desk.run(line, LLMLAB_CACHE=str(desk.folder / cache))
            finally:
                folder.chmod(0o755)

    return how


def flipped(pattern: str, bit: int) -> How:
    """One bit of a file of the cache is another."""

    def how(desk: Desk, line: str) -> Done:
        [path] = desk.cache.glob(pattern)
        kept_folders.flip(path, bit % (8 * path.stat().st_size))
        return desk.run(line)

    return how


def replaced(pattern: str, change: Callable[[bytes], bytes]) -> How:
    """A file of the cache holds other bytes."""

    def how(desk: Desk, line: str) -> Done:
        [path] = desk.cache.glob(pattern)
        path.write_bytes(change(path.read_bytes()))
        return desk.run(line)

    return how


def signalled(name: str) -> How:
    """A signal after the first record."""

    def how(desk: Desk, line: str) -> Done:
        with desk.start(line) as process:
            assert process.stdout
            assert process.stdout.readline()
            process.send_signal(getattr(signal, name))
            done = ended(process)
            return Done(done.code, "", done.err)  # what it had told till then has been read, or is cut

    return how


def shell(desk: Desk, line: str) -> Done:
    """What a shell does with streams; LLMLAB is the command."""
    for word, path in desk.given.items():
        line = re.sub(rf"\b{word}\b", shlex.quote(path), line)
    env = {**desk.environ, "LLMLAB": f"{sys.executable} -m llmlab"}
    done = subprocess.run(
        ["sh", "-c", line], cwd=desk.folder, env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def together(count: int) -> How:
    """So many at once, who all find nothing; what they say is the same."""

    def how(desk: Desk, line: str) -> Done:
        env = {**desk.environ, "LLMLAB_CACHE": str(desk.folder / "cold")}
        all_done = [ended(one) for one in [desk.start(line, env=env) for _ in range(count)]]
        assert len({(one.code, one.out) for one in all_done}) == 1, all_done
        made = [one.err for one in all_done if "once)" in one.err]
        assert len(made) == 1, all_done
        return Done(all_done[0].code, all_done[0].out, "")

    return how


def bounded(desk: Desk, line: str) -> Done:
    """It ends, in memory of a bounded size."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))

    return ended(desk.start(line, preexec_fn=limit), ENDS_S)
