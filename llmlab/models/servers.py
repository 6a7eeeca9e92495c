"""Models that a server runs: by `openai:NAME`, an entry of the settings, or the llama-server of `llmlab serve`.

A server is probed once (probing.py). Before the first answer of each is used, and after one has failed, a list is asked
for again and held against the one that was kept: it may run another model by now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmlab.config import Config
from llmlab.errors import MissingError, MisuseError, UnsupportedError
from llmlab.language import tr
from llmlab.progress import Reporter

if TYPE_CHECKING:
    from llmlab.backends.base import ModelInfo
    from llmlab.backends.served.base import Findings
    from llmlab.backends.served.encoder import ServedEncoder
    from llmlab.backends.served.model import ServedLM
    from llmlab.backends.served.pool import Pool
    from llmlab.models.serving.registry import Running
    from llmlab.models.sources import Source

PREFIX = "openai:"
OFFICIAL, OFFICIAL_KEY, KEY = "https://api.openai.com/v1", "OPENAI_API_KEY", "LLMLAB_API_KEY"
PAGES = ("/chat/completions", "/completions", "/embeddings", "/models", "/responses")  # below a base URL
EXAMPLE = "http://localhost:8000/v1"
PARALLEL = 8  # requests at once
UNSAID = 2**20  # tokens at once of a server that states no limit: it refuses what is too long


@dataclass(frozen=True)
class Server:
    """A model and the servers that run it."""

    name: str  # as it is asked for, and in records
    model: str  # as the servers call it
    urls: tuple[str, ...]
    key: str  # the environment's variable that holds their key


def named(config: Config, name: str) -> Server | None:
    """The servers of a model's name; None for a model of this machine.

    Raises MisuseError for a URL that is none.
    """
    entry = config.models.get(name)
    given = config.servers.base_url
    if entry is not None and entry.source == "server":
        return _server(name, entry.path or name, entry.urls or given, entry.key if entry.urls else "")
    if not name.startswith(PREFIX):
        return None
    model = name.removeprefix(PREFIX)
    if not model:
        raise MisuseError(tr("{name} names no model", name=name), tr("for example {example}", example="openai:llama3"))
    return _server(name, model, given or (OFFICIAL,))


def _server(name: str, model: str, urls: Sequence[str], key: str = "") -> Server:
    """`key`: the variable that an entry names; else the official server has that of its own client."""
    key = key or (OFFICIAL_KEY if {url.rstrip("/") for url in urls} == {OFFICIAL} else KEY)
    return Server(name, model, _checked(urls, key), key)


def open_lm(config: Config, server: Server, environ: Mapping[str, str], reporter: Reporter) -> "ServedLM":
    """The model, ready to be asked; probed now if it never was.

    Raises MissingError without the client, LabError for a server that does not answer.
    """
    from llmlab.models import probing

    pool = connect(config, server, environ, reporter)
    before = probing.up_to_date(config, server, pool)
    server, found = before or probing.probe(config, server, pool, reporter, unasked=True)
    if found.canary:
        pool.hold_to(partial(probing.check_same, server, found))
    from llmlab.backends.served.model import ServedLM

    if found.abilities.seeded is False:
        reporter.say(tr("{url}: the same seed draws another text", url=server.urls[0]))
    return ServedLM(pool, server.model, info(config, server, found), found.abilities)


def open_encoder(config: Config, server: Server, environ: Mapping[str, str], reporter: Reporter) -> "ServedEncoder":
    """A sentence encoder, asked once for the length of its vectors. Raises as `open_lm` does."""
    pool = connect(config, server, environ, reporter)
    from llmlab.backends.served.encoder import ServedEncoder, introduced
    from llmlab.backends.served.refusals import below

    with below(pool.members[0].wire):
        fixed, build = introduced(pool, server.model)
    return ServedEncoder(pool, server.model, _info(server, build, dimension=len(fixed)), fixed)


def open_own(config: Config, source: "Source", reporter: Reporter) -> "ServedLM":
    """A model of this machine through the llama-server that runs it. Raises MissingError where none does."""
    from llmlab.backends.base import ModelInfo, check_bos
    from llmlab.backends.served.base import LLAMA_SERVER
    from llmlab.backends.served.model import ServedLM
    from llmlab.backends.served.tokens import Cutter
    from llmlab.models.serving import registry

    running = registry.demand(config, source, reporter)
    pool = connect_own(config, running, reporter)
    bos = Cutter(pool, running.model, LLAMA_SERVER).bos().text
    check_bos(source.name, config.bos, [0] if bos else [])
    info = ModelInfo(
        name=source.name,
        revision=source.revision,
        engine="server",
        library=running.version,
        dtype=running.weights or running.dtype,
        vocabulary=0,
        context=running.context,
        dimension=0,
        layers=0,
        bos=None if config.bos is False else bos or None,
    )
    return ServedLM(pool, running.model, info, LLAMA_SERVER)


def connect(config: Config, server: Server, environ: Mapping[str, str], reporter: Reporter) -> "Pool":
    """The servers as one. Raises MissingError without the client, and for the official one without a key."""
    try:
        from llmlab.backends.served.client import Client
    except ImportError:
        raise MissingError(tr("a server needs the package openai"), 'pip install "llmlab[servers]"') from None
    from llmlab.backends.served.pool import Pool
    from llmlab.backends.served.wire import Key

    asked, key = config.servers, Key(checked_key(server.key, environ), server.key)
    if server.urls == (OFFICIAL,) and not key.value:
        raise MissingError(
            tr("{url} needs a key", url=OFFICIAL),
            tr("put it into the environment, as {name}, or name another server with --base-url", name=server.key),
        )
    parallel = asked.parallel or PARALLEL
    wires = [Client(url, key, asked.timeout, parallel) for url in server.urls]
    return Pool(wires, parallel, asked.retries, reporter.say)


def connect_own(config: Config, running: "Running", reporter: Reporter) -> "Pool":
    """The same of a llama-server that llmlab started."""
    from llmlab.backends.served.pool import Pool
    from llmlab.backends.served.wire import Loopback

    wire = Loopback(running.base_url, running.key, config.servers.timeout)
    parallel = min(config.servers.parallel or 1, running.parallel)  # of one text alone the digits are the same again
    return Pool([wire], parallel, config.servers.retries, reporter.say)


def checked_key(name: str, environ: Mapping[str, str]) -> str:
    """The key that the environment holds, without the line end of a file. Raises MisuseError, without it, for none."""
    key = environ.get(name, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise MisuseError(
            tr("{name} holds no key: one is letters, digits and signs, without spaces", name=name),
            tr("set it again"),
        )
    return key


def info(config: Config, server: Server, found: "Findings") -> "ModelInfo":
    """Where its numbers come from."""
    from llmlab.backends.base import check_bos

    if config.bos is not None and not found.abilities.reads_numbers:
        message = tr("whether BOS stands before a text is for {url} to say", url=server.urls[0])
        raise UnsupportedError(message, "llama.cpp", tr("leave out --bos and --no-bos"))
    check_bos(server.name, config.bos, [0] if found.bos else [])
    said = _info(server, found.build)
    return replace(
        said,
        dtype=found.dtype or said.dtype,
        vocabulary=found.vocabulary,
        context=found.context or UNSAID,
        bos=None if config.bos is False else found.bos,
    )


def _info(server: Server, build: str, dimension: int = 0) -> "ModelInfo":
    """What is known of every model behind a server; 0 for what is not."""
    from importlib.metadata import version

    from llmlab.backends.base import ModelInfo

    return ModelInfo(
        name=server.name,
        revision=build,
        engine="openai",
        library=f"openai {version('openai')}",
        dtype="as served",
        vocabulary=0,
        context=0,
        dimension=dimension,
        layers=0,
        bos=None,
    )


def _checked(urls: Sequence[str], key: str) -> tuple[str, ...]:
    """Raises MisuseError for what is no URL of a server, and for one that holds a name or a key."""
    for url in urls:
        if "@" in url or "?" in url or "#" in url:
            raise MisuseError(
                tr("the URL of a server holds more than an address"),
                tr("a key belongs into the environment, as {name}", name=key),
            )
        try:
            parts = urlsplit(url)
            fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            fine = False
        if not fine:
            raise MisuseError(tr("{url} is no URL of a server", url=url), tr("for example {example}", example=EXAMPLE))
        if page := next((one for one in PAGES if url.rstrip("/").endswith(one)), ""):
            base = url.rstrip("/").removesuffix(page)
            raise MisuseError(tr("{url} is no base URL", url=url), tr("did you mean {url}?", url=base))
    if not urls:
        raise MisuseError(tr("no server is given"), tr("add --base-url {example}", example=EXAMPLE))
    return tuple(dict.fromkeys(url.rstrip("/") for url in urls))
