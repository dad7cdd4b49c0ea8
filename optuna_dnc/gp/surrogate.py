"""Gaussian process regression."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.linalg import diagonal, extended, factor, inverse, regress, solve_lower
from optuna_dnc.gp.sum_kernel import Columns, Points, SumKernel

_TINY = 1e-12


class Surrogate:
    """Predicts losses: ``mean(x) = m + k_x' K^-1 (y - m)``, ``sd(x)**2 = k(x,x) - k_x' K^-1 k_x``.

    ``K`` is the kernel of the observed configurations with the noise variance on the diagonal,
    ``m`` the generalized least-squares mean ``1'K^-1 y / 1'K^-1 1`` unless it is given.

    Args:
        kernel: The kernel.
        theta: Its hyperparameters.
        x: Observed configurations.
        y: (n,) float64 losses.
        extra_noise: (n,) float64, additional noise variance of single observations; None for none.
        mean: The prior mean; None estimates it.
        base: A surrogate of the first observations with the same kernel and hyperparameters,
            whose Cholesky factor is extended; it only saves time.
    """

    def __init__(
        self,
        kernel: SumKernel,
        theta: Hyperparameters,
        x: Points,
        y: Array,
        extra_noise: Array | None = None,
        *,
        mean: float | None = None,
        base: Surrogate | None = None,
    ) -> None:
        self.kernel, self.theta, self.x, self.y = kernel, theta, x, y
        self.extra_noise = np.zeros(len(y)) if extra_noise is None else extra_noise
        self._diagonal = theta.noise + self.extra_noise
        self.lower = self._factor(base)
        self.mean, _, self.weights = regress(self.lower, y, mean)

    def _factor(self, base: Surrogate | None) -> Array:
        """Return the Cholesky factor of the covariances of the observations, noise included."""
        n_known = 0 if base is None else len(base.y)
        new = self.x[n_known:]
        if base is not None and not len(new):
            return base.lower
        columns = self.kernel.columns(new, self.theta)
        covariance = self.kernel.matrix(new, columns)
        variances = diagonal(covariance)
        variances += self._diagonal[n_known:]
        if base is None:
            return factor(covariance)
        return extended(base.lower, self.kernel.matrix(base.x, columns), covariance)

    def with_pending(self, x: Array) -> Surrogate:
        """Return the surrogate as if pending configurations had their expected values.

        Args:
            x: (p, d) float64 positions, NaN where inactive, observed at the largest budget.
        """
        if len(x) == 0:
            return self
        expected, _ = self.predict(self.kernel.points(x))
        zeros = np.zeros(len(x))
        positions = np.concatenate([self.x.x, x])
        return Surrogate(
            self.kernel,
            self.theta,
            self.kernel.points(positions, np.concatenate([self.x.shortfall, zeros])),
            np.concatenate([self.y, expected]),
            np.concatenate([self.extra_noise, zeros]),
            base=self,
        )

    @cached_property
    def _columns(self) -> Columns:
        return self.kernel.columns(self.x, self.theta)

    def predict(self, x: Points) -> tuple[Array, Array]:
        """Return mean and standard deviation without noise, (m,) float64 each."""
        cross = self.kernel.matrix(x, self._columns)
        mean = self.mean + cross @ self.weights
        half = solve_lower(self.lower, cross.T, overwrite=True)
        variance = self.kernel.diagonal(x, self.theta) - np.einsum("ij,ij->j", half, half)
        return mean, np.sqrt(np.maximum(variance, _TINY))

    def fitted(self) -> Array:
        """Return the mean at the observed configurations, (n,) float64: the losses less noise."""
        return self.y - self._diagonal * self.weights

    @cached_property
    def leave_one_out(self) -> tuple[Array, Array]:
        """Mean and standard deviation of each observation given all others, (n,) each.

        ``mean_i = y_i - (Q y)_i / Q_ii``, ``sd_i**2 = 1 / Q_ii`` with ``Q = B - B 1 1' B / 1' B
        1`` and ``B = K^-1``, which leaves the observation out of the estimated mean as well
        (Dubrule 1983).
        """
        precision = inverse(self.lower.copy())
        sums = precision.sum(axis=1)
        precision -= np.outer(sums, sums) / sums.sum()
        diagonal = np.maximum(np.diag(precision), _TINY)
        return self.y - precision @ self.y / diagonal, np.sqrt(1.0 / diagonal)
