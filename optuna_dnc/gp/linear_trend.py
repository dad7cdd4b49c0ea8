"""Kernel of linear functions of parameters and of their logarithms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from optuna.distributions import CategoricalDistribution

from optuna_dnc._arrays import Array
from optuna_dnc.space import Column, SearchSpace

_CONSTANT = 0.5
"""The constant feature; the others are at most 0.5, or ``sqrt(1/2)`` for a choice."""
_LEAST_RATIO = 2.0
"""Over a narrower range a logarithm is nearly linear."""
_LARGEST = 1e300
"""Choices beyond are no numbers to compute with."""


@dataclass(frozen=True)
class LinearTrend:
    """A kernel of linear functions: ``k = f1' f2 / (|f1| |f2|)``.

    The features f are a constant, the place of each number in its range, less one half, and that
    of its logarithm if the range is above 0 and spans a factor of 2. Each choice of a categorical
    parameter has a feature; if all choices are numbers, they count as such as well. The features
    of an inactive parameter are 0.

    The sign of such a function has a flat edge, however far from the observations; also that of
    a limited product, such as batch size times width, whose edge is flat in the logarithms. A
    stationary kernel knows an edge near observations only.
    """

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the names of all parameters with more than one value."""
        return frozenset(space.free)

    def matrix(self, x1: Array, x2: Array, space: SearchSpace, omega: float) -> Array:
        """Return the similarities, (n, m) float64 in [-1, 1], see :class:`KernelTerm`."""
        del omega
        similarities: Array = _directions(x1, space) @ _directions(x2, space).T
        return similarities


def _directions(x: Array, space: SearchSpace) -> Array:
    """Return the features, each row of length 1."""
    columns = [np.full(len(x), _CONSTANT)]
    for name in space.free:
        columns += _features(space.column(name), x[:, space.position(name)])
    features = np.nan_to_num(np.stack(columns, axis=1))
    directions: Array = features / np.linalg.norm(features, axis=1, keepdims=True)
    return directions


def _features(column: Column, positions: Array) -> Iterator[Array]:
    """Return the features of one parameter, (n,) each, NaN where it is inactive."""
    if column.is_categorical:
        active = np.where(np.isnan(positions), np.nan, math.sqrt(0.5))
        yield from (active * (positions == level) for level in column.levels())
    elif not column.is_log:
        yield positions - 0.5
    numbers = all_numbers(column)
    low, high = float(numbers.min(initial=math.inf)), float(numbers.max(initial=-math.inf))
    if low < high and (column.is_log or column.is_categorical):
        yield (numbers_at(column, positions) - low) / (high - low) - 0.5
    if 0 < low < high and math.log(high) - math.log(low) >= math.log(_LEAST_RATIO):
        logarithms = np.log(numbers_at(column, positions)) - math.log(low)
        yield logarithms / (math.log(high) - math.log(low)) - 0.5


def all_numbers(column: Column) -> Array:
    """Return the ends of a range, or choices; empty unless all choices are finite numbers."""
    if not isinstance(column.distribution, CategoricalDistribution):
        return np.array([column.low, column.high])
    choices = column.distribution.choices
    numbers = [c for c in choices if isinstance(c, int | float) and abs(c) < _LARGEST]
    is_numeric = len(numbers) == len(choices) and not any(isinstance(c, bool) for c in choices)
    return np.array(numbers if is_numeric else [], dtype=np.float64)


def numbers_at(column: Column, positions: Array) -> Array:
    """Return the numbers at positions, (n,) float64, NaN where inactive.

    Args:
        column: A number, or choices that are all numbers.
        positions: (n,) float64, NaN where inactive.
    """
    if not column.is_categorical:
        return column.raw(positions)
    numbers = all_numbers(column)
    values: Array = numbers[np.nan_to_num(positions).astype(np.intp)]
    return np.where(np.isnan(positions), np.nan, values)
