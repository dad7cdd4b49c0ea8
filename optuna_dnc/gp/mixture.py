"""Kernel terms, and their weighted mean: the kernel of Deep-n-Cheap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc.gp.ramp import Ramp
from optuna_dnc.space import SearchSpace


@runtime_checkable
class KernelTerm(Protocol):
    """A kernel on some of the parameters of a space."""

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the names of the parameters that the term compares."""
        ...

    def matrix(self, x1: Array, x2: Array, space: SearchSpace, omega: float) -> Array:
        """Return the similarities of two sets of configurations, (n, m) float64 in [0, 1].

        Args:
            x1: (n, d) float64 positions, NaN where inactive, see :class:`SearchSpace`.
            x2: (m, d) float64, likewise.
            space: The space of the positions.
            omega: Largest distance.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """A weighted mean of kernel terms: ``k = sum of w_t * k_t`` with weights that sum to 1.

    The kernel of Deep-n-Cheap (Dey et al. 2020, arXiv 2004.00974, section 3) has equal weights
    and omega 3. The similarity of a configuration with itself is 1.
    """

    terms: Sequence[KernelTerm]
    """At least one."""
    weights: Sequence[float] | None = None
    """One a term, at least 0 and not all 0; they are divided by their sum. None for equal ones."""
    omega: float = 3.0
    """Largest distance, above 0."""

    def __post_init__(self) -> None:
        if not self.terms:
            raise InputError("terms must hold at least one kernel term, got none; add a Ramp.")
        if not (math.isfinite(self.omega) and self.omega > 0):
            raise InputError(f"omega must be a finite number above 0, got {self.omega}; use 3.")
        weights = self.weights
        if weights is not None and (
            len(weights) != len(self.terms)
            or not all(math.isfinite(w) and w >= 0 for w in weights)
            or not sum(weights) > 0
        ):
            raise InputError(
                f"weights must be {len(self.terms)} finite numbers of at least 0, one a term and "
                f"not all 0, got {list(weights)}; or give none for equal ones."
            )

    @property
    def shares(self) -> Array:
        """The weights over their sum, (terms,) float64."""
        weights = np.ones(len(self.terms)) if self.weights is None else np.array(self.weights)
        shares: Array = weights / weights.sum()
        return shares

    def matrix(self, x1: Array, x2: Array, space: SearchSpace) -> Array:
        """Return the similarities of two sets of configurations, (n, m) float64 in [0, 1].

        Args:
            x1: (n, d) float64 positions, NaN where inactive, see :class:`SearchSpace`.
            x2: (m, d) float64, likewise.
            space: The space of the positions.
        """
        result = np.zeros((len(x1), len(x2)))
        for share, term in zip(self.shares, self.terms, strict=True):
            result += share * term.matrix(x1, x2, space, self.omega)
        return result


def default_terms(space: SearchSpace, given: Sequence[KernelTerm] = ()) -> tuple[KernelTerm, ...]:
    """Return the given terms and a :class:`Ramp` for each parameter that they do not cover.

    One kernel a parameter, as in Deep-n-Cheap. Parameters with a single value get none: they
    would only flatten the mixture.

    Args:
        space: The space whose parameters are to be covered.
        given: Terms that come first.

    Raises:
        InputError: A term covers a parameter that the space lacks.
    """
    covered: set[str] = set()
    for term in given:
        covered |= term.covers(space)
    for name in sorted(covered):
        space.position(name)
    return (*given, *(Ramp(name) for name in space.free if name not in covered))
