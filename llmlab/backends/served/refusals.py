"""Why a server gave no answer, in one line that says what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager

from llmlab.backends.served.wire import ForeignError, Wire, WireError
from llmlab.errors import DamagedError, LabError, MisuseError
from llmlab.language import tr


class UnservedError(LabError):
    """A server does not do what it is asked for."""


class BrokenError(LabError):
    """What a server answers is no answer, as often as it is asked."""


def lost(wire: Wire, error: WireError, *, was_heard: bool = True) -> LabError:
    """What is said of a server that gives no answer, or breaks off; or never spoke the protocol."""
    if error.fault == "refused":
        return refusal(wire, error)
    if isinstance(error, ForeignError) and not was_heard:
        message = tr("{url} does not speak OpenAI's protocol: {reason}", url=wire.url, reason=error.said)
        return BrokenError(message, tr("check --base-url, which mostly ends in /v1"))
    kind = BrokenError if error.fault == "broken" else LabError
    return kind(
        tr("{url} gives no answer: {reason}", url=wire.url, reason=error.said), tr("see whether the server runs")
    )


def refusal(wire: Wire, error: WireError) -> LabError:
    """What a server refuses, and what to do."""
    if error.status in (401, 403):
        return _refused_key(wire, error)
    if error.status == 404:
        return UnservedError(
            tr("{url} has no such model or page: {reason}", url=wire.url, reason=error.said),
            tr("check --base-url, which mostly ends in /v1, and the model's name"),
        )
    return UnservedError(tr("{url} refuses: {reason}", url=wire.url, reason=error.said))


def _refused_key(wire: Wire, error: WireError) -> LabError:
    if not wire.key.name:  # of a server that llmlab started, which has just taken it
        return LabError(tr("{url} refuses the key: {reason}", url=wire.url, reason=error.said), tr("start it again"))
    told = {"url": wire.url, "name": wire.key.name, "reason": error.said}
    if not wire.key.value:
        return LabError(
            tr("{url} needs a key: {reason}", **told), tr("put it into the environment, as {name}", name=wire.key.name)
        )
    return LabError(
        tr("{url} refuses the key in {name}: {reason}", **told), tr("put the right one into the environment")
    )


@contextmanager
def below(wire: Wire) -> Iterator[None]:
    """Raise MisuseError where what is asked of a server fails, and it speaks the protocol below its URL, at /v1."""
    try:
        yield
    except (UnservedError, BrokenError, DamagedError):
        if wire.url.endswith("/v1") or not _speaks_below(wire):
            raise
        url = wire.url
        raise MisuseError(
            tr("{url} does not speak OpenAI's protocol", url=url), tr("did you mean {url}?", url=f"{url}/v1")
        ) from None


def _speaks_below(wire: Wire) -> bool:
    try:
        return "data" in wire.ask("/v1/models")
    except WireError as error:
        return error.status in (401, 403)
