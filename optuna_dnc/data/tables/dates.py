"""Parts of dates: numbers from which a network can learn trends, seasons and weekdays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

PARTS_OF_DAYS = ("year", "month sin", "month cos", "day", "weekday sin", "weekday cos", "weekend")

PARTS_OF_TIMES = (*PARTS_OF_DAYS, "hour sin", "hour cos")

ZONED = "%Y-%m-%dT%H:%M:%S%z"
"""Format that stands for all points in time of ISO 8601 with a time zone."""

COMPACT = "%Y%m%d"
"""Format of dates that may be numbers, such as 20241231."""

DAY = 86_400.0
"""Seconds of a day."""

YEAR = 365.2425
"""Mean number of days of a year."""


def date_parts(seconds: NDArray[np.float64], *, with_time: bool) -> Iterator[NDArray[np.float64]]:
    """Iterate over the parts in the order of `PARTS_OF_TIMES`, each (n,).

    seconds: (n,), since 1970-01-01, UTC; with_time: whether to add the hour of the day.
    """
    stamps = seconds.astype("datetime64[s]")
    days = stamps.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    yield years(seconds)
    yield from _on_circle(months.astype(np.int64) % 12 / 12)
    yield (days - months).astype(np.float64) + 1
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    yield from _on_circle(weekday / 7)
    yield (weekday >= 5).astype(np.float64)
    if with_time:
        yield from _on_circle(seconds % DAY / DAY)


def years(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points in time as years with their fraction."""
    return 1970 + seconds / DAY / YEAR


def seconds_of(year: float) -> float:
    """Return years with their fraction as seconds since 1970; the inverse of `years`."""
    return (year - 1970) * YEAR * DAY


def _on_circle(share: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sine and cosine, so that the last value lies beside the first."""
    angle = 2 * np.pi * share
    return np.sin(angle), np.cos(angle)
