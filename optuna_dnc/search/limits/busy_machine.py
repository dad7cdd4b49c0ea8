"""How much other processes slow this one down."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FEWEST_SECONDS = 0.02
"""CPU time from which the ratio of wait to CPU time says something."""

_MOST = 20.0


class CpuTime(NamedTuple):
    """Time of the current thread, in seconds; 0 where the system does not tell, as on macOS."""

    used: float = 0.0
    """On a CPU."""
    waited: float = 0.0
    """Ready to run, while other threads had the CPU."""

    @classmethod
    def now(cls) -> CpuTime:
        """Return the time since the thread started."""
        try:
            used, waited, _ = Path("/proc/thread-self/schedstat").read_text().split()
            return cls(int(used) / 1e9, int(waited) / 1e9)
        except (OSError, ValueError):
            return cls()


def slowdown_since(start: CpuTime) -> float:
    """Return how many times as long computations take as on a machine without other processes.

    It is from 1, also where the system does not tell, to 20.
    """
    now = CpuTime.now()
    used, waited = now.used - start.used, now.waited - start.waited
    return min(1.0 + waited / used, _MOST) if used >= _FEWEST_SECONDS else 1.0
