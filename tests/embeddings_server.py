"""Servers of embeddings on loopback: a small one over an encoder of ours, which can be spoilt, and llama-server."""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from llmlab.backends import llama_library

Answer = tuple[int, Any]  # an HTTP status and what is answered
Fault = Callable[[dict[str, Any]], Answer]  # what is answered in the place of the right answer, which it is given
NO_GPU = ("--device", "none", "--fit", "off", "--flash-attn", "off", "--offline", "--no-ui", "--log-verbosity", "1")


class EmbeddingsServer:
    """OpenAI's protocol over `encode`. Of `faults` each spoils one request, in their order; a None leaves it right."""

    def __init__(self, encode: Callable[[list[str]], Any]) -> None:
        self.encode, self.named = encode, "tiny-1"
        self.faults: list[Fault | None] = []
        self.asked: list[dict[str, Any]] = []  # bodies
        self.before: Callable[[int], None] = lambda number: None  # called with the number of each request
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def texts(self) -> list[str]:
        """All texts that were asked for, the fixed ones left out."""
        return [text for body in self.asked for text in body["input"][1:]]

    def answer(self, body: dict[str, Any]) -> Answer:
        with self._lock:
            self.asked.append(body)
            number = len(self.asked)
            fault = self.faults.pop(0) if self.faults else None
        self.before(number)
        with self._lock:
            vectors = self.encode(body["input"])
        rows = [{"object": "embedding", "index": i, "embedding": [float(x) for x in v]} for i, v in enumerate(vectors)]
        right = {"object": "list", "model": self.named, "data": rows, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        return fault(right) if fault else (200, right)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = server.answer(body) if self.path == "/v1/embeddings" else (404, {"error": "no"})
                raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *said: object) -> None:
                pass

        return Handler

    def __enter__(self) -> "EmbeddingsServer":
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def llama_embeddings(file: Path, *options: str) -> Iterator[str]:
    """The base URL of a llama-server that gives the vectors of a GGUF file, as long as it is needed."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    line = [llama_library.server(), "--embeddings", "--pooling", "mean", "--model", file, "--port", port]
    words: Sequence[str] = [*map(str, line), "--host", "127.0.0.1", *NO_GPU, *options]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not _is_up(f"http://127.0.0.1:{port}/health"):
                assert process.poll() is None, "llama-server has ended"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def _is_up(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False
