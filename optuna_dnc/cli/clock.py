"""Clock of a command: a time limit includes the start of the process and its imports."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

_started = time.monotonic()

MOST_TO_IMPORT = 600.0
"""Largest plausible age of the process in seconds; beyond it, the system's clocks disagree."""


def start_clock(*, with_process: bool) -> None:
    """Start the clock of a command.

    Args:
        with_process: Whether the command began with the process; False starts now.
    """
    global _started
    age = _process_age() if with_process else None
    if age is not None and 0 <= age < MOST_TO_IMPORT:
        _started = time.monotonic() - age
    elif not with_process:
        _started = time.monotonic()


def seconds_used() -> float:
    """Return the seconds since the command started."""
    return time.monotonic() - _started


def with_time_limit(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a search with a time limit that started with the command."""
    from optuna_dnc.search.limits.time_limit import TimeLimit

    limit = TimeLimit.of(options.get("timeout"), options.get("preset"), seconds_used())
    return {**options, "timeout": limit} if limit.is_set else options


def _process_age() -> float | None:
    """Return the seconds since the process started; None where the system does not tell."""
    try:
        # The name of the process, in parentheses, may hold spaces; start time is field 22.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, ValueError, IndexError, AttributeError):
        return None
