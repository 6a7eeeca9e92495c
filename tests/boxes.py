"""llama-server with a tiny model, as somebody else would start it, for as long as a test asks it."""

import os
import socket
import subprocess
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from llmlab.backends import llama_library
from llmlab.models.serving.launch import QUIET, SAME

PATIENCE_S = 120
KEY = "the-key-of-every-box"


class Box:
    """llama-server with the tiny model, by the name of tiny."""

    def __init__(self, file: Path, folder: Path) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        key = folder / "key"
        key.write_text(KEY)
        where = ["--model", file, "--alias", "tiny", "--host", "127.0.0.1", "--port", str(self.port)]
        asked = ["--api-key-file", key, "--ctx-size", "2048", "--parallel", "4", "--threads", "1"]
        self.process = subprocess.Popen(
            [llama_library.server(), *where, *asked, *SAME, *QUIET],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GOMP_SPINCOUNT": "1000"},
        )
        self.url = f"http://127.0.0.1:{self.port}/v1"
        until(self._answers)

    def _answers(self) -> bool:
        try:
            return urlopen(f"http://127.0.0.1:{self.port}/health").status == 200
        except (URLError, ConnectionError):
            return False

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()


def until(true, patience_s=PATIENCE_S):
    """Wait until something is true."""
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
