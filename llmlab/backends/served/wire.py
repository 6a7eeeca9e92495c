"""How a server is spoken to: JSON there, JSON back, or a stream of it. And what may go wrong, sorted by what helps."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from llmlab.errors import reason
from llmlab.language import tr

Fault = Literal["busy", "broken", "refused"]
Body = Mapping[str, Any]
NO_JSON = (RecursionError, ValueError)  # raised as an answer is read


class WireError(Exception):
    """Why there is no answer: the server is busy, it or the line is broken (both may be tried again), or it refuses."""

    def __init__(self, fault: Fault, said: str, *, status: int = 0, wait_s: float = 0) -> None:
        super().__init__(said)
        self.fault, self.said, self.status, self.wait_s = fault, said, status, wait_s


class AbsentError(WireError):
    """Nobody listens there."""


class ForeignError(WireError):
    """What is answered is no JSON."""


@dataclass(frozen=True)
class Key:
    """What a server knows a user by."""

    value: str = field(default="", repr=False)  # "": there is none
    name: str = ""  # the environment's variable that holds it; "" for that of a server that llmlab started


class Wire(Protocol):
    """One server. A path that begins with a slash is the server's own, another one stands below its base URL."""

    url: str  # the base URL
    key: Key

    def ask(self, path: str, body: Body | None = None) -> Any:
        """The answer to a body, or without one to GET. Raises WireError."""
        ...

    def stream(self, path: str, body: Body) -> Iterator[Any]:
        """The parts of an answer as they come. Raises WireError."""
        ...


def fault_of(status: int) -> Fault:
    """What an HTTP status means for who asked."""
    if status in (408, 409, 425, 429, 503):
        return "busy"
    return "broken" if status >= 500 else "refused"


def no_json() -> WireError:
    return ForeignError("broken", tr("what it answers is no JSON"))


def unreached(error: Exception) -> WireError:
    """Why a server is not reached: clients wrap what the system says."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, (ConnectionRefusedError, socket.gaierror)):
        cause = cause.__context__
    return (AbsentError if cause else WireError)("broken", reason(cause or error.__cause__ or error))


def parsed(text: str | bytes) -> Any:
    """JSON, or a WireError."""
    try:
        return json.loads(text)
    except NO_JSON:
        raise no_json() from None


def answered(found: Any) -> Any:
    """An answer, which is a JSON object that is no error, or a WireError."""
    if not isinstance(found, dict):
        raise no_json()
    if found.get("error"):
        raise WireError("broken", told(json.dumps(found).encode()))
    return found


def told(text: bytes, status: int = 0) -> str:
    """What a server says of a request that it refuses, in one line; the HTTP status where it says nothing."""
    try:
        found = json.loads(text)
        found = found.get("error", found) if isinstance(found, dict) else found
        said = found.get("message", found) if isinstance(found, dict) else found
    except NO_JSON:
        said = text.decode(errors="replace")
        said = "" if said.lstrip().startswith("<") else said  # HTML: who reads it sees marks, and little else
    return " ".join(str(said).split())[:300] or f"HTTP {status}"


class Loopback:
    """A server on this machine, spoken to with what Python has: to load a client takes longer than an answer."""

    def __init__(self, url: str, key: str, timeout: float) -> None:
        self.url, self.key = url, Key(key)
        parts = urlsplit(url)
        self._address, self._base = (parts.hostname or "", parts.port or 80), parts.path
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self._timeout = timeout

    def ask(self, path: str, body: Body | None = None) -> Any:
        connection = http.client.HTTPConnection(*self._address, timeout=self._timeout)
        try:
            return answered(parsed(self._answer(connection, path, body).read()))
        except (OSError, http.client.HTTPException) as error:
            raise unreached(error) from None
        finally:
            connection.close()

    def stream(self, path: str, body: Body) -> Iterator[Any]:
        connection = http.client.HTTPConnection(*self._address, timeout=self._timeout)
        try:
            yield from events(iter(self._answer(connection, path, body)))
        except (OSError, http.client.HTTPException) as error:
            raise unreached(error) from None
        finally:
            connection.close()

    def _answer(self, connection: http.client.HTTPConnection, path: str, body: Body | None) -> http.client.HTTPResponse:
        whole = path if path.startswith("/") else f"{self._base}/{path}"
        sent = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", whole, sent, self._headers)
        answer = connection.getresponse()
        if answer.status >= 300:
            raise WireError(fault_of(answer.status), told(answer.read(), answer.status), status=answer.status)
        return answer


def events(lines: Iterator[bytes]) -> Iterator[Any]:
    """The data of server-sent events, up to their end."""
    for line in lines:
        name, _, data = line.decode(errors="replace").partition(":")
        if name == "error":
            raise WireError("broken", told(data.encode()))
        if name == "data" and data.strip() == "[DONE]":
            return
        if name == "data":
            yield answered(parsed(data))
