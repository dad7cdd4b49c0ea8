"""Parts of dates in torch."""

from __future__ import annotations

import math

import torch

from optuna_dnc.data.tables.dates import DAY, PARTS_OF_TIMES, YEAR

PARTS = len(PARTS_OF_TIMES)
"""Number of parts."""


def calendar_parts(seconds: torch.Tensor) -> list[torch.Tensor]:
    """Compute the parts in the order of `PARTS_OF_TIMES`, each of the shape of ``seconds``.

    Month and day of the Gregorian calendar are found by arithmetic on years that begin in March
    (Hinnant, chrono-compatible low-level date algorithms). Quotients of whole numbers below 2**53
    are rounded down exactly in float64. Constants with fractions are tensors, because ONNX has
    plain numbers as float32.

    Args:
        seconds: float64, since 1970-01-01, UTC.
    """
    days = (seconds / DAY).floor()
    since_march_0000 = days + 719_468
    era = (since_march_0000 / 146_097).floor()  # of 400 years
    day_of_era = since_march_0000 - era * 146_097
    leap_days = (
        (day_of_era / 1460).floor()
        - (day_of_era / 36_524).floor()
        + (day_of_era / 146_096).floor()
    )
    year = ((day_of_era - leap_days) / 365).floor()
    day_of_year = day_of_era - 365 * year - (year / 4).floor() + (year / 100).floor()
    month = ((5 * day_of_year + 2) / 153).floor()  # 0 is March
    day = day_of_year - ((153 * month + 2) / 5).floor() + 1
    weekday = days + 3 - 7 * ((days + 3) / 7).floor()  # 1970-01-01 was a Thursday
    return [
        1970 + seconds / DAY / torch.tensor(YEAR, dtype=torch.float64),
        *_on_circle(torch.where(month < 10, month + 2, month - 10) / 12),
        day,
        *_on_circle(weekday / 7),
        (weekday >= 5).double(),
        *_on_circle((seconds - days * DAY) / DAY),
    ]


def _on_circle(share: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    angle = torch.tensor(2 * math.pi, dtype=torch.float64) * share
    return angle.sin(), angle.cos()
