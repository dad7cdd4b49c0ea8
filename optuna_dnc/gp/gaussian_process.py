"""Gaussian process regression with fixed hyperparameters: the surrogate of Deep-n-Cheap."""

from __future__ import annotations

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc.gp.hyperparameters import Hyperparameters
from optuna_dnc.gp.mixture import Mixture
from optuna_dnc.gp.sum_kernel import SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.space import SearchSpace


class GaussianProcess:
    """Exact regression of losses: a :class:`Surrogate` of which nothing is fitted.

    ``mean(x) = m + k_x' (K + noise I)^-1 (y - m)``, ``sd(x)**2 = k(x, x) - k_x' (K + noise I)^-1
    k_x``, with ``m`` the mean of the observed values (Deep-n-Cheap, Dey et al. 2020, arXiv
    2004.00974, section 3). The original freezes ``m`` at its first step; here every :meth:`fit`
    takes it anew.

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
        self._kernel = SumKernel(space, kernel.terms, matern=False, omega=kernel.omega)
        unused = np.ones(len(self._kernel.features.names))  # terms have no lengthscales
        self._theta = Hyperparameters(unused, np.empty(0), kernel.shares, noise)
        self._surrogate: Surrogate | None = None

    def fit(self, x: Array, y: Array) -> GaussianProcess:
        """Take observations and return self.

        Args:
            x: (n, d) float64 positions, NaN where inactive; n at least 1.
            y: (n,) float64, finite.
        """
        if len(x) != len(y) or len(y) == 0 or not np.all(np.isfinite(y)):
            raise InputError(
                f"x and y must hold the same number of observations, at least one, and y must be "
                f"finite, got {len(x)} rows and {len(y)} values; leave failed trials out."
            )
        points, mean = self._kernel.points(x), float(np.mean(y))
        self._surrogate = Surrogate(self._kernel, self._theta, points, y, mean=mean)
        return self

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation, (m,) float64 each, in the unit of y.

        Args:
            x: (m, d) float64 positions, NaN where inactive.
        """
        if self._surrogate is None:
            raise InputError("predict needs observations, got none; call fit first.")
        return self._surrogate.predict(self._kernel.points(x))
