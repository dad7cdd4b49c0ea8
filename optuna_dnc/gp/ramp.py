"""Kernel of one parameter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc.gp.ramp_kernel import similarity
from optuna_dnc.space import SearchSpace


@dataclass(frozen=True)
class Ramp:
    """A kernel of one parameter: ``exp(-d**2/2)``, ``d = omega * (|p1-p2|)**(1/root)``.

    ``p`` is the ramp position in [0, 1]: this is the ramp kernel of Deep-n-Cheap (Dey et al.
    2020, arXiv 2004.00974, section 3). It adds two cases that the paper does not have: different
    choices of a categorical parameter are ``omega`` apart, and so are a configuration that has
    the parameter and one that lacks it.
    """

    name: str
    """The parameter."""
    root: float = 1.0
    """At least 1."""
    zero_below: float | None = None
    """Values below count as the lowest of the range: 1e-5 for a weight decay whose lowest
    decade stands for 0. In the parameter's unit; None for no such values."""

    def __post_init__(self) -> None:
        if not self.root >= 1:  # below 1 the kernel is no covariance
            raise InputError(f"root must be at least 1, got {self.root}; the usual is 1.")

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the parameter's name."""
        return frozenset({self.name})

    def matrix(self, x1: Array, x2: Array, space: SearchSpace, omega: float) -> Array:
        """Return the similarities, see :class:`KernelTerm`."""
        p1, p2 = self._positions(x1, space), self._positions(x2, space)
        return similarity(p1, p2, self.root, omega)

    def _positions(self, x: Array, space: SearchSpace) -> Array:
        positions = x[:, space.position(self.name)]
        if self.zero_below is None:
            return positions
        # The bound itself stays above it after a logarithm and back; NaN compares false and stays.
        bound = self.zero_below * (1 - 1e-9)
        return np.where(space.raw(x, self.name) < bound, 0.0, positions)
