"""The kernel of whole configurations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.gp.kernel_term import KernelTerm
from optuna_dnc.gp.ramp import Ramp
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Adds up kernel terms: ``k = sum of w_t * k_t`` with weights that sum to 1.

    The kernel of Deep-n-Cheap (Dey et al. 2020, arXiv 2004.00974, section 3), whose weights are
    equal and whose omega is 3. A configuration is 1 like itself.
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

    def matrix(self, x1: Array, x2: Array, space: SearchSpace) -> Array:
        """Return the similarities of two sets of configurations, (n, m) float64 in [0, 1].

        Args:
            x1: (n, d) float64 positions, NaN where inactive, see :class:`SearchSpace`.
            x2: (m, d) float64, likewise.
            space: The space of the positions.
        """
        weights = self.weights or [1.0] * len(self.terms)
        total = sum(weights)
        result = np.zeros((len(x1), len(x2)))
        for weight, term in zip(weights, self.terms, strict=True):
            result += np.multiply(term.matrix(x1, x2, space, self.omega), weight / total)
        return result


def default_terms(space: SearchSpace, given: Sequence[KernelTerm] = ()) -> tuple[KernelTerm, ...]:
    """Return the given terms and a :class:`Ramp` for each parameter that none of them covers.

    One kernel a search parameter, as in Deep-n-Cheap. Parameters with a single value get none:
    they would only flatten the mixture.

    Args:
        space: The space whose parameters are to be covered.
        given: Terms that come first; InputError if one names a parameter the space lacks.
    """
    covered: set[str] = set()
    for term in given:
        covered |= term.covers(space)
    for name in sorted(covered):
        space.position(name)
    return (*given, *(Ramp(name) for name in space.free if name not in covered))
