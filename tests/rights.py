"""The rights of a user who is not root, for tests that root runs too."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

VERSION, DAC_OVERRIDE = 0x20080522, 1 << 1  # linux/capability.h


@contextmanager
def as_a_user() -> Iterator[None]:
    """Who is root is held by the rights of files meanwhile, in this thread; Linux alone knows how."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, held = (ctypes.c_uint32 * 2)(VERSION, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, held) == 0
    fewer = (ctypes.c_uint32 * 6)(*held)
    fewer[0] &= ~DAC_OVERRIDE  # of what is in effect; it may be taken back
    assert libc.capset(header, fewer) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0
