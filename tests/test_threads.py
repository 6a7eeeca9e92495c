"""Threads that wait give way, as many as the process may use; what the user has set stays."""

import subprocess
import sys

import pytest

from llmlab import threads

WAITING = {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1", "OPENBLAS_THREAD_TIMEOUT": "20"}
SETTINGS = {
    "nothing": ({}, WAITING),
    "one": ({"GOMP_SPINCOUNT": "5"}, WAITING | {"GOMP_SPINCOUNT": "5"}),
    "the policy of OpenMP": (
        {"OMP_WAIT_POLICY": "active"},
        {"OMP_WAIT_POLICY": "active", "OPENBLAS_THREAD_TIMEOUT": "20"},
    ),
}


@pytest.mark.parametrize(("given", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_each_library_is_told_unless_the_user_has(given, expected, monkeypatch):
    monkeypatch.setattr(threads, "cores", threads.allowed)
    environ = {"HOME": "/", **given}
    threads.give_way(environ)
    assert environ == {"HOME": "/", **expected}
    assert threads.waiting(environ) == expected


def test_a_quota_is_told_to_libraries_which_see_the_cores_alone(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 3)
    monkeypatch.setattr(threads, "allowed", lambda: 8)
    environ = {}
    threads.give_way(environ)
    assert environ["OMP_NUM_THREADS"] == "3"


@pytest.mark.parametrize(
    ("asked", "environ", "expected"),
    [
        (0, {}, 6),
        (2, {"OMP_NUM_THREADS": "3"}, 2),
        (0, {"OMP_NUM_THREADS": "3"}, 3),
        (0, {"OMP_NUM_THREADS": "4,2"}, 4),
        (0, {"OMP_NUM_THREADS": "many"}, 6),
        (0, {"OMP_NUM_THREADS": ""}, 6),
    ],
)
def test_threads_are_those_of_the_settings_then_of_openmp_then_the_cores(asked, environ, expected, monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 6)
    assert threads.workers(asked, environ) == expected


LOADED = {
    "the command line": """
import contextlib, llmlab.cli
sys.argv = ["llmlab", "space", "list"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
    llmlab.cli.run()
import numpy
""",
    "the door": "import llmlab; llmlab.open()",
}


@pytest.mark.parametrize("begin", LOADED.values(), ids=LOADED)
def test_it_is_said_before_a_library_is_loaded_and_never_by_the_import_alone(begin, monkeypatch):
    for name in threads.OPENMP | threads.OPENBLAS:
        monkeypatch.delenv(name, raising=False)
    code = f"""
import os, sys
def hook(event, arguments):
    if event == "import" and arguments[0] in ("numpy", "torch", "faiss"):
        loaded.append("GOMP_SPINCOUNT" in os.environ)
loaded = []
sys.addaudithook(hook)
import llmlab
before = "GOMP_SPINCOUNT" in os.environ
{begin}
print(before, bool(loaded) and all(loaded), os.environ["GOMP_SPINCOUNT"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True 1000\n"
