"""A lock on an open file itself: nothing is left beside it, and it is gone with the process that holds it."""

import os
import sys
from io import FileIO
from pathlib import Path

from llmlab.language import tr

BEYOND = 2**62  # Windows locks bytes, also where no file ends


def lock(file: FileIO) -> bool:
    """Whether nobody else has locked the file; then it is ours until it is closed. Raises OSError for no such lock."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(BEYOND)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def holder(file: FileIO) -> str:
    """Who has locked the file, as far as the system tells: Linux lists locks by inode."""
    try:
        locks = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
    except OSError:
        return tr("another process")
    inode = str(os.fstat(file.fileno()).st_ino)
    owners = [int(fields[4]) for fields in locks if fields[1] == "FLOCK" and fields[5].split(":")[-1] == inode]
    return tr("process {number}", number=owners[0]) if owners and owners[0] > 0 else tr("another process")
