"""Reading files of the hub into its cache, whole and checked or not at all.

One question brings the size and the checksum of every file (SHA-256 of large ones, git's SHA-1 of small ones). Each is
then read into the hub's cache as its client would lay it down (blobs, snapshots, refs:
https://huggingface.co/docs/huggingface_hub/guides/manage-cache). The client itself drops what an interrupted run has
read, and compares no checksum; here a later run goes on where one broke off, and nothing is used before it is compared.
"""

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import sleep
from typing import Any, Literal, TypeVar

from llmlab import __version__, cache
from llmlab.errors import DamagedError, MisuseError
from llmlab.language import later, tr
from llmlab.models import refusals
from llmlab.models.hub import HubFile, HubName, Revision, host, is_below, is_the_hub, record
from llmlab.progress import Reporter

T = TypeVar("T")
COMMIT, OID = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
SHA256_DIGITS, PARTIAL_CONTENT = 64, 206
OTHER = later("set HF_ENDPOINT=https://... to another mirror")
PAUSE_S = 1.0  # before a broken connection is taken up again
MIB = 2**20


def revision(name: HubName) -> Revision:
    """What the hub says of a revision."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.utils import build_hf_headers

    limit_s = constants.HF_HUB_ETAG_TIMEOUT
    caller = {"library_name": "llmlab", "library_version": __version__}

    def ask() -> tuple[Any, Mapping[str, str]]:
        api = HfApi(endpoint=constants.ENDPOINT, token=_token(), **caller)
        info = api.model_info(name.repository, revision=name.revision or None, timeout=limit_s, files_metadata=True)
        return info, build_hf_headers(token=_token(), **caller)

    info, headers = _within(limit_s, ask)
    if not COMMIT.fullmatch(info.sha or ""):
        raise DamagedError(tr("{host} does not say which commit {name} is", host=host(), name=name), tr(OTHER))
    if COMMIT.fullmatch(name.revision) and info.sha != name.revision:
        raise DamagedError(
            tr("asked for {name}, {host} answers with {commit}", name=name, host=host(), commit=info.sha), tr(OTHER)
        )
    found = tuple(_file(one) for one in info.siblings or () if is_below(one.rfilename))
    return Revision(info.sha, found, headers)


def _file(stated: Any) -> HubFile:
    oid = (stated.lfs.sha256 if stated.lfs else stated.blob_id) or ""
    known = isinstance(stated.size, int) and OID.fullmatch(oid)
    return HubFile(stated.rfilename, stated.size, oid) if known else HubFile(stated.rfilename, 0, "")


def files(name: HubName, revision: Revision, wanted: Sequence[HubFile], reporter: Reporter) -> Path:
    """The folder of a snapshot with these files in it; what is not in the hub's cache is read."""
    from huggingface_hub import constants

    if lacking := [one.path for one in wanted if not one.oid]:
        lacks, repository = lacking[0], name.repository
        said = tr(
            "{host} does not say how {file} of {repository} must be", host=host(), file=lacks, repository=repository
        )
        raise DamagedError(said, tr(OTHER))
    folder = "models--" + name.repository.replace("/", "--")
    storage = Path(constants.HF_HUB_CACHE, folder)
    locks = Path(constants.HF_HUB_CACHE, ".locks")
    for one in (storage / "blobs", locks):
        one.mkdir(parents=True, exist_ok=True)
    with cache.locked(locks / folder, reporter, name=name.repository):
        _blobs(name, revision, wanted, storage / "blobs", reporter)
        snapshot = storage / "snapshots" / revision.commit
        if not name.file:  # before the first link, so that an interrupted run leaves nothing that looks whole
            record(snapshot).parent.mkdir(exist_ok=True)
            cache.put(record(snapshot), "\n".join(one.path for one in wanted).encode())
        for file in wanted:
            _link(storage / "blobs" / file.oid, snapshot / file.path)
        ref = storage / "refs" / (name.revision or constants.DEFAULT_REVISION)
        if not COMMIT.fullmatch(name.revision):
            ref.parent.mkdir(parents=True, exist_ok=True)
            cache.put(ref, revision.commit.encode())
    return snapshot


def _blobs(name: HubName, revision: Revision, wanted: Sequence[HubFile], blobs: Path, reporter: Reporter) -> None:
    """Read what is missing, and give it its name when it is what the hub says."""
    missing = {one.oid: one for one in wanted if not (blobs / one.oid).is_file()}
    begun = {oid: _size(_partial(blobs, oid)) for oid in missing}
    total = sum(one.size for one in missing.values())
    free = shutil.disk_usage(blobs).free
    if total - sum(begun.values()) > free:
        raise refusals.no_room(blobs, total - sum(begun.values()), free)
    if missing:
        reporter.say(
            tr("fetching {name} from {host} ({size:,.0f} MiB, once)", name=name, host=host(), size=total / MIB)
        )
    done = 0
    with reporter.progress(tr("fetching {name}, MiB", name=name)) as progress:

        def tell(got: int) -> None:
            progress((done + got) // MIB, total // MIB)

        for oid, file in missing.items():
            partial = _partial(blobs, oid)
            _read(name, revision, file, partial, tell)
            _check(name, file, partial)
            cache.sync(partial)
            os.replace(partial, blobs / oid)
            done += file.size


def _read(name: HubName, revision: Revision, file: HubFile, partial: Path, tell: Callable[[int], None]) -> None:
    """Read on from where a file ends, until it is whole. A connection that brought something is taken up again."""
    from huggingface_hub import constants, hf_hub_url

    url = hf_hub_url(name.repository, file.path, revision=revision.commit, endpoint=constants.ENDPOINT)
    partial.touch()
    while (begun := _size(partial)) < file.size:
        why = tr("it ended early")
        try:
            _append(url, revision.headers, partial, file.size, tell)
        except OSError:  # the disk's, or an answer of the hub's
            raise
        except Exception as error:  # a connection that broke, in the words of one of several HTTP libraries
            why = refusals.reason(error)
        got = _size(partial)
        if got <= begun:
            raise refusals.broken(name, got, file.size, why)
        if got < file.size:
            sleep(PAUSE_S)


def _append(url: str, headers: Mapping[str, str], partial: Path, size: int, tell: Callable[[int], None]) -> None:
    """What one connection brings. A server that knows no ranges begins anew."""
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import hf_raise_for_status

    got = _size(partial)
    asked = {**headers, "Accept-Encoding": "identity"} | ({"Range": f"bytes={got}-"} if got else {})
    limit_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=asked, timeout=limit_s, follow_redirects=True) as answer:
        hf_raise_for_status(answer)
        if answer.status_code != PARTIAL_CONTENT:
            partial.write_bytes(b"")
            got = 0
        with partial.open("ab") as file:
            for piece in answer.iter_bytes():  # as they come: what a broken connection has brought is kept
                file.write(piece)
                got += len(piece)
                tell(got)
                if got > size:
                    break  # it is not what the hub says


def _check(name: HubName, file: HubFile, partial: Path) -> None:
    """Raise DamagedError, and drop what was read, when it is not what the hub says."""
    found = cache.sha256(partial) if len(file.oid) == SHA256_DIGITS else _git_sha1(partial)
    if found == file.oid:
        return
    partial.unlink()
    raise DamagedError(
        tr(
            "{file} of {repository} came otherwise than {host} says it must be, and was dropped",
            file=file.path,
            repository=name.repository,
            host=host(),
        ),
        tr("run the command again; if that does not help, set HF_ENDPOINT=https://... to another mirror"),
    )


def _git_sha1(path: Path) -> str:
    """How git calls a file (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects)."""
    import hashlib

    with path.open("rb") as file:
        sha1 = hashlib.sha1(b"blob %d\0" % _size(path), usedforsecurity=False)
        while piece := file.read(MIB):
            sha1.update(piece)
    return sha1.hexdigest()


def _link(blob: Path, path: Path) -> None:
    """A file of a snapshot is a link to its content; on Windows, where few may make links, it is the content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path):
        return
    try:
        path.symlink_to(os.path.relpath(blob, path.parent))
    except OSError:
        copy = blob.with_name(f"{blob.name}.copy")
        shutil.copyfile(blob, copy)
        os.replace(copy, path)  # so that it is whole or not there


def _partial(blobs: Path, oid: str) -> Path:
    return blobs / f"{oid}.incomplete"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _token() -> str | Literal[False] | None:
    """None: what the client finds. Another host than the hub is told only a token that is set beside its name.

    Raises MisuseError for what would be no header, whose text another's error would show.
    """
    from huggingface_hub import get_token

    token = (get_token() if is_the_hub() else os.environ.get("HF_TOKEN", "").strip()) or ""
    if not (token.isascii() and token.isprintable()):
        raise MisuseError(
            tr("the token for the hub holds characters that none has"), tr("set HF_TOKEN anew, without them")
        )
    return None if is_the_hub() else token or False


def _within(limit_s: float, call: Callable[[], T]) -> T:
    """What a call returns; TimeoutError when it lasts longer: each of a host's addresses has the limit for itself."""
    from concurrent.futures import Future
    from threading import Thread

    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(call())
        except Exception as error:  # it is raised where it is waited for
            result.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return result.result(limit_s)
    except TimeoutError:
        raise TimeoutError(tr("no answer within {limit} s", limit=limit_s)) from None
