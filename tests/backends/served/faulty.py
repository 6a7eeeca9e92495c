"""A server that speaks OpenAI's protocol about a model that one can compute by hand, and that can be told to go wrong.

The model is a bigram over WORDS: after a word of number i that of number j has the weight 1 / (1 + (3 i + j) mod V).
Faults come one a request, in the order of `script`; lies are told all the time.
"""

import json
import math
import random
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

WORDS = (
    *("The", " capital", " of", " France", " is", " Paris", ",", " and", " the", " weather", " today", " sunny"),
    *(" cold", " warm", " rain", " cat", " sat", ".", " on", " mat", " dog", " runs", " fast", " a"),
)
NUMBERS = {word: number for number, word in enumerate(WORDS)}
MODEL = "bigram"
KNOWN = {"model", "prompt", "messages", "max_tokens", "temperature", "top_p", "seed", "logprobs", "echo", "stream"} | {
    *("stop", "top_logprobs")
}
Fault = Callable[["Handler", dict[str, Any]], None]  # how one request is answered, given the right answer


def words_of(text: str) -> list[str]:
    """The tokens of a text. Raises KeyError for what is no word of the model."""
    found = re.findall(r" ?\w+|[.,]", text)
    assert "".join(found) == text, text
    return [WORDS[NUMBERS[word]] for word in found]


@cache
def distribution(word: str, heat: float = 1.0) -> list[float]:
    """softmax(z / T) after a word."""
    weights = [(1 / (1 + (3 * NUMBERS[word] + place) % len(WORDS))) ** (1 / heat) for place in range(len(WORDS))]
    return [weight / sum(weights) for weight in weights]


def logprob(before: str, word: str) -> float:
    return math.log(distribution(before)[NUMBERS[word]])


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Faulty:
    """The server, and what it was asked. `script`: how the next requests for a text are answered, None: rightly."""

    script: Sequence[Fault | None] = ()
    echo: str = ""  # of a prompt, with log-probabilities: right, shifted by one, or only new text
    scaled: bool = False  # log-probabilities are those of softmax(z / T)
    sticky: float = 0.0  # the temperature at which it draws whatever it is asked
    seeded: bool = True
    filters: str = "kept"  # kept, passed over, or refused, as all that the protocol does not name
    names: Callable[[str], str] = str  # how a token is called
    key: str = ""  # without which it refuses
    does: str = "completions"  # how the pages end that it has
    no: int = 404  # the status of all others
    build: str = ""  # which they name, if any
    called: str = MODEL  # what its answers say that they are of
    models: tuple[str, ...] = (MODEL,)
    lists: Any = None  # what it says in place of its list of them; bytes: a web page
    refuses: str = ""  # texts that hold this, for good
    shift: int = 0  # of its table: another model under the same name
    limit: int = 0  # requests at once; 429 beyond
    pause_s: float = 0.0
    asked: list[Request] = field(default_factory=list)
    most: int = 0  # requests that were under way together

    def __enter__(self) -> "Faulty":
        faulty = self
        self.waiting, self.lock, self.under_way = deque(self.script), Lock(), 0
        self.released = Event()  # by which those that hang end with the test

        class Bound(Handler):
            served = faulty

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def texts(self) -> list[Request]:
        """What it was asked for texts."""
        return [one for one in self.asked if one.path.endswith("completions")]

    def listed(self, before: str, heat: float, k: int) -> list[tuple[str, float]]:
        """The k likeliest words after another, with their log-probabilities as they are told."""
        masses = distribution(WORDS[(NUMBERS[before] + self.shift) % len(WORDS)], heat if self.scaled else 1.0)
        rows = sorted(zip(WORDS, masses, strict=True), key=lambda row: -row[1])
        return [(self.names(word), math.log(mass)) for word, mass in rows[:k]]

    def draw(self, before: str, body: dict[str, Any], place: int) -> str:
        masses = distribution(before, self.sticky or body.get("temperature", 1) or 1e-2)
        order = sorted(range(len(WORDS)), key=lambda number: -masses[number])
        if self.filters == "kept":
            order = order[: body.get("top_k") or len(order)]
            order = [number for number in order if masses[number] >= body.get("min_p", 0) * masses[order[0]]]
        noise = random.Random(f"{body.get('seed')} {place}") if self.seeded else random
        return WORDS[noise.choices(order, [masses[number] for number in order])[0]]


class Handler(BaseHTTPRequestHandler):
    served: Faulty
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.served.asked.append(Request(self.path, self.seen, {}))
        if isinstance(self.served.lists, bytes):
            self.send(200, self.served.lists, {"Content-Type": "text/html"})
        elif self.allowed():
            models = self.served.lists or {"object": "list", "data": [{"id": one} for one in self.served.models]}
            self.say(*((200, models) if self.path == "/v1/models" else (404, {"error": {"message": "no such page"}})))

    def do_POST(self) -> None:
        served, body = self.served, json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with served.lock:
            served.asked.append(Request(self.path, self.seen, body))
            served.under_way += 1
            served.most = max(served.most, served.under_way)
            busy = 0 < served.limit < served.under_way
            fault = served.waiting.popleft() if self.path.endswith("completions") and served.waiting else None
        served.released.wait(served.pause_s)
        try:
            if self.allowed():
                self.reply(fault, body, busy)
        finally:
            with served.lock:
                served.under_way -= 1

    def reply(self, fault: Fault | None, body: dict[str, Any], busy: bool) -> None:
        if busy:
            return self.say(429, {"error": {"message": "too many"}})
        if not self.path.startswith("/v1/") or not self.path.endswith(self.served.does):
            return self.say(self.served.no, {"error": {"message": "no such page"}})
        if body["model"] not in self.served.models:
            return self.say(404, {"error": {"message": f"no model {body['model']}"}})
        if refusal := self.refusal(body):
            return self.say(400, {"error": {"message": refusal}})
        answer = chatted(self.served, body) if "messages" in body else completed(self.served, body)
        if fault:
            return fault(self, answer)
        return self.stream(answer) if body.get("stream") else self.say(200, answer)

    def refusal(self, body: dict[str, Any]) -> str:
        unknown = self.served.filters == "refused" and ", ".join(sorted(set(body) - KNOWN))
        refuses = self.served.refuses and self.served.refuses in body.get("prompt", "")
        return f"unknown: {unknown}" if unknown else "not this text" * bool(refuses)

    def allowed(self) -> bool:
        if self.served.key and self.headers.get("authorization") != f"Bearer {self.served.key}":
            self.say(401, {"error": {"message": "a wrong key"}})
            return False
        return True

    @property
    def seen(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def say(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        self.send(status, json.dumps(answer).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def stream(self, answer: dict[str, Any], *, last: bool = True, ended: bool = True) -> None:
        """The answer word by word; without its `last` part, or the mark of its end."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for part in parts(answer)[: None if last else -1]:
            self.wfile.write(f"data: {json.dumps(part)}\n\n".encode())
        if ended:
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def completed(served: Faulty, body: dict[str, Any]) -> dict[str, Any]:
    """The right answer, but for the lies that are told all the time."""
    prompt = words_of(body["prompt"])
    drawn: list[str] = []
    for place in range(body.get("max_tokens", 16)):
        drawn.append(served.draw((prompt + drawn)[-1], body, place))
    k, heat = body.get("logprobs") or 0, body.get("temperature", 1) or 1e-2
    told = logprobs(served, prompt, drawn, k, heat, echo=bool(body.get("echo"))) if k else None
    text = body["prompt"] * (bool(body.get("echo")) and served.echo in ("right", "shifted")) + "".join(drawn)
    choice = {"index": 0, "text": text, "logprobs": told, "finish_reason": "length"}
    usage = {"prompt_tokens": len(prompt), "completion_tokens": len(drawn)}
    named = {"model": served.called} | ({"system_fingerprint": served.build} if served.build else {})
    return {"object": "text_completion", **named, "choices": [choice], "usage": usage}


def logprobs(
    served: Faulty, prompt: list[str], drawn: list[str], k: int, heat: float, *, echo: bool
) -> dict[str, list[Any]]:
    every, first = prompt + drawn, len(prompt)
    if echo and served.echo in ("right", "shifted"):
        first = 0
    late = int(echo and served.echo == "shifted")  # the log-probability of a token after itself
    spots = range(first, len(every))

    def known(at: int) -> dict[str, float]:
        return dict(served.listed(every[at], heat, len(WORDS)))

    return {
        "tokens": [served.names(every[at]) for at in spots],
        "token_logprobs": [known(at - 1 + late).get(served.names(every[at])) if at else None for at in spots],
        "top_logprobs": [dict(served.listed(every[at - 1], heat, k)) if at else None for at in spots],
        "text_offset": [len("".join(every[first:at])) for at in spots],
    }


def chatted(served: Faulty, body: dict[str, Any]) -> dict[str, Any]:
    answer = completed(served, {**body, "prompt": "The", "logprobs": 0})
    message = {"role": "assistant", "content": answer["choices"][0]["text"]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "length"}
    return {"object": "chat.completion", "model": served.called, "choices": [choice], "usage": answer["usage"]}


def parts(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """An answer word by word; only the last says how it ends."""
    choice = answer["choices"][0]
    chat = "message" in choice
    words = words_of(choice["message"]["content"] if chat else choice["text"])
    found = []
    for place, word in enumerate(words):
        part: dict[str, Any] = {"index": 0, "finish_reason": "length" if place == len(words) - 1 else None}
        part |= {"delta": {"content": word}} if chat else {"text": word}
        if choice["logprobs"]:
            part["logprobs"] = {name: [row[place]] for name, row in choice["logprobs"].items()}
        found.append({"model": answer["model"], "choices": [part]})
    return found


def status(code: int, said: str = "not now", **headers: str) -> Fault:
    """An error, with headers whose names have _ for -."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, answer: handler.say(code, {"error": {"message": said}}, more)


def raw(content: bytes, kind: str = "application/json") -> Fault:
    """Whatever it may be, with status 200."""
    return lambda handler, answer: handler.send(200, content, {"Content-Type": kind})


def told(change: Callable[[dict[str, Any]], Any]) -> Fault:
    """The right answer, after it was changed."""
    return lambda handler, answer: (change(answer), handler.say(200, answer))


def hang(handler: Handler, answer: dict[str, Any]) -> None:
    """No answer until the test is over."""
    handler.served.released.wait()
    handler.close_connection = True


def gone(handler: Handler, answer: dict[str, Any]) -> None:
    """The connection ends without a word."""
    handler.close_connection = True


def cut(handler: Handler, answer: dict[str, Any]) -> None:
    """Half an answer."""
    content = json.dumps(answer).encode()
    handler.send(200, content[: len(content) // 2], {"Content-Type": "application/json", "Content-Length": "100000"})
    handler.close_connection = True


def unended(handler: Handler, answer: dict[str, Any]) -> None:
    """A stream that stops, as if that were all."""
    handler.stream(answer, last=False, ended=False)
