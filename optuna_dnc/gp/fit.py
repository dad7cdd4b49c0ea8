"""Fit the hyperparameters of the surrogate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.laplace import Laplace
from optuna_dnc.gp.posterior import posterior
from optuna_dnc.gp.sum_kernel import Points, SumKernel

Array = NDArray[np.float64]


def fit_hyperparameters(
    kernel: SumKernel, x: Points, y: Array, extra_noise: Array, *, max_iterations: int = 50
) -> Laplace:
    """Find the hyperparameters of largest posterior density, by L-BFGS-B from the prior's means.

    Arguments as for :func:`optuna_dnc.gp.posterior.posterior`, and ``max_iterations``.
    """
    from scipy.optimize import minimize

    density = posterior(kernel, x, y, extra_noise)
    prior = density.prior
    start = np.clip(prior.means, prior.low, prior.high)
    found = minimize(
        density,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(prior.low, prior.high, strict=True)),
        options={"maxiter": max_iterations, "ftol": 1e-5},
    )
    return Laplace(density, found.x if np.all(np.isfinite(found.x)) else start)
