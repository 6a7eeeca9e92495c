"""What servers were found to do: asked of the first that answers, once, and kept with its URL and the model's name.

Another build of it is probed anew. The other servers of a pool are held to the same model.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from llmlab import cache
from llmlab.backends.served.asker import canary
from llmlab.backends.served.base import Findings
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.probe import Probe
from llmlab.backends.served.refusals import below
from llmlab.backends.served.wire import Wire, WireError
from llmlab.config import Config
from llmlab.errors import LabError, MisuseError
from llmlab.language import later, tr
from llmlab.models.servers import OFFICIAL, Server, connect_own
from llmlab.models.serving import registry
from llmlab.models.sources import Source, digest
from llmlab.progress import Reporter

FORMAT = 2  # of what is kept
WAITS = later("another llmlab is probing the server; waiting for it")
UNPROBED = later("{url} was never probed as it is now: asking it some 200 short questions, once")
MOVED_NATS = 0.1  # how far a kept list may be from what the same model says: servers batch, and round


def probe(
    config: Config, server: Server, pool: Pool, reporter: Reporter, *, unasked: bool = False
) -> tuple[Server, Findings]:
    """The servers, that which answers first, and what it can do, which is kept. Raises LabError where none answers.

    Of several that are to probe it at once one does. `unasked`: it is said that this is done, and why.
    """
    alone = pool.first()
    wire = alone.members[0].wire
    path = _place(config, server, wire.url)
    path.parent.mkdir(parents=True, exist_ok=True)
    before = _read(path)
    with cache.locked(path, reporter, WAITS):
        found = _read(path)
        if found is None or found == before:
            with below(wire), reporter.progress(tr("probing {url}", url=wire.url)) as progress:
                news = tr(UNPROBED, url=wire.url)
                found = Probe(alone, server.model, progress).run(lambda: reporter.say(news) if unasked else None)
            cache.put_sealed(path, msgspec.json.encode((FORMAT, found)))
    return _beginning(server, wire.url), found


def probe_own(config: Config, source: Source, reporter: Reporter) -> tuple[Server, Findings]:
    """The same of the llama-server that runs a model of this machine, in whatever number type; it is not kept.

    Raises MisuseError for a model that none can run, MissingError where none does.
    """
    if not source.is_gguf:
        message = tr("{model} is no GGUF language model, which llama-server needs", model=source.name)
        raise MisuseError(message, tr("name openai:NAME"))
    same = [one for one in registry.every(config, reporter) if one.folder.name == source.slug]
    running = same[0] if same else registry.demand(config, source, reporter)
    pool = connect_own(config, running, reporter)
    url = pool.members[0].wire.url
    with reporter.progress(tr("probing {url}", url=url)) as progress:
        return Server(source.name, running.model, (url,), ""), Probe(pool, running.model, progress).run()


def kept(config: Config, server: Server) -> tuple[Server, Findings] | None:
    """The same as it was found before; None where nothing was, or what was is of another version of llmlab."""
    for url in server.urls:
        if found := _read(_place(config, server, url)):
            return _beginning(server, url), found
    return None


def up_to_date(config: Config, server: Server, pool: Pool) -> tuple[Server, Findings] | None:
    """The same, None where another build of the server runs by now: it may do other things.

    The official one has many replicas, whose builds differ. One that does not answer is left to the pool.
    """
    before = kept(config, server)
    if before is None:
        return None
    first, found = before
    if not (found.canary and found.build) or first.urls[0] == OFFICIAL:
        return before
    (wire,) = (one.wire for one in pool.members if one.wire.url == first.urls[0])
    try:
        build = canary(wire, server.model, found)[1]
    except (LabError, WireError):
        return before
    pool.was_heard = True
    return before if build in ("", found.build) else None


def check_same(server: Server, found: Findings, wire: Wire) -> None:
    """Ask one of the servers for the list that was kept. Raises LabError where it is another model's."""
    if not _same(dict(found.canary), dict(canary(wire, server.model, found)[0])):
        raise LabError(
            tr("{url} runs another model than when {name} was probed", url=wire.url, name=server.name),
            f"llmlab models probe {server.name}",
        )


def _read(path: Path) -> Findings | None:
    try:
        form, found = msgspec.json.decode(cache.sealed(path), type=tuple[int, Findings])
    except (OSError, ValueError):
        return None
    return found if form == FORMAT else None


def _beginning(server: Server, url: str) -> Server:
    return replace(server, urls=(url, *(other for other in server.urls if other != url)))


def _place(config: Config, server: Server, url: str) -> Path:
    """Where what was found is kept: by what is asked, and whom."""
    name = digest(f"{server.model}\n{url}")[:24]
    return config.cache_folder / "probes" / f"{name}.json"


def _same(was: Mapping[str, float], now: Mapping[str, float]) -> bool:
    """Whether two lists are of one distribution: the last of a list may change places with the next."""
    common = was.keys() & now.keys()
    return len(common) >= max(1, len(was) - 1) and all(abs(was[name] - now[name]) < MOVED_NATS for name in common)
