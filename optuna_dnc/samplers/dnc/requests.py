"""A parameter that a trial suggests, and planned values for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from optuna.distributions import BaseDistribution

from optuna_dnc._optuna_compat import contains
from optuna_dnc.space import Column, SearchSpace

Request: TypeAlias = tuple[str, BaseDistribution]
"""Name and distribution of a parameter that a trial suggests now."""


def has_value_in(plan: Mapping[str, Any], name: str, distribution: BaseDistribution) -> bool:
    """Return whether a plan has a value for a parameter that its distribution contains."""
    return name in plan and contains(distribution, plan[name])


def range_in(space: SearchSpace, name: str, distribution: BaseDistribution) -> tuple[float, float]:
    """Return the lowest and the highest position in the space of a narrower distribution."""
    narrow = Column(distribution)
    low, high = space.column(name).positions(np.array([narrow.low, narrow.high]))
    return float(low), float(high)


def nearest(distribution: BaseDistribution, value: Any) -> Any:
    """Return the value of a distribution that is nearest to a planned one."""
    if contains(distribution, value):
        return value
    column = Column(distribution)
    return column.decode(float(column.encode([value])[0]))
