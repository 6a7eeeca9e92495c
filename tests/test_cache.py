"""Folders in the cache are whole or not there, whatever happens while they are made."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from kept_folders import NEW, OLD, WHOLE, Ear, beside, content, make

from llmlab import cache
from llmlab.errors import LabError

# A process that makes the folder and is killed at its n-th file operation; or that builds slowly and says so.
SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from llmlab import cache
import filelock

class Ear:
    def say(self, message): print(message, flush=True)

left = int(sys.argv[2])
started = False

def count(event, arguments):
    global left
    if started and event.split(".")[0] in ("open", "os", "shutil"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def build(folder):
    print("building", flush=True)
    (folder / "below").mkdir()
    (folder / "weights.bin").write_bytes(b"w" * 1000)
    time.sleep(float(sys.argv[3]))
    (folder / "below" / "words.txt").write_bytes(b"love\\n")
    return {"files": 2}

sys.addaudithook(count)
started = True
cache.make(Path(sys.argv[1]), {"from": "new"}, build, Ear())
print("done", flush=True)
"""


def start(folder: Path, kill_at: int = 0, pause: float = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(folder), str(kill_at), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_kill_at_any_file_operation_leaves_nothing_half_made(tmp_path):
    folder = tmp_path / "model"
    seen = set()
    for operation in range(1, 200):
        make(folder, OLD)  # something older stands there and must give way
        process = start(folder, kill_at=operation)
        process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        fast, thorough = (cache.find(folder, NEW, thorough=careful) for careful in (False, True))
        assert (fast is None) == (thorough is None)
        seen.add("new" if fast else "old" if cache.find(folder, OLD, thorough=True) else "none")
        assert content(make(folder).folder) == WHOLE
        assert beside(folder) == [".model.lock", "model"]
    assert process.returncode == 0
    assert operation > 20
    assert seen == {"old", "none", "new"}  # every stage was interrupted


class Disk:
    """What a power loss would leave: a file or a folder's names as they were when they were last synced."""

    def __init__(self, monkeypatch):
        self.synced, fsync, rename, replace = {}, os.fsync, Path.rename, os.replace

        def note(descriptor):
            path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
            self.synced[path] = sorted(os.listdir(path)) if path.is_dir() else path.read_bytes()
            fsync(descriptor)

        def moved(how):
            def move(before, after):
                how(before, after)
                for path in [path for path in self.synced if path.is_relative_to(before)]:
                    self.synced[Path(after) / path.relative_to(before)] = self.synced.pop(path)
                return Path(after)

            return move

        monkeypatch.setattr(os, "fsync", note)
        monkeypatch.setattr(Path, "rename", moved(rename))
        monkeypatch.setattr(os, "replace", moved(replace))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux tells which file is synced")
@pytest.mark.parametrize("resume", [False, True])
def test_what_is_whole_outlives_a_power_loss(tmp_path, monkeypatch, resume):
    disk = Disk(monkeypatch)
    folder = make(tmp_path / "model", resume=resume).folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {path: disk.synced.get(path) for path in files} == {path: path.read_bytes() for path in files}
    folders = [folder.parent, folder, folder / "below"]
    assert {path: disk.synced.get(path) for path in folders} == {path: sorted(os.listdir(path)) for path in folders}


@pytest.mark.parametrize(("after", "sent"), [(0.0, "SIGKILL"), (0.07, "SIGKILL"), (0.15, "SIGKILL"), (0.07, "SIGTERM")])
def test_a_kill_while_building_leaves_the_next_run_a_clean_start(tmp_path, after, sent):
    folder = tmp_path / "model"
    process = start(folder, pause=60)
    assert process.stdout.readline() == "building\n"
    time.sleep(after)
    process.send_signal(getattr(signal, sent))
    process.communicate()
    assert cache.find(folder, NEW) is None
    assert content(make(folder).folder) == WHOLE
    assert beside(folder) == [".model.lock", "model"]


def test_of_two_processes_one_builds_and_the_other_waits(tmp_path):
    folder = tmp_path / "model"
    first = start(folder, pause=1)
    assert first.stdout.readline() == "building\n"
    second = start(folder)
    waits = f"another llmlab (process {first.pid}) is making {tmp_path.name}/model; waiting for it\n"
    assert second.communicate(timeout=60)[0] == f"{waits}done\n"
    assert first.communicate(timeout=60)[0] == "done\n"
    assert (first.returncode, second.returncode) == (0, 0)
    assert content(folder) == WHOLE


class Impatient(Ear):
    """One that lets the lock go when it is told that somebody waits for it."""

    def __init__(self, lock):
        super().__init__()
        self.lock = lock

    def say(self, message):
        super().say(message)
        self.lock.release()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux tells which processes there are")
@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("", "another llmlab is making model; waiting for it"),
        (f"{os.getpid()} {platform.node()}", f"another llmlab (process {os.getpid()}) is making model; waiting for it"),
        ("7 another-machine", "another llmlab (process 7 on another-machine) is making model; waiting for it"),
        (
            f"99999999 {platform.node()}",
            "process 99999999, which made model, is gone, and something that it started holds its lock; waiting for it",
        ),
    ],
    ids=["nobody noted", "a process here", "elsewhere", "gone"],
)
def test_who_waits_for_a_lock_is_told_whose_it_is_and_whether_that_process_is_gone(tmp_path, noted, said):
    lock = FileLock(tmp_path / ".model.lock")
    lock.acquire()
    (tmp_path / ".model.lock").write_text(noted)
    ear = Impatient(lock)
    with cache.locked(tmp_path / "model", ear):
        assert (tmp_path / ".model.lock").read_text() == f"{os.getpid()} {platform.node()}"
    assert ear.heard == [said]


def truncate(folder):
    (folder / "weights.bin").write_bytes(b"w" * 999)


def delete(folder):
    (folder / "below" / "words.txt").unlink()


def garble(folder):
    (folder / "weights.bin").write_bytes(b"w" * 999 + b"x")


def noting(text):
    return lambda folder: (folder / cache.RECORD).write_text(text)


@pytest.mark.parametrize(
    ("harm", "thorough"),
    [(truncate, False), (delete, False), (garble, True), (noting(""), False), (noting("[]"), False)]
    + [(noting(json.dumps({"fingerprint": NEW, "facts": {}, "files": files})), False) for files in ([], 1)]
    + [(noting(json.dumps({"fingerprint": NEW, "files": {}})), False)],
)
def test_damage_is_noticed_and_mended(tmp_path, harm, thorough):
    folder = tmp_path / "model"
    make(folder)
    harm(folder)
    assert cache.find(folder, NEW, thorough=thorough) is None
    made = make(folder, thorough=thorough)
    assert content(folder) == WHOLE
    assert made.facts == {"files": 2}


def test_what_is_whole_is_not_built_again(tmp_path):
    make(tmp_path / "model")
    for thorough in (False, True):
        cache.make(tmp_path / "model", NEW, lambda _: pytest.fail("built again"), Ear(), thorough=thorough)


def test_another_fingerprint_is_built_anew(tmp_path):
    make(tmp_path / "model", OLD)
    (tmp_path / "model" / "stray").touch()
    make(tmp_path / "model", NEW)
    assert content(tmp_path / "model") == WHOLE
    assert cache.find(tmp_path / "model", OLD) is None


@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (LabError("not today"), LabError, "not today"),
        (KeyboardInterrupt(), KeyboardInterrupt, None),
        (OSError(28, "No space left on device"), LabError, r"cannot write .*model: No space left on device"),
    ],
)
def test_a_build_that_fails_leaves_what_was_there(tmp_path, error, raised, message):
    def fail(folder):
        (folder / "half").write_bytes(b"h")
        raise error

    make(tmp_path / "model", OLD)
    with pytest.raises(raised, match=message):
        cache.make(tmp_path / "model", NEW, fail, Ear())
    assert beside(tmp_path / "model") == [".model.lock", "model"]
    assert cache.find(tmp_path / "model", OLD, thorough=True)


def test_removing_frees_the_bytes_of_the_folder_and_nothing_else(tmp_path):
    make(tmp_path / "model")
    make(tmp_path / "other")
    assert cache.size(tmp_path / "other") == cache.remove(tmp_path / "model", Ear()) > 1005
    assert beside(tmp_path / "model") == [".model.lock", ".other.lock", "other"]
    assert cache.remove(tmp_path / "model", Ear()) == 0
