"""Fit the hyperparameters of the surrogate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.hyperparameters import Hyperparameters, Prior
from optuna_dnc.gp.linalg import factor, inverse, regress
from optuna_dnc.gp.sum_kernel import Points, SumKernel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NegativeLogPosterior:
    """``1/2 (y-m)'K^-1(y-m) + 1/2 log det K - log prior``, with its gradient.

    A function of the logarithms of the hyperparameters; ``m`` is the generalised least-squares
    mean, whose own gradient vanishes.
    """

    kernel: SumKernel
    x: Points
    y: Array
    extra_noise: Array
    term_matrices: list[Array]
    prior: Prior

    def hyperparameters(self, u: Array) -> Hyperparameters:
        """Return the hyperparameters of logarithms."""
        n_parameters = len(self.kernel.features.names)
        return Hyperparameters.from_logarithms(u, n_parameters, len(self.kernel.parts))

    def __call__(self, u: Array) -> tuple[float, Array]:
        """Return value and gradient at logarithms u."""
        theta = self.hyperparameters(u)
        covariance, shares, slopes = self.kernel.matrix_and_slopes(
            self.x, theta, self.term_matrices
        )
        covariance[np.diag_indices_from(covariance)] += theta.noise + self.extra_noise
        lower = factor(covariance)
        _, residual, alpha = regress(lower, self.y)
        weight = inverse(lower)
        noise = 0.5 * theta.noise * (np.trace(weight) - alpha @ alpha)
        weight -= np.outer(alpha, alpha)
        weight *= 0.5
        scale, stretch, variance = self.kernel.gradient(self.x, theta, weight, shares, slopes)
        z = (u - self.prior.means) / self.prior.deviations
        value = 0.5 * residual @ residual + np.log(np.diag(lower)).sum() + 0.5 * z @ z
        gradient = np.concatenate([scale, stretch, variance, [noise]])
        return float(value), gradient + z / self.prior.deviations


def posterior(kernel: SumKernel, x: Points, y: Array, extra_noise: Array) -> NegativeLogPosterior:
    """Return the function that a fit minimises.

    Args:
        kernel: The kernel.
        x: Observed configurations, n.
        y: (n,) float64 losses of variance about 1.
        extra_noise: (n,) float64, more noise variance of single observations.
    """
    prior = Prior.standard(len(kernel.features.names), kernel.features.sizes, len(kernel.terms))
    return NegativeLogPosterior(kernel, x, y, extra_noise, kernel.term_matrices(x, x), prior)


def fit_hyperparameters(
    kernel: SumKernel, x: Points, y: Array, extra_noise: Array, *, max_iterations: int = 50
) -> Hyperparameters:
    """Return the hyperparameters of largest posterior density, by L-BFGS-B from the prior's means.

    Arguments as for :func:`posterior`, and ``max_iterations`` of L-BFGS-B.
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
    return density.hyperparameters(found.x if np.all(np.isfinite(found.x)) else start)
