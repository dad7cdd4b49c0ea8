"""Sum of Matern-5/2 kernels and kernel terms: the kernel of the default preset."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.gp.features import Features, Part, squared_distances
from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.matern import MaternColumns
from optuna_dnc.gp.mixture import KernelTerm
from optuna_dnc.space import SearchSpace

_SQRT5 = np.sqrt(5.0)
_OMEGA = 3.0
_BLOCK = 65_536
"""Elements of a block of kernel terms: of larger matrices the memory returns to the system."""


@dataclass(frozen=True)
class Points:
    """Configurations, prepared for the kernel."""

    coordinates: Array
    """(n, D) float64, see :class:`Features`."""
    members: tuple[Array | None, ...]
    """For each part the active group, (n, groups) of 0 and 1; None where always active."""
    x: Array
    """(n, d) float64 positions, NaN where inactive."""
    shortfall: Array
    """(n,) float64 in [0, 1]: distance below the largest budget."""

    def __len__(self) -> int:
        return len(self.coordinates)

    def __getitem__(self, rows: slice) -> Points:
        members = tuple(None if member is None else member[rows] for member in self.members)
        return Points(self.coordinates[rows], members, self.x[rows], self.shortfall[rows])


@dataclass(frozen=True)
class Columns:
    """Configurations that others are compared with, for certain hyperparameters."""

    points: Points
    theta: Hyperparameters
    parts: tuple[tuple[NDArray[np.intp], Array, MaternColumns], ...]
    """For each part its coordinates, their lengthscales and the columns."""

    def __len__(self) -> int:
        return len(self.points)


class Summands(NamedTuple):
    """The summands of the covariances of n configurations with themselves."""

    shares: list[Array]
    """(n, n) float64, those of the parts, then those of the terms."""
    slopes: list[Array]
    """For each part ``-2 dk_t / d(r_t**2)``, (n, n) float64."""
    stretched: list[Array]
    """For each part its coordinates in units of the lengthscales, (n, D_t) float64."""


def _fits(term: KernelTerm, space: SearchSpace) -> bool:
    missing = sorted(term.covers(space).difference(space.names))
    if missing:
        warnings.warn(
            f"kernels: {term} covers {missing[0]!r}, which no trial has had so far; it is left "
            "out until one has.",
            stacklevel=2,
        )
    return not missing


class SumKernel:
    """A sum of Matern-5/2 kernels, one a part: ``k = sum_t v_t * same_t * M(r_t)``.

    ``r_t**2 = sum over the part's coordinates of (difference / lengthscale)**2``, ``same_t`` is 1
    where both configurations have the same group of the part and 0 elsewhere, and ``M(r) = (1 +
    sqrt(5) r + 5/3 r**2) exp(-sqrt(5) r)``. All parts share the lengthscales of the parameters;
    each stretches them by a factor of its own. Values observed at low budgets (low fidelity) add
    one more part with ``same_t = s s'``, where ``s`` is 0 at the largest budget and 1 at the
    lowest. Kernel terms are added, each with a variance; their omega is fixed.

    Args:
        space: The search space.
        terms: Kernel terms, such as :class:`~optuna_dnc.gp.GrowthRamp`. A term that covers a
            parameter that the space lacks is left out, with a warning.
        budgets: Whether some configurations were observed at low budgets.
        matern: Whether there are Matern kernels; else the kernel is the sum of the terms.
        omega: Largest distance in the terms.
    """

    def __init__(
        self,
        space: SearchSpace,
        terms: Sequence[KernelTerm] = (),
        *,
        budgets: bool = False,
        matern: bool = True,
        omega: float = _OMEGA,
    ) -> None:
        self.features = Features(space, budgets=budgets)
        self.terms = tuple(term for term in terms if _fits(term, space))
        self.parts: tuple[Part, ...] = self.features.parts if matern else ()
        self._omega = omega
        self._coordinates = [self.features.coordinates(part) for part in self.parts]

    def points(self, x: Array, shortfall: Array | None = None) -> Points:
        """Prepare configurations for the kernel.

        Args:
            x: (n, d) float64 positions, NaN where inactive.
            shortfall: (n,) float64 in [0, 1], distance below the largest budget; None for none.
        """
        below = np.zeros(len(x)) if shortfall is None else shortfall
        members = tuple(self.features.membership(part, x, below) for part in self.parts)
        return Points(self.features.points(x), members, x, below)

    def term_matrices(self, a: Points, b: Points) -> list[Array]:
        """Return the similarities of two sets by each kernel term, (n, m) each."""
        space = self.features.space
        return [term.matrix(a.x, b.x, space, self._omega) for term in self.terms]

    def columns(self, b: Points, theta: Hyperparameters) -> Columns:
        """Prepare configurations that several sets are compared with."""
        scales = theta.lengthscales[self.features.owners]
        parts = []
        for t, numbers in enumerate(self._coordinates):
            scale = scales[numbers] * theta.stretches[t]
            scaled = b.coordinates[:, numbers] / scale
            columns = MaternColumns(scaled, theta.variances[t], b.members[t])
            parts.append((numbers, scale, columns))
        return Columns(b, theta, tuple(parts))

    def matrix(self, a: Points, b: Columns) -> Array:
        """Return the covariances of two sets of configurations, (n, m) float64."""
        total = np.zeros((len(a), len(b)))
        for start in range(0, len(a) if self.terms else 0, size := _BLOCK // max(len(b), 1) or 1):
            rows = slice(start, start + size)
            extra = b.theta.variances[len(self.parts) :]
            for variance, matrix in zip(extra, self.term_matrices(a[rows], b.points), strict=True):
                total[rows] += variance * matrix
        # Points prepared by a kernel with budgets have one more member, the last.
        for (numbers, scale, columns), members in zip(b.parts, a.members, strict=False):
            columns.add_to(total, a.coordinates[:, numbers] / scale, members)
        return total

    def diagonal(self, a: Points, theta: Hyperparameters) -> Array:
        """Return the prior variances of configurations, (n,) float64."""
        total = np.full(len(a), theta.variances[len(self.parts) :].sum())
        for variance, member in zip(theta.variances, a.members, strict=False):
            total += variance if member is None else variance * np.sum(member * member, axis=1)
        return total

    def matrix_and_summands(
        self, a: Points, theta: Hyperparameters, term_matrices: Sequence[Array]
    ) -> tuple[Array, Summands]:
        """Return the covariances of a set, (n, n) float64, and what its gradient needs.

        Args:
            a: n configurations.
            theta: The hyperparameters.
            term_matrices: :meth:`term_matrices` of the set with itself, which do not depend on
                hyperparameters.
        """
        scaled = a.coordinates / theta.lengthscales[self.features.owners]
        shares, slopes, stretched = [], [], []
        for t, numbers in enumerate(self._coordinates):
            z = scaled[:, numbers]
            z /= theta.stretches[t]
            r = squared_distances(z, z)
            np.sqrt(r, out=r)
            r *= _SQRT5
            decay = np.exp(-r)
            decay *= theta.variances[t]
            decay = _masked(decay, a.members[t], a.members[t])
            slope = (1.0 + r) * decay
            r *= r
            r *= decay
            r /= 3.0
            r += slope
            slope *= 5.0 / 3.0
            shares.append(r)
            slopes.append(slope)
            stretched.append(z)
        extra = theta.variances[len(self.parts) :]
        shares += [v * matrix for v, matrix in zip(extra, term_matrices, strict=True)]
        total = shares[0].copy()
        for share in shares[1:]:
            total += share
        return total, Summands(shares, slopes, stretched)

    def gradient(
        self, theta: Hyperparameters, weight: Array, summands: Summands
    ) -> tuple[Array, Array, Array]:
        """Return ``sum_ab weight_ab dk_ab/du`` for the logarithms u of the hyperparameters.

        Args:
            theta: The hyperparameters.
            weight: (n, n) float64.
            summands: Those of :meth:`matrix_and_summands`.

        Returns:
            The gradients with respect to lengthscales, stretches and variances.
        """
        by_scale = np.zeros(len(theta.lengthscales))
        by_stretch = np.zeros(len(self.parts))
        by_variance = np.array([np.vdot(weight, share) for share in summands.shares])
        for t, numbers in enumerate(self._coordinates):
            pull = weight * summands.slopes[t]
            z = summands.stretched[t]
            # sum_ab pull_ab (z_aj - z_bj)**2 for every coordinate j at once
            moved = 2.0 * (pull.sum(axis=1) @ (z * z) - np.einsum("aj,aj->j", z, pull @ z))
            np.add.at(by_scale, self.features.owners[numbers], moved)
            by_stretch[t] = moved.sum()
        return by_scale, by_stretch, by_variance


def _masked(matrix: Array, a: Array | None, b: Array | None) -> Array:
    if a is None or b is None:
        return matrix
    matrix *= a @ b.T
    return matrix
