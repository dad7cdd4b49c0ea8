"""Axes on a log scale that are labelled as people read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from optuna_dnc.report.figures.theme import rounded

FEWEST_TICKS = 3
MOST_TICKS = 6
"""More would not fit on a phone."""
_MULTIPLES = ((1, 3), (1, 2, 5), tuple(range(1, 10)))


def log_ticks(low: float, high: float, text: Callable[[float], str]) -> dict[str, Any]:
    """Where a log axis from ``low`` to ``high``, both above 0, is labelled.

    Args:
        low: Its smaller end.
        high: Its larger end.
        text: What is written at a value.
    """
    ticks = max(_candidates(low, high), key=len)
    if len(ticks) < FEWEST_TICKS:
        ticks = _even_ticks(low, high)
    return {"tickvals": ticks, "ticktext": [text(tick) for tick in ticks]}


def _candidates(low: float, high: float) -> Iterator[list[float]]:
    """Round numbers between the ends, not more than fit."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    powers = [10.0**d for d in decades if low <= 10.0**d <= high]
    yield powers[:: math.ceil(len(powers) / MOST_TICKS) or 1]
    for multiples in _MULTIPLES:
        # By division where the exponent is negative: 2 / 100 is 0.02 to the last digit.
        every = [m * 10**d if d >= 0 else m / 10**-d for d in decades for m in multiples]
        ticks = [float(tick) for tick in every if low <= tick <= high]
        if len(ticks) <= MOST_TICKS:
            yield ticks


def _even_ticks(low: float, high: float) -> list[float]:
    """Multiples of a round number between two close ones."""
    power = 10.0 ** math.floor(math.log10(high - low))
    steps = (power / 5, power / 2, power, 2 * power, 5 * power)
    step = next(step for step in steps if (high - low) / step <= MOST_TICKS - 1)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{k * step:.6g}") for k in range(first, last + 1)]


def short_number(value: float) -> str:
    """``2.5k``, ``1M``, ``0.002``, ``1e-5``."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.4g}{unit}"
    return f"{value:.4g}".replace("e-0", "e-")


@dataclass(frozen=True)
class ErrorScale:
    """A log axis of errors; those of a classification are read as accuracies, up is better.

    On a log scale 99 % and 99.5 % are as far apart as 90 % and 95 %.
    """

    is_accuracy: bool
    low: float
    """The smallest error that is shown; smaller ones, also 0, are drawn here."""
    high: float

    @classmethod
    def of(cls, errors: Iterable[float], *, is_accuracy: bool) -> ErrorScale:
        """The scale on which some errors, at least one, can be seen."""
        above = [error for error in errors if error > 0 and math.isfinite(error)]
        low, high = min(above, default=0.01), max(above, default=0.1)
        return cls(is_accuracy, low / 1.4, min(high * 1.2, 1.0) if is_accuracy else high * 1.2)

    @property
    def title(self) -> str:
        """Of the axis."""
        if self.is_accuracy:
            return "validation accuracy"
        return "validation error (MSE / variance)"

    @property
    def axis(self) -> dict[str, Any]:
        """As plotly wants it."""
        ends = [math.log10(self.low), math.log10(self.high)]
        return {
            "type": "log",
            "range": ends[::-1] if self.is_accuracy else ends,
            **log_ticks(self.low, self.high, self.shown),
        }

    def place(self, error: float | None) -> float | None:
        """Where on the axis an error is drawn; None where there is none."""
        if error is None or not math.isfinite(error):
            return None
        return rounded(max(error, self.low))

    def shown(self, error: float) -> str:
        """An error as it is read on this axis."""
        return f"{100 * (1 - error):.4g} %" if self.is_accuracy else f"{error:.4g}"
