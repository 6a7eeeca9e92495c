"""Why the hub gave no model, in one line that says what to do next."""

from collections.abc import Sequence
from typing import Any

from llmlab.errors import LabError, MissingError, MisuseError
from llmlab.models.hub import HUB, HubName, host, is_the_hub

MIB = 2**20
NO_ADDRESS = ("Name or service not known", "nodename nor servname", "name resolution", "getaddrinfo failed")


def of(name: HubName, error: Exception, carried: Sequence[str]) -> LabError:
    """An error of the hub's client in the user's words. `carried`: models that need no hub."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, HfHubHTTPError):
        return _answered(name, error, carried)
    if isinstance(error, OfflineModeIsEnabled):
        return _unreachable(name, "HF_HUB_OFFLINE is set", carried)
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        what = f"{error.strerror or error} {error.filename or ''}".strip()
        return MissingError(f"cannot write the hub's cache: {what}", "is the disk full? HF_HOME names another folder")
    if isinstance(
        error, ValueError | TypeError | KeyError | AttributeError
    ):  # what it says is no JSON, or says something else
        return _unreachable(name, "it does not answer as the hub does", carried)
    return _unreachable(name, reason(error), carried)


def reason(error: Exception) -> str:
    """The first line of what an error says."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return "no network, or no such host" if any(words in said for words in NO_ADDRESS) else said


def _answered(name: HubName, error: Any, carried: Sequence[str]) -> LabError:
    """The hub answered, but not with the model; for one that is not there and for a private one it answers alike."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    where, status = f"{HUB}/{name.repository}", error.response.status_code
    if isinstance(error, GatedRepoError):
        return MissingError(f"{name.repository} is gated", f"accept its terms at {where}, then {_login()}")
    if isinstance(error, RepositoryNotFoundError):
        return MisuseError(
            f"{host()} shows no model {name.repository}",
            f"check the name{_no_folder(name)}; if it is private, {_login()}",
        )
    if isinstance(error, RevisionNotFoundError):
        return MisuseError(f"{name.repository} has no revision {name.revision!r}", "leave it out for the newest")
    if status in (401, 403):
        return MissingError(f"{host()} does not give you {name.repository} (it answers {status})", _login())
    return _unreachable(name, f"it answers {status}", carried)


def _no_folder(name: HubName) -> str:
    """A folder whose name is typed wrongly is taken for a name on the hub."""
    return "" if name.revision or name.file else f" (there is no folder {name})"


def _unreachable(name: HubName, why: str, carried: Sequence[str]) -> LabError:
    from huggingface_hub import constants

    offline = constants.is_offline_mode()
    other = "unset HF_HUB_OFFLINE" if offline else "set HF_ENDPOINT=https://... to a mirror"
    hint = f"give --model a folder or a .gguf file{_no_folder(name)}, or {other}"
    without = f"these need no hub: {', '.join(carried)}"
    return MissingError(f"cannot fetch {name} from {host()}: {why}", f"{hint}; {without}")


def broken(name: HubName, got: int, size: int, why: str) -> LabError:
    """A file that ended too early."""
    return MissingError(
        f"the connection to {host()} broke after {got / MIB:,.0f} of {size / MIB:,.0f} MiB of {name}: {why}",
        "run the command again: it goes on from there, where the host can send the rest of a file",
    )


def no_room(folder: object, needed: int, free: int) -> LabError:
    message = f"{needed / MIB:,.0f} MiB are to be fetched, and {folder} has {free / MIB:,.0f} MiB free"
    return MissingError(message, "make room, or let HF_HOME name a folder on another disk")


def _login() -> str:
    if is_the_hub():
        return "log in with `hf auth login`, or set HF_TOKEN"
    return f"set HF_TOKEN: what `hf auth login` has stored is not told to {host()}"
