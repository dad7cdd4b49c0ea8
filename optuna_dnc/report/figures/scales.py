"""Log axes with readable ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from optuna_dnc.objectives import Metric
from optuna_dnc.report.figures.theme import rounded

FEWEST_TICKS = 3
MOST_TICKS = 6
"""Maximum number of ticks that fit on a phone."""
_MULTIPLES = ((1, 3), (1, 2, 5), tuple(range(1, 10)))


def log_axis(
    low: float, high: float, text: Callable[[float], str] | None = None
) -> dict[str, Any]:
    """Return the arguments of a log axis in plotly.

    Args:
        low: Lower end of the axis, above 0.
        high: Upper end of the axis.
        text: Label of a value; None for :func:`short_number`.
    """
    ticks = max(_candidates(low, high), key=len)
    if len(ticks) < FEWEST_TICKS:
        ticks = _even_ticks(low, high)
    return {
        "type": "log",
        "range": [math.log10(low), math.log10(high)],
        "tickvals": ticks,
        "ticktext": list(map(text or short_number, ticks)),
    }


def _candidates(low: float, high: float) -> Iterator[list[float]]:
    """Yield lists of round numbers between the ends, none too long."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    powers = [10.0**d for d in decades if low <= 10.0**d <= high]
    yield powers[:: math.ceil(len(powers) / MOST_TICKS) or 1]
    for multiples in _MULTIPLES:
        # Dividing for negative exponents is exact: 2 / 100 is 0.02, but 2 * 0.01 may not be.
        every = [m * 10**d if d >= 0 else m / 10**-d for d in decades for m in multiples]
        ticks = [float(tick) for tick in every if low <= tick <= high]
        if len(ticks) <= MOST_TICKS:
            yield ticks


def _even_ticks(low: float, high: float) -> list[float]:
    """Return multiples of a round number between two close ends."""
    power = 10.0 ** math.floor(math.log10(high - low))
    steps = (power / 5, power / 2, power, 2 * power, 5 * power)
    step = next(step for step in steps if (high - low) / step <= MOST_TICKS - 1)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{k * step:.6g}") for k in range(first, last + 1)]


def short_number(value: float) -> str:
    """Format a number as ``2.5k``, ``1M``, ``0.002`` or ``1e-5``."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.4g}{unit}"
    return f"{value:.4g}".replace("e-0", "e-")


@dataclass(frozen=True)
class ErrorScale:
    """Log axis of errors; labeled with accuracies, or another fraction, where up is better.

    99 % and 99.5 % are as far apart as 90 % and 95 %.
    """

    metric: Metric
    """Metric of the errors."""
    low: float
    """Smallest error on the axis; smaller ones, including 0, are drawn here."""
    high: float

    @classmethod
    def of(cls, errors: Iterable[float], metric: Metric) -> ErrorScale:
        """Create a scale that covers at least one error."""
        above = [error for error in errors if error > 0 and math.isfinite(error)]
        low, high = min(above, default=0.01), max(above, default=0.1)
        high = min(high * 1.2, 1.0) if metric.shows_value else high * 1.2
        return cls(metric, low / 1.4, high)

    @property
    def title(self) -> str:
        """Title of the axis."""
        metric = self.metric
        if metric.shows_value:
            return f"validation {metric.title}"
        return f"validation error ({metric.error_text})"

    @property
    def axis(self) -> dict[str, Any]:
        """Arguments of a plotly axis."""
        axis = log_axis(self.low, self.high, self.label)
        return axis | {"range": axis["range"][::-1]} if self.metric.shows_value else axis

    def position(self, error: float | None) -> float | None:
        """Return the position of an error on the axis; None if it is not finite."""
        if error is None or not math.isfinite(error):
            return None
        return rounded(max(error, self.low))

    def label(self, error: float) -> str:
        """Format an error as a label of this axis."""
        if self.metric.in_percent:
            return f"{100 * (1 - error):.4g}%"
        return f"{1 - error if self.metric.shows_value else error:.4g}"
