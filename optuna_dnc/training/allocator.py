"""Keep the memory that a training frees, instead of asking the system for it in every batch."""

from __future__ import annotations

import ctypes
import platform

# Parameters of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 2**31 - 1


def keep_freed_memory() -> None:
    """Tell glibc's allocator to hold on to freed memory; does nothing on other systems.

    A CNN's activations are tens of megabytes. By default glibc takes each from the system and
    gives it back, and the system clears every page again: a seventh of the training time on two
    cores (MLPs at batch 32: a tenth), for 5 % more peak memory with it. The setting holds for
    the whole process, so only the command line, whose process is its own, makes it.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, _LARGEST)
        libc.mallopt(_TRIM_THRESHOLD, _LARGEST)
