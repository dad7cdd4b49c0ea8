"""Kernel of the divisibility of integers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.gp.linear_trend import all_numbers, numbers_at
from optuna_dnc.space import Column, SearchSpace

_UNKNOWN = -1.0


@dataclass(frozen=True)
class Divisibility:
    """A kernel of integers by what divides them: the share of equal answers of two configurations.

    The questions are whether each integer is even, and of each pair whether one divides the other.
    Many networks exist only then: a width must be a multiple of the number of heads or groups, and
    a kernel size must be odd. Such configurations are near to others in no usual distance. Where
    an integer is inactive, "unknown" is the third answer. Choices that are all integers count too.
    """

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the names of the integers with more than one value."""
        return frozenset(name for name in space.free if _is_integer(space.column(name)))

    def matrix(self, x1: Array, x2: Array, space: SearchSpace, omega: float) -> Array:
        """Return the similarities, (n, m) float64 in [0, 1], see :class:`KernelTerm`."""
        del omega
        names = [name for name in space.free if name in self.covers(space)]
        first, second = (np.stack([*_answers(x, space, names)], axis=1) for x in (x1, x2))
        equal = np.zeros((len(x1), len(x2)))
        for answer in (_UNKNOWN, 0.0, 1.0):
            equal += (first == answer).astype(np.float64) @ (second == answer).T
        similarities: Array = equal / first.shape[1]
        return similarities


def _is_integer(column: Column) -> bool:
    numbers = all_numbers(column)
    return (column.is_integer or column.is_categorical) and bool(
        len(numbers) and np.all(numbers == np.rint(numbers))
    )


def _answers(x: Array, space: SearchSpace, names: list[str]) -> Iterator[Array]:
    """Return the answers to each question, (n,) float64 each."""
    integers = [numbers_at(space.column(name), x[:, space.position(name)]) for name in names]
    for number, integer in enumerate(integers):
        yield _divides(np.full(len(x), 2.0), integer)
        for other in (*integers[:number], *integers[number + 1 :]):
            yield _divides(other, integer)


def _divides(divisor: Array, number: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        answer = (np.fmod(number, divisor) == 0).astype(np.float64)
    return np.where(np.isnan(number) | np.isnan(divisor), _UNKNOWN, answer)
