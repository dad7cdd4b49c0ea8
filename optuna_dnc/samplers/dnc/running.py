"""RUNNING trials that are not dead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from optuna.trial import FrozenTrial

_STALE_SECONDS = 3600.0
_STALE_DURATIONS = 20.0


def alive(running: Sequence[FrozenTrial], complete: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return trials without those older than an hour and than 20 median durations."""
    now = datetime.now()
    ages = [(now - (t.datetime_start or now)).total_seconds() for t in running]
    if max(ages, default=0.0) < _STALE_SECONDS:
        return list(running)
    seconds = [t.duration.total_seconds() for t in complete if t.duration is not None]
    longest = max(_STALE_SECONDS, _STALE_DURATIONS * median(seconds or [0.0]))
    return [t for t, age in zip(running, ages, strict=True) if age < longest]
