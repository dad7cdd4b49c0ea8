"""Clock for processes that are to end, also on a machine that is busy with other work."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


class PatientClock:
    """Counts seconds, without those in which all processes waited for a processor.

    A process that hangs does not wait for one; a process that only starts slowly does nearly all
    the time. Linux counts this time for each process; elsewhere, all seconds count.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last = time.monotonic()
        self._waited: dict[int, float] = {}

    def look(self, pids: Iterable[int]) -> None:
        """Count the seconds since the last look.

        Args:
            pids: Processes that are to end; their children count, too.
        """
        now = time.monotonic()
        waited = {pid: _seconds_waited(pid) for pid in _with_children(pids)}
        longest = max((s - self._waited.get(pid, 0.0) for pid, s in waited.items()), default=0.0)
        self.seconds += max(now - self._last - longest, 0.0)
        self._last, self._waited = now, waited


def _with_children(pids: Iterable[int]) -> Iterator[int]:
    """Yield processes, and all that they have started."""
    children: dict[int, list[int]] = defaultdict(list)
    for file in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            parent = file.read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(file.parent.name))
    left = list(pids)
    while left:
        yield (pid := left.pop())
        left += children[pid]


def _seconds_waited(pid: int) -> float:
    with suppress(OSError):
        return int((PROC / str(pid) / "schedstat").read_text().split()[1]) / 1e9
    return 0.0
