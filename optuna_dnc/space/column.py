"""Encoding of one parameter as a column of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    IntDistribution,
)

from optuna_dnc._arrays import Array


def _or_nan(to_number: Callable[[Any], float], value: Any) -> float:
    try:
        return to_number(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


@dataclass(frozen=True)
class Column:
    """A codec between the values of one Optuna distribution and positions.

    The position of a number is its ramp position ``(v - low) / (high - low)``, with logarithms
    taken first where the distribution is logarithmic; that of a categorical value is the index
    of the choice. A distribution with a single value has position 0.
    """

    distribution: BaseDistribution

    @cached_property
    def is_categorical(self) -> bool:
        """Whether positions are indices of choices."""
        return isinstance(self.distribution, CategoricalDistribution)

    @cached_property
    def is_integer(self) -> bool:
        """Whether values are Python ints of an int distribution."""
        return isinstance(self.distribution, IntDistribution)

    @cached_property
    def is_log(self) -> bool:
        """Whether positions are on a logarithmic scale."""
        return not self.is_categorical and bool(self.distribution.log)  # type: ignore[attr-defined]

    @cached_property
    def low(self) -> float:
        """Lowest raw value; 0 for a categorical parameter."""
        return 0.0 if self.is_categorical else float(self.distribution.low)  # type: ignore[attr-defined]

    @cached_property
    def high(self) -> float:
        """Highest raw value; the index of the last choice for a categorical parameter."""
        if isinstance(self.distribution, CategoricalDistribution):
            return float(len(self.distribution.choices) - 1)
        return float(self.distribution.high)  # type: ignore[attr-defined]

    @cached_property
    def step(self) -> float | None:
        """Distance of neighboring raw values, None where it is not constant."""
        if self.is_categorical or self.is_log:
            return None
        step = self.distribution.step  # type: ignore[attr-defined]
        return None if step is None else float(step)

    @cached_property
    def n_levels(self) -> float:
        """Number of values; infinity for a continuous parameter."""
        if self.low == self.high:
            return 1
        if isinstance(self.distribution, IntDistribution):
            return (self.distribution.high - self.distribution.low) // self.distribution.step + 1
        if self.is_categorical:
            return self.high + 1
        return math.inf if self.step is None else round((self.high - self.low) / self.step) + 1

    @cached_property
    def last(self) -> float:
        """Highest position: 1 for a number, the index of the last choice otherwise."""
        return self.high if self.is_categorical else float(self.n_levels > 1)

    @cached_property
    def _span(self) -> float:
        if self.is_log:
            return math.log(self.high) - math.log(self.low)
        return self.high * self._unit - self.low * self._unit

    @cached_property
    def _unit(self) -> float:
        """Factor of raw values whose differences are finite: the width may exceed any float."""
        return 1.0 if math.isfinite(self.high - self.low) else 0.5

    def encode(self, values: Iterable[Any]) -> Array:
        """Return positions, (n,) float64; NaN for unknown choices and for non-numbers.

        Args:
            values: n values as the user sees them. Numbers outside the range are clipped.
        """
        to_number = self.distribution.to_internal_repr if self.is_categorical else float
        return self.positions(np.array([_or_nan(to_number, v) for v in values], dtype=np.float64))

    def positions(self, raw: Array) -> Array:
        """Return the positions of raw values, (n,) float64 both; clipped to the range."""
        if self.is_categorical:
            return raw
        if self._span == 0:
            return np.where(np.isnan(raw), np.nan, 0.0)
        inside = np.clip(raw, self.low, self.high)
        if self.is_log:
            # NumPy's logarithm and Python's may differ in the last bit.
            positions = (np.log(inside) - math.log(self.low)) / self._span
            return np.clip(positions, 0.0, 1.0)
        if self.step is not None:
            # Rows are compared by their bytes: each level needs one bit pattern, whatever its
            # origin.
            return np.rint((inside - self.low) / self.step) / (self.n_levels - 1)
        return (inside * self._unit - self.low * self._unit) / self._span

    def levels(self) -> Array:
        """Return the positions of all values, (n_levels,) float64; only where they are finite."""
        if self.is_integer and self.is_log:
            return self.positions(np.arange(self.low, self.high + 1))
        levels = np.arange(self.n_levels)
        return levels if self.is_categorical or self.n_levels == 1 else levels / levels[-1]

    def sample(self, uniform: Array) -> Array:
        """Map uniform numbers to positions, every level equally likely, uniform in the log.

        Args:
            uniform: (n,) float64 in [0, 1).
        """
        if self.n_levels == 1:
            return np.zeros_like(uniform)
        if self.is_categorical:
            return np.minimum(np.floor(uniform * self.n_levels), self.high)
        if self.is_integer and self.is_log:
            # Half a step more on both sides, as in Optuna: the ends get their full share.
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return self.positions(np.rint(np.exp(low + uniform * (high - low))))
        if self.step is not None:
            level = np.floor(uniform * self.n_levels)
            return np.minimum(level / (self.n_levels - 1), 1.0)
        return uniform.copy()

    @cached_property
    def widest_step(self) -> float:
        """Largest distance of the positions of neighboring levels; 0 for a continuous range."""
        if math.isinf(self.n_levels) or self.n_levels == 1:
            return 0.0
        return 1.0 if self.is_categorical else float(np.diff(self.levels()).max())

    def quantized(self, positions: Array) -> Array:
        """Return the positions of the nearest levels, (n,) float64; NaN stays NaN."""
        if self.is_categorical or math.isinf(self.n_levels):
            return positions
        return self.positions(self.raw(positions))

    def raw(self, positions: Array) -> Array:
        """Return raw values, (n,) float64, rounded to the nearest level and inside the range.

        Args:
            positions: (n,) float64; NaN stays NaN.
        """
        if self.is_categorical:
            return positions
        if self.is_log:
            values = np.exp(math.log(self.low) + positions * self._span)
        else:
            values = (self.low * self._unit + positions * self._span) / self._unit
        if self.step is not None:
            values = self.low + np.rint((values - self.low) / self.step) * self.step
        elif self.is_integer:
            values = np.rint(values)
        return np.clip(values, self.low, self.high)

    def decode(self, position: float) -> Any:
        """Return the Python value at a position that is not NaN, as Optuna would return it."""
        raw = float(self.raw(np.array([position], dtype=np.float64))[0])
        return self.distribution.to_external_repr(int(raw) if self.is_integer else raw)
