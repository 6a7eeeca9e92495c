"""Why the hub gave no model, in one line that says what to do next."""

from collections.abc import Sequence
from typing import Any

from llmlab.errors import NUMBER, LabError, MissingError, MisuseError
from llmlab.errors import reason as of_system
from llmlab.language import later, tr
from llmlab.models.hub import HUB, HubName, host, is_the_hub

MIB = 2**20
NO_ADDRESS = ("Name or service not known", "nodename nor servname", "name resolution", "getaddrinfo failed")

OFFLINE = later("give --model a folder or a .gguf file{folder}, or unset HF_HUB_OFFLINE; these need no hub: {carried}")
ONLINE = later(
    "give --model a folder or a .gguf file{folder}, or set HF_ENDPOINT=https://... to a mirror;"
    " these need no hub: {carried}"
)


def of(name: HubName, error: Exception, carried: Sequence[str]) -> LabError:
    """An error of the hub's client in the user's words. `carried`: models that need no hub."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, HfHubHTTPError):
        return _answered(name, error, carried)
    if isinstance(error, OfflineModeIsEnabled):
        return _unreachable(name, tr("HF_HUB_OFFLINE is set"), carried)
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        what = f"{of_system(error)} {error.filename or ''}".strip()
        message = tr("cannot write the hub's cache: {reason}", reason=what)
        return MissingError(message, tr("is the disk full? HF_HOME names another folder"))
    if isinstance(
        error, ValueError | TypeError | KeyError | AttributeError
    ):  # what it says is no JSON, or says something else
        return _unreachable(name, tr("it does not answer as the hub does"), carried)
    return _unreachable(name, reason(error), carried)


def reason(error: Exception) -> str:
    """The first line of what an error says."""
    said = NUMBER.sub("", (str(error).strip().splitlines() or [type(error).__name__])[0])
    return tr("no network, or no such host") if any(words in said for words in NO_ADDRESS) else tr(said)


def _answered(name: HubName, error: Any, carried: Sequence[str]) -> LabError:
    """The hub answered, but not with the model; for one that is not there and for a private one it answers alike."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    where, status = f"{HUB}/{name.repository}", error.response.status_code
    if isinstance(error, GatedRepoError):
        return MissingError(
            tr("{name} is gated", name=name.repository),
            tr("accept its terms at {where}, then {login}", where=where, login=_login()),
        )
    if isinstance(error, RepositoryNotFoundError):
        return MisuseError(
            tr("{host} shows no model {repository}", host=host(), repository=name.repository),
            tr("check the name{folder}; if it is private, {login}", folder=_no_folder(name), login=_login()),
        )
    if isinstance(error, RevisionNotFoundError):
        return MisuseError(
            tr("{repository} has no revision {revision!r}", repository=name.repository, revision=name.revision),
            tr("leave it out for the newest"),
        )
    if status in (401, 403):
        return MissingError(
            tr(
                "{host} does not give you {repository} (it answers {status})",
                host=host(),
                repository=name.repository,
                status=status,
            ),
            _login(),
        )
    return _unreachable(name, tr("it answers {status}", status=status), carried)


def _no_folder(name: HubName) -> str:
    """A folder whose name is typed wrongly is taken for a name on the hub."""
    return "" if name.revision or name.file else tr(" (there is no folder {name})", name=name)


def _unreachable(name: HubName, why: str, carried: Sequence[str]) -> LabError:
    from huggingface_hub import constants

    offline = constants.is_offline_mode()
    hint = OFFLINE if offline else ONLINE
    message = tr("cannot fetch {name} from {host}: {why}", name=name, host=host(), why=why)
    return MissingError(message, tr(hint, folder=_no_folder(name), carried=tr(", ").join(carried)))


def broken(name: HubName, got: int, size: int, why: str) -> LabError:
    """A file that ended too early."""
    return MissingError(
        tr(
            "the connection to {host} broke after {got:,.0f} of {size:,.0f} MiB of {name}: {why}",
            host=host(),
            got=got / MIB,
            size=size / MIB,
            name=name,
            why=why,
        ),
        tr("run the command again: it goes on from there, where the host can send the rest of a file"),
    )


def no_room(folder: object, needed: int, free: int) -> LabError:
    message = tr(
        "{needed:,.0f} MiB are to be fetched, and {folder} has {free:,.0f} MiB free",
        needed=needed / MIB,
        folder=folder,
        free=free / MIB,
    )
    return MissingError(message, tr("make room, or let HF_HOME name a folder on another disk"))


def _login() -> str:
    if is_the_hub():
        return tr("log in with `hf auth login`, or set HF_TOKEN")
    return tr("set HF_TOKEN: what `hf auth login` has stored is not told to {host}", host=host())
