"""Narrowing of distributions to the values that fit, and suggestions from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError
from optuna_dnc.space.column import Column
from optuna_dnc.space.trace import probes

MOST_LEVELS = 257
"""Every value of a parameter with at most so many is tried, of others the ends."""

_BISECTIONS = 24


def fitting(distribution: BaseDistribution, fits: Callable[[Any], bool]) -> BaseDistribution:
    """Return a distribution without the values that do not fit; unchanged if none does.

    Of a number, the values between the lowest and the highest that fit remain. Costs grow with
    it: above the lowest value, if that fits, the highest one is found by bisection.

    Args:
        distribution: The distribution.
        fits: Returns whether a value fits.
    """
    if isinstance(distribution, CategoricalDistribution):
        choices = [choice for choice in distribution.choices if fits(choice)]
        return CategoricalDistribution(choices) if choices else distribution
    column = Column(distribution)
    lowest, highest = column.decode(0), column.decode(column.last)
    if fits(lowest):
        if fits(highest):
            return distribution
        return between(distribution, lowest, _highest(column, fits))
    values = [value for value in probes(distribution, MOST_LEVELS) if fits(value)]
    return between(distribution, min(values), max(values)) if values else distribution


def between(distribution: BaseDistribution, low: Any, high: Any) -> BaseDistribution:
    """Return the part of a numeric distribution from ``low`` to ``high``, which are values of it.

    It is unchanged if it has no value between them, and if it is categorical.
    """
    if not isinstance(distribution, IntDistribution | FloatDistribution):
        return distribution
    low, high = max(low, distribution.low), min(high, distribution.high)
    if low > high or (low, high) == (distribution.low, distribution.high):
        return distribution
    return type(distribution)(low, high, log=distribution.log, step=distribution.step)  # type: ignore[arg-type]


def _highest(column: Column, fits: Callable[[Any], bool]) -> Any:
    """Return the highest value that fits, where the lowest fits and the highest does not."""
    inside, outside = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        value = column.decode(middle)
        if value == column.decode(inside) or fits(value):
            inside = middle
        else:
            outside = middle
    return column.decode(inside)


def suggest(trial: BaseTrial, name: str, distribution: BaseDistribution) -> Any:
    """Ask a trial for the value of a parameter of a distribution."""
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    if isinstance(distribution, IntDistribution):
        d = distribution
        return trial.suggest_int(name, d.low, d.high, step=d.step, log=d.log)
    if isinstance(distribution, FloatDistribution):
        f = distribution
        return trial.suggest_float(name, f.low, f.high, step=f.step, log=f.log)
    raise InputError(f"{name!r} has the unknown distribution {distribution}; use suggest_*.")
