"""Fit the hyperparameters of the surrogate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.hyperparameters import Hyperparameters, Prior
from optuna_dnc.gp.linalg import factor, inverse, solve_lower
from optuna_dnc.gp.sum_kernel import Points, SumKernel

Array = NDArray[np.float64]


def fit_hyperparameters(
    kernel: SumKernel,
    x: Points,
    y: Array,
    extra_noise: Array,
    *,
    max_iterations: int = 50,
) -> Hyperparameters:
    """Return the hyperparameters of largest posterior density.

    Minimises ``1/2 (y-m)'K^-1(y-m) + 1/2 log det K`` plus the negative logarithm of the prior by
    L-BFGS-B with analytic gradients; ``m`` is the generalised least-squares mean, whose gradient
    vanishes.

    Args:
        kernel: The kernel.
        x: Observed configurations, n.
        y: (n,) float64 losses of variance about 1.
        extra_noise: (n,) float64, more noise variance of single observations.
        max_iterations: Of L-BFGS-B.
    """
    from scipy.optimize import minimize

    n_parameters, n_parts = len(kernel.features.names), len(kernel.parts)
    prior = Prior.standard(n_parameters, kernel.features.sizes, len(kernel.terms))
    term_matrices = kernel.term_matrices(x, x)

    def objective(u: Array) -> tuple[float, Array]:
        theta = Hyperparameters.from_logarithms(u, n_parameters, n_parts)
        covariance, shares, slopes = kernel.matrix_and_slopes(x, theta, term_matrices)
        covariance[np.diag_indices_from(covariance)] += theta.noise + extra_noise
        lower = factor(covariance)
        half = solve_lower(lower, np.stack([y, np.ones_like(y)], axis=1))
        mean = half[:, 1] @ half[:, 0] / (half[:, 1] @ half[:, 1])
        residual = half[:, 0] - mean * half[:, 1]
        alpha = solve_lower(lower, residual, transposed=True)
        weight = inverse(lower)
        trace = np.trace(weight)
        weight -= np.outer(alpha, alpha)
        weight *= 0.5
        scale, stretch, variance = kernel.gradient(x, theta, weight, shares, slopes)
        noise = 0.5 * theta.noise * (trace - alpha @ alpha)
        z = (u - prior.means) / prior.deviations
        value = 0.5 * residual @ residual + np.log(np.diag(lower)).sum() + 0.5 * z @ z
        gradient = np.concatenate([scale, stretch, variance, [noise]]) + z / prior.deviations
        return float(value), gradient

    found = minimize(
        objective,
        np.clip(prior.means, prior.low, prior.high),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(prior.low, prior.high, strict=True)),
        options={"maxiter": max_iterations, "ftol": 1e-5},
    )
    best = found.x if np.all(np.isfinite(found.x)) else prior.means
    return Hyperparameters.from_logarithms(best, n_parameters, n_parts)
