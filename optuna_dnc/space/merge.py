"""Union of the distributions that each parameter had in many configurations."""

from __future__ import annotations

import math
from typing import Protocol

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)


class HasDistributions(Protocol):
    """Anything with distributions by name, such as a FrozenTrial."""

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Distributions by name, in the order of suggestion."""
        ...


_UNSEEN = CategoricalDistribution(["unseen"])


class MergedDistributions:
    """The union of the ranges of each parameter, by name in the order of first observation.

    A parameter whose kind, choices or log flag differs between observations is left out: no
    single distribution describes it.
    """

    def __init__(self) -> None:
        self._merged: dict[str, BaseDistribution | None] = {}

    def add(self, observation: HasDistributions) -> bool:
        """Add a configuration; return whether the union changed."""
        changed = False
        for name, distribution in observation.distributions.items():
            known = self._merged.setdefault(name, _UNSEEN)
            if known == distribution:  # as for nearly all: cheaper than their union
                continue
            union = distribution if known is _UNSEEN else known and union_of(known, distribution)
            if union != known:
                self._merged[name] = union
                changed = True
        return changed

    def union(self) -> dict[str, BaseDistribution]:
        """Return the distributions by name."""
        return {name: union for name, union in self._merged.items() if union is not None}


def union_of(a: BaseDistribution, b: BaseDistribution) -> BaseDistribution | None:
    """Return the smallest distribution that contains both, None if there is none."""
    if isinstance(a, IntDistribution) and isinstance(b, IntDistribution):
        if a.log != b.log:
            return None
        # The coarsest step whose levels include those of both.
        step = 1 if a.log else math.gcd(a.step, b.step, a.low - b.low)
        return IntDistribution(min(a.low, b.low), max(a.high, b.high), log=a.log, step=step)
    if isinstance(a, FloatDistribution) and isinstance(b, FloatDistribution):
        if a.log != b.log:
            return None
        low, high = min(a.low, b.low), max(a.high, b.high)
        return FloatDistribution(low, high, log=a.log, step=_common_step(a, b))
    if isinstance(a, CategoricalDistribution) and a == b:
        return a
    return None


def includes(known: BaseDistribution, other: BaseDistribution) -> bool:
    """Return whether a distribution contains the range of another one of its kind."""
    numbers = FloatDistribution | IntDistribution
    if isinstance(known, numbers) and isinstance(other, numbers):
        return known.low <= other.low and other.high <= known.high
    return known == other


def _common_step(a: FloatDistribution, b: FloatDistribution) -> float | None:
    """Return the common step if the levels of both coincide, else None: continuous."""
    if a.step is None or a.step != b.step:
        return None
    offset = (a.low - b.low) / a.step
    return a.step if math.isclose(offset, round(offset), abs_tol=1e-8) else None
