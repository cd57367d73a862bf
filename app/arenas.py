"""Few heaps for many threads: what a closed stack has freed is used again by the next one."""

from __future__ import annotations

import ctypes
import os

VARIABLE = "MALLOC_ARENA_MAX"
M_ARENA_MAX, MOST = -8, 4


def share_heaps() -> bool:
    """Have threads share a few heaps, where each would get its own; whether that was possible.

    The C library of Linux gives heaps of their own to up to eight threads per processor, and memory that one
    thread has freed is not there for the others. Threads come and go with each window and each run.
    """
    if "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", {}) or VARIABLE in os.environ:
        return False
    return bool(ctypes.CDLL(None).mallopt(M_ARENA_MAX, MOST))
