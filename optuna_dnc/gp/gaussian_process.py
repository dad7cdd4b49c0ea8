"""Exact Gaussian process regression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.gp.mixture import Mixture
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]
_MOST_DIAGONAL = 1.0


class GaussianProcess:
    """Predicts the loss of configurations from observed ones, with its uncertainty.

    ``mean(x) = m + k_x' (K + noise I)^-1 (y - m)``, ``sd(x)**2 = k(x, x) - k_x' (K + noise I)^-1
    k_x``, with ``m`` the mean of the observed values. The surrogate of Deep-n-Cheap (Dey et al.
    2020, arXiv 2004.00974, section 3), whose code freezes ``m`` at the first step; here every
    :meth:`fit` takes it anew.

    Args:
        kernel: The mixture of kernel terms.
        space: The space of the positions.
        noise: Noise variance on the diagonal, at least 0, in the squared unit of y.
    """

    def __init__(self, *, kernel: Mixture, space: SearchSpace, noise: float = 1e-4) -> None:
        if not (np.isfinite(noise) and noise >= 0):
            raise InputError(
                f"noise must be a finite number of at least 0, got {noise}; use 1e-4."
            )
        self._kernel = kernel
        self._space = space
        self._noise = noise
        self._fitted: tuple[Array, Array, Array, float] | None = None

    def fit(self, x: Array, y: Array) -> GaussianProcess:
        """Take observations and return self.

        Args:
            x: (n, d) float64 positions, NaN where inactive; n at least 1.
            y: (n,) float64, finite.
        """
        from scipy.linalg import cho_solve

        if len(x) != len(y) or len(y) == 0 or not np.all(np.isfinite(y)):
            raise InputError(
                f"x and y must hold the same number of observations, at least one, and y must be "
                f"finite, got {len(x)} rows and {len(y)} values; leave failed trials out."
            )
        mean = float(np.mean(y))
        lower = _cholesky(self._kernel.matrix(x, x, self._space), self._noise)
        self._fitted = x, lower, cho_solve((lower, True), y - mean), mean
        return self

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation, (m,) float64 each, in the unit of y.

        Args:
            x: (m, d) float64 positions, NaN where inactive.
        """
        from scipy.linalg import solve_triangular

        if self._fitted is None:
            raise InputError("predict needs observations, got none; call fit first.")
        observed, lower, weights, mean = self._fitted
        cross = self._kernel.matrix(observed, x, self._space)
        half = solve_triangular(lower, cross, lower=True)
        # k(x, x) is 1: the weights of the mixture sum to 1. Rounding may leave it under 0.
        variance = np.maximum(1.0 - np.sum(half**2, axis=0), 0.0)
        return mean + cross.T @ weights, np.sqrt(variance)


def _cholesky(kernel: Array, diagonal: float) -> Array:
    """Factor ``kernel + diagonal I``, with ten times the diagonal where that is singular."""
    from scipy.linalg import LinAlgError, cholesky

    try:
        noisy = kernel.copy()
        noisy[np.diag_indices_from(noisy)] += diagonal
        factor: Array = cholesky(noisy, lower=True, overwrite_a=True)
    except LinAlgError:
        if diagonal > _MOST_DIAGONAL:
            raise
        return _cholesky(kernel, max(10 * diagonal, 1e-10))
    return factor
