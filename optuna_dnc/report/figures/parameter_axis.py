"""Axis from 0 to 1 for the values of a searched parameter."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from optuna_dnc.report.figures.scales import short_number

UNUSED = -0.09
"""Position of trials without the parameter."""
_LONGEST_CHOICE = 12


@dataclass(frozen=True)
class ParameterAxis:
    """Axis of one parameter, over its whole range."""

    name: str
    low: float
    """Lowest value, or 0 for choices."""
    high: float
    """Highest value, or the number of choices minus 1."""
    log: bool = False
    is_whole: bool = False
    """Whether the values are integers."""
    choices: tuple[Any, ...] = ()
    """Empty for numbers."""

    @classmethod
    def of(cls, name: str, distributions: Iterable[BaseDistribution]) -> ParameterAxis:
        """Create an axis that covers the ranges of all trials, which may differ."""
        everywhere = list(distributions)
        for first in everywhere:
            if isinstance(first, CategoricalDistribution):
                return cls(name, 0, len(first.choices) - 1, choices=first.choices)
        numbers = [d for d in everywhere if isinstance(d, FloatDistribution | IntDistribution)]
        return cls(
            name,
            min(d.low for d in numbers),
            max(d.high for d in numbers),
            log=numbers[0].log,
            is_whole=isinstance(numbers[0], IntDistribution),
        )

    def position(self, value: Any) -> float:
        """Return the position of a value, in [0, 1]."""
        number = float(self.choices.index(value)) if self.choices else float(value)
        if self.high == self.low:
            return 0.5
        if self.log:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Positions and labels: the ends and the middle, or every choice."""
        if self.choices:
            return [(self.position(choice), _shown(choice)) for choice in self.choices]
        if self.high == self.low:
            return [(0.5, short_number(self.low))]
        middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        shown = (self.low, round(middle) if self.is_whole else middle, self.high)
        return [(self.position(value), _number(value)) for value in dict.fromkeys(shown)]


def _number(value: float) -> str:
    text = short_number(float(f"{value:.3g}"))
    return text.replace("-", "−", 1) if value < 0 else text


def _shown(choice: Any) -> str:
    text = f"{choice:g}" if isinstance(choice, float) else str(choice)
    return text if len(text) <= _LONGEST_CHOICE else f"{text[: _LONGEST_CHOICE - 1]}…"
