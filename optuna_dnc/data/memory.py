"""Free memory of the machine."""

from __future__ import annotations

import os
from pathlib import Path


def free_memory() -> int | None:
    """Return the number of bytes of free memory; None where the system does not say."""
    try:
        with Path("/proc/meminfo").open() as lines:
            found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024
    except (OSError, StopIteration):
        try:
            return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError, AttributeError):
            return None


def gibibytes(n_bytes: int) -> str:
    """Return a size for messages, such as ``2.5 GiB``."""
    return f"{n_bytes / 2**30:.1f} GiB"
