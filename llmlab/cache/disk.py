"""Files and the names in folders, so that they are on the disk whenever the power goes; and what a disk refuses."""

import errno
import os
import shutil
import zlib
from pathlib import Path

from llmlab.errors import LabError, reason
from llmlab.language import tr

FULL = (errno.ENOSPC, errno.EDQUOT)
NOTHING = 2**20  # bytes: with fewer left a disk is full, whatever a library calls what it met
NUMPY = ("Not enough free space", " written")  # what numpy says of a full disk, without a number


def size(folder: Path) -> int:
    """Bytes of all files below a folder; what links lead to is not of it."""
    if folder.is_symlink():
        return folder.lstat().st_size
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def sha256(path: Path) -> str:
    import hashlib  # here, for it takes long to load

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until what a file holds, or the names in a folder, are on the disk: a power loss takes what is not.

    As in PostgreSQL's fsync_fname, a folder is passed over where the system syncs none.
    """
    flags = os.O_RDWR if os.name == "nt" and not path.is_dir() else os.O_RDONLY  # Windows syncs what it may write
    try:
        file = os.open(path, flags)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        if not (path.is_dir() and error.errno in (errno.EACCES, errno.EBADF, errno.EINVAL)):
            raise


def put(path: Path, data: bytes, mark: str = "tmp") -> None:
    """Write a small file so that it holds what it held or all of this, whenever the power goes.

    Where nobody is kept out by a lock, the `mark` of the unfinished one is the process's own.
    """
    unfinished = path.with_name(f"{path.name}.{mark}")
    unfinished.write_bytes(data)
    sync(unfinished)
    os.replace(unfinished, path)
    sync(path.parent)


def put_sealed(path: Path, data: bytes) -> None:
    """The same with a line more, its CRC-32, by which `sealed` knows a bit that has flipped."""
    put(path, b"%b\n%08x\n" % (data, zlib.crc32(data)))


def sealed(path: Path) -> bytes:
    """What `put_sealed` wrote. Raises OSError where there is nothing, ValueError for what is something else."""
    data, _, crc = path.read_bytes().removesuffix(b"\n").rpartition(b"\n")
    if crc != b"%08x" % zlib.crc32(data):
        raise ValueError(crc)
    return data


def is_full(folder: Path, error: Exception) -> bool:
    """Whether an error says that the disk is full, or may well come of that: a library's own says it in no number."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in FULL
    if isinstance(error, OSError) and any(said in str(error) for said in NUMPY):
        return True
    return shutil.disk_usage(folder).free < NOTHING


def is_of(folder: Path, error: OSError) -> bool:
    """Whether a system's error may be about what is below a folder: it names no file, or one there."""
    return error.filename is None or Path(str(error.filename)).is_relative_to(folder)


def refused(path: Path, error: Exception) -> LabError:
    """What to tell where the disk refuses to write a path below the cache."""
    if is_full(path.parent if path.parent.is_dir() else Path(path.anchor), error):
        why = tr("No space left on device")
        hint = tr("llmlab cache clean may free some; LLMLAB_CACHE names another place")
    else:
        why = reason(error) if isinstance(error, OSError) else str(error)
        hint = tr("LLMLAB_CACHE names another place")
    return LabError(tr("cannot write {folder}: {reason}", folder=path, reason=why), hint)
