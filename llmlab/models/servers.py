"""Models that a server runs: by `openai:NAME`, an entry of the settings, or the llama-server of `llmlab serve`.

A server is probed once, and what was found is kept with its name. Before the first answer of each server is used, and
after one has failed, a list is asked for again and held against the one that was kept: it may run another model by now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from llmlab import cache
from llmlab.config import Config
from llmlab.errors import LabError, MissingError, MisuseError, UnsupportedError
from llmlab.language import tr
from llmlab.progress import Reporter

if TYPE_CHECKING:
    from llmlab.backends.base import ModelInfo
    from llmlab.backends.served.base import Findings
    from llmlab.backends.served.encoder import ServedEncoder
    from llmlab.backends.served.model import ServedLM
    from llmlab.backends.served.pool import Pool
    from llmlab.backends.served.wire import Wire
    from llmlab.models.sources import Source

PREFIX = "openai:"
OFFICIAL, OFFICIAL_KEY, KEY = "https://api.openai.com/v1", "OPENAI_API_KEY", "LLMLAB_API_KEY"
EXAMPLE = "http://localhost:8000/v1"
PARALLEL = 8  # requests at once
UNSAID = 2**20  # tokens at once of a server that states no limit: it refuses what is too long
FORMAT = 2  # of what is kept
MOVED_NATS = 0.1  # how far a kept list may be from what the same model says: servers batch, and round


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
        urls, key = (entry.urls, entry.key or KEY) if entry.urls else (given, KEY)
        return Server(name, entry.path or name, _checked(urls), key)
    if not name.startswith(PREFIX):
        return None
    model = name.removeprefix(PREFIX)
    if not model:
        raise MisuseError(tr("{name} names no model", name=name), tr("for example {example}", example="openai:llama3"))
    return Server(name, model, _checked(given or (OFFICIAL,)), KEY if given else OFFICIAL_KEY)


def open_lm(config: Config, server: Server, environ: Mapping[str, str], reporter: Reporter) -> "ServedLM":
    """The model, ready to be asked; probed now if it never was.

    Raises MissingError without the client, LabError for a server that does not answer.
    """
    found = up_to_date(config, server, environ, reporter) or probe(config, server, environ, reporter)
    pool = connect(config, server, environ, reporter, partial(check_same, server, found) if found.canary else None)
    from llmlab.backends.served.model import ServedLM

    if found.abilities.seeded is False:
        reporter.say(tr("{url}: the same seed draws another text", url=server.urls[0]))
    return ServedLM(pool, server.model, info(config, server, found), found.abilities)


def open_encoder(config: Config, server: Server, environ: Mapping[str, str], reporter: Reporter) -> "ServedEncoder":
    """A sentence encoder, asked once for the length of its vectors. Raises as `open_lm` does."""
    pool = connect(config, server, environ, reporter)
    from llmlab.backends.served.encoder import ServedEncoder, introduced

    fixed, build = introduced(pool, server.model)
    return ServedEncoder(pool, server.model, _info(server, build, dimension=len(fixed)), fixed)


def open_own(config: Config, source: "Source", reporter: Reporter) -> "ServedLM":
    """A model of this machine through the llama-server that runs it. Raises MissingError where none does."""
    from llmlab.backends.base import ModelInfo, check_bos
    from llmlab.backends.served.base import LLAMA_SERVER
    from llmlab.backends.served.model import ServedLM
    from llmlab.backends.served.pool import Pool
    from llmlab.backends.served.tokens import Cutter
    from llmlab.backends.served.wire import Loopback
    from llmlab.models.serving import registry

    running = registry.demand(config, source, reporter)
    wire = Loopback(f"{running.url}/v1", running.key, config.servers.timeout)
    parallel = min(config.servers.parallel or 1, running.parallel)  # of one text alone the digits are the same again
    pool = Pool([wire], parallel, config.servers.retries, reporter.say)
    bos = Cutter(pool, running.model, LLAMA_SERVER).bos().text
    check_bos(source.name, config.bos, [0] if bos else [])
    info = ModelInfo(
        name=source.name,
        revision=source.revision,
        engine="server",
        library=running.version,
        dtype=running.dtype,
        vocabulary=0,
        context=running.context,
        dimension=0,
        layers=0,
        bos=None if config.bos is False else bos or None,
    )
    return ServedLM(pool, running.model, info, LLAMA_SERVER)


def probe(config: Config, server: Server, environ: Mapping[str, str], reporter: Reporter) -> "Findings":
    """Find out what the first of the servers can do, and keep it."""
    from llmlab.backends.served.probe import Probe

    first = replace(server, urls=server.urls[:1])
    with reporter.progress(tr("probing {url}", url=first.urls[0])) as progress:
        found = Probe(connect(config, first, environ, reporter), server.model, progress).run()
    path = _place(config, server)
    path.parent.mkdir(parents=True, exist_ok=True)
    cache.put(path, msgspec.json.encode((FORMAT, found)))
    return found


def kept(config: Config, server: Server) -> "Findings | None":
    """What was found before; None where nothing was, or what was is of another version of llmlab."""
    from llmlab.backends.served.base import Findings

    try:
        form, found = msgspec.json.decode(_place(config, server).read_bytes(), type=tuple[int, Findings])
    except (OSError, msgspec.DecodeError):
        return None
    return found if form == FORMAT else None


def up_to_date(config: Config, server: Server, environ: Mapping[str, str], reporter: Reporter) -> "Findings | None":
    """The same, None where another build of the server runs by now: it may do other things.

    The official one has many replicas, whose builds differ. One that does not answer is left to the pool.
    """
    found = kept(config, server)
    if found is None or not (found.canary and found.build) or server.urls[0] == OFFICIAL:
        return found
    from llmlab.backends.served.asker import canary

    config = structs.replace(config, servers=structs.replace(config.servers, retries=0))
    first = connect(config, replace(server, urls=server.urls[:1]), environ, reporter)
    try:
        build = canary(first, server.model, found)[1]
    except LabError:
        return found
    return found if build in ("", found.build) else None


def check_same(server: Server, found: "Findings", wire: "Wire") -> None:
    """Ask one of the servers for the list that was kept. Raises LabError where it is another model's."""
    from llmlab.backends.served.asker import canary

    if not _same(dict(found.canary), dict(canary(wire, server.model, found)[0])):
        raise LabError(
            tr("{url} runs another model than when {name} was probed", url=wire.url, name=server.name),
            f"llmlab models probe {server.name}",
        )


def connect(
    config: Config,
    server: Server,
    environ: Mapping[str, str],
    reporter: Reporter,
    check: "Callable[[Wire], None] | None" = None,
) -> "Pool":
    """The servers as one, each of which is checked before it is believed."""
    try:
        from llmlab.backends.served.client import Client
    except ImportError:
        raise MissingError(tr("a server needs the package openai"), 'pip install "llmlab[servers]"') from None
    from llmlab.backends.served.pool import Pool

    asked, key = config.servers, checked_key(server.key, environ)
    if server.urls == (OFFICIAL,) and not key:
        raise MissingError(
            tr("{url} wants a key", url=OFFICIAL),
            tr("put it into the environment, as {name}, or name another server with --base-url", name=server.key),
        )
    parallel = asked.parallel or PARALLEL
    wires = [Client(url, key, asked.timeout, parallel) for url in server.urls]
    return Pool(wires, parallel, asked.retries, reporter.say, check)


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


def _place(config: Config, server: Server) -> Path:
    """Where what was found is kept: by what is asked, and whom."""
    from llmlab.models.sources import digest  # which looks here whether a name is of a server

    name = digest("\n".join([server.model, *server.urls[:1]]))[:24]
    return config.cache_folder / "probes" / f"{name}.json"


def _same(was: Mapping[str, float], now: Mapping[str, float]) -> bool:
    """Whether two lists are of one distribution: the last of a list may change places with the next."""
    common = was.keys() & now.keys()
    return len(common) >= max(1, len(was) - 1) and all(abs(was[name] - now[name]) < MOVED_NATS for name in common)


def _checked(urls: Sequence[str]) -> tuple[str, ...]:
    """Raises MisuseError for what is no URL of a server, and for one that holds a name or a key."""
    for url in urls:
        if "@" in url or "?" in url or "#" in url:
            raise MisuseError(
                tr("the URL of a server holds more than an address"),
                tr("a key belongs into the environment, as LLMLAB_API_KEY"),
            )
        try:
            parts = urlsplit(url)
            fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            fine = False
        if not fine:
            raise MisuseError(tr("{url} is no URL of a server", url=url), tr("for example {example}", example=EXAMPLE))
    if not urls:
        raise MisuseError(tr("no server is given"), tr("add --base-url {example}", example=EXAMPLE))
    return tuple(dict.fromkeys(url.rstrip("/") for url in urls))
