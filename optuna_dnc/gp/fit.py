"""Maximum a posteriori fit of the hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.gp.hyperparameters import Hyperparameters, Prior
from optuna_dnc.gp.linalg import diagonal, factor, inverse, regress
from optuna_dnc.gp.sum_kernel import Points, SumKernel


@dataclass(frozen=True)
class NegativeLogPosterior:
    """The objective of the fit: ``1/2 (y-m)'K^-1(y-m) + 1/2 log det K - log prior``.

    A function, with gradient, of the logarithms of the hyperparameters. ``m`` is the generalized
    least-squares mean; it minimizes the first summand, so its own gradient vanishes.
    """

    kernel: SumKernel
    x: Points
    y: Array
    extra_noise: Array
    term_matrices: list[Array]
    prior: Prior

    def hyperparameters(self, u: Array) -> Hyperparameters:
        """Return the hyperparameters for their logarithms."""
        n_parameters = len(self.kernel.features.names)
        return Hyperparameters.from_logarithms(u, n_parameters, len(self.kernel.parts))

    def __call__(self, u: Array) -> tuple[float, Array]:
        """Return value and gradient at logarithms u, (n_hyperparameters,) float64."""
        theta = self.hyperparameters(u)
        covariance, summands = self.kernel.matrix_and_summands(self.x, theta, self.term_matrices)
        on_diagonal = diagonal(covariance)
        on_diagonal += theta.noise + self.extra_noise
        lower = factor(covariance)
        _, residual, alpha = regress(lower, self.y)
        weight = inverse(lower)
        noise = 0.5 * theta.noise * (weight.trace() - alpha @ alpha)
        weight -= alpha[:, None] * alpha
        weight *= 0.5
        scale, stretch, variance = self.kernel.gradient(theta, weight, summands)
        z = (u - self.prior.means) / self.prior.deviations
        value = 0.5 * residual @ residual + np.log(lower.diagonal()).sum() + 0.5 * z @ z
        gradient = np.concatenate([scale, stretch, variance, [noise]])
        return float(value), gradient + z / self.prior.deviations


def posterior(kernel: SumKernel, x: Points, y: Array, extra_noise: Array) -> NegativeLogPosterior:
    """Return the objective of a fit.

    Args:
        kernel: The kernel.
        x: Observed configurations, n.
        y: (n,) float64 losses of variance about 1.
        extra_noise: (n,) float64, additional noise variance of single observations.
    """
    prior = Prior.standard(len(kernel.features.names), kernel.features.sizes, len(kernel.terms))
    return NegativeLogPosterior(kernel, x, y, extra_noise, kernel.term_matrices(x, x), prior)


def fit_hyperparameters(
    kernel: SumKernel, x: Points, y: Array, extra_noise: Array, *, max_iterations: int = 50
) -> Hyperparameters:
    """Return the hyperparameters of largest posterior density, by L-BFGS-B from the prior's means.

    Args:
        kernel: The kernel.
        x: Observed configurations, n.
        y: (n,) float64 losses of variance about 1.
        extra_noise: (n,) float64, additional noise variance of single observations.
        max_iterations: Iterations of L-BFGS-B, at most.
    """
    from scipy.optimize import minimize

    density = posterior(kernel, x, y, extra_noise)
    prior = density.prior
    start = np.clip(prior.means, prior.low, prior.high)
    optimum = minimize(
        density,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(prior.low, prior.high, strict=True)),
        options={"maxiter": max_iterations, "ftol": 1e-5},
    )
    return density.hyperparameters(optimum.x if np.all(np.isfinite(optimum.x)) else start)
