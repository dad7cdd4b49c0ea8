"""Kernel of the sum of a list of parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc.gp.ramp_kernel import of_distinct, ramp_kernel
from optuna_dnc.space import SearchSpace


@dataclass(frozen=True)
class TotalRamp:
    """A kernel of the sums of ``prefix_0``, ``prefix_1``, ...: the hidden nodes of an MLP.

    The ramp kernel on a range from 0 to the sum of the highest values. Deep-n-Cheap (Dey et al.
    2020, arXiv 2004.00974, section 3) compares MLPs so, with root 2. Networks of equal sum have
    similarity 1: it cannot tell (380, 20) from (20, 380). Where that matters, use
    :class:`LayerRamp`, or leave the list without a term, which gives each member its own
    :class:`Ramp`.
    """

    prefix: str
    """Prefix of ``_0``, ``_1``, ... in the names."""
    root: float = 2.0
    """At least 1."""

    def __post_init__(self) -> None:
        if not self.root >= 1:  # below 1 the kernel is no covariance
            raise InputError(f"root must be at least 1, got {self.root}; the usual is 2.")

    def covers(self, space: SearchSpace) -> frozenset[str]:
        """Return the names of the list's members; there may be none yet."""
        return frozenset(space.members(self.prefix).values())

    def matrix(self, x1: Array, x2: Array, space: SearchSpace, omega: float) -> Array:
        """Return the similarities, see :class:`KernelTerm`."""
        highest = sum(space.column(name).high for name in space.members(self.prefix).values())
        t1, t2 = self._totals(x1, space), self._totals(x2, space)

        def kernel(a: Array, b: Array) -> Array:
            return ramp_kernel(a[:, None], b[None, :], 0.0, highest, omega, self.root)

        return of_distinct(kernel, t1, t2)

    def _totals(self, x: Array, space: SearchSpace) -> Array:
        totals = np.zeros(len(x))
        for name in space.members(self.prefix).values():
            sizes = space.raw(x, name)
            totals += np.where(np.isnan(sizes), 0.0, sizes)
        return totals
