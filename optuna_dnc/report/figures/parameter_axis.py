"""Where the values of a searched parameter lie on an axis from 0 to 1."""

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
"""Where a trial is drawn that did not have the parameter."""
_LONGEST_CHOICE = 12


@dataclass(frozen=True)
class ParameterAxis:
    """One parameter, over all values that it could have had."""

    name: str
    low: float
    """The lowest value, or 0 for choices."""
    high: float
    """The highest value, or the number of choices less 1."""
    log: bool = False
    is_whole: bool = False
    """Whether only whole numbers are values."""
    choices: tuple[Any, ...] = ()
    """Empty for numbers."""

    @classmethod
    def of(cls, name: str, distributions: Iterable[BaseDistribution]) -> ParameterAxis:
        """The axis that holds the ranges of all trials, which may differ."""
        known = list(distributions)
        for first in known:
            if isinstance(first, CategoricalDistribution):
                return cls(name, 0, len(first.choices) - 1, choices=first.choices)
        numbers = [d for d in known if isinstance(d, FloatDistribution | IntDistribution)]
        return cls(
            name,
            min(d.low for d in numbers),
            max(d.high for d in numbers),
            log=numbers[0].log,
            is_whole=isinstance(numbers[0], IntDistribution),
        )

    def place(self, value: Any) -> float:
        """Where a value lies, in [0, 1]."""
        number = float(self.choices.index(value)) if self.choices else float(value)
        if self.high == self.low:
            return 0.5
        if self.log:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places and what is written there: the ends, the middle, or every choice."""
        if self.choices:
            return [(self.place(choice), _shown(choice)) for choice in self.choices]
        if self.high == self.low:
            return [(0.5, short_number(self.low))]
        middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        shown = (self.low, round(middle) if self.is_whole else middle, self.high)
        return [(self.place(value), _number(value)) for value in dict.fromkeys(shown)]


def _number(value: float) -> str:
    text = short_number(float(f"{value:.3g}"))
    return text.replace("-", "−", 1) if value < 0 else text


def _shown(choice: Any) -> str:
    text = f"{choice:g}" if isinstance(choice, float) else str(choice)
    return text if len(text) <= _LONGEST_CHOICE else f"{text[: _LONGEST_CHOICE - 1]}…"
