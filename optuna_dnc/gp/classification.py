"""Gaussian-process classification by expectation propagation.

A label is the sign of a latent function f with noise. The posterior of f is approximated by a
regression on one normal observation, a site, in place of each label (Rasmussen and Williams 2006,
section 3.6). Labels jump at an edge; a regression on the labels themselves would have short
lengthscales, so that it is uncertain between trials, and overshoots. The latent function is
smooth: an edge that is known at some places is known between them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.gp.fit import fit_hyperparameters
from optuna_dnc.gp.hyperparameters import Hyperparameters, Prior
from optuna_dnc.gp.sum_kernel import Points, SumKernel
from optuna_dnc.gp.surrogate import Surrogate

_N_FITS = 2
_FIRST_NOISE = 0.5
"""Sites without noise would be fitted by short lengthscales, also where labels are random."""
_MOST_SWEEPS = 20
_DAMPING = 0.7
"""All sites are refined at once, which may overshoot."""
_TOLERANCE = 0.01
_FARTHEST = 30.0
_LEAST_VARIANCE = 1e-6
_MOST_VARIANCE = 1e4


def fit_classifier(kernel: SumKernel, x: Points, labels: NDArray[np.bool_]) -> Hyperparameters:
    """Return hyperparameters for labels.

    They are fitted in turns with the sites: the gradient of the evidence of expectation
    propagation is that of the regression on its sites (Rasmussen and Williams 2006, section
    5.5.2).

    Args:
        kernel: The kernel.
        x: Observed configurations, n.
        labels: (n,) bool.
    """
    features = kernel.features
    prior = Prior.standard(len(features.names), features.sizes, len(kernel.terms))
    theta = Hyperparameters.from_logarithms(prior.means, len(features.names), len(kernel.parts))
    theta = replace(theta, noise=_FIRST_NOISE)
    latent = None
    for _ in range(_N_FITS):
        latent = classify(kernel, theta, x, labels, latent)
        theta = fit_hyperparameters(kernel, x, latent.y, latent.extra_noise)
    return theta


def classify(
    kernel: SumKernel,
    theta: Hyperparameters,
    x: Points,
    labels: NDArray[np.bool_],
    start: Surrogate | None = None,
) -> Surrogate:
    """Return the latent function, a regression on sites.

    Args:
        kernel: The kernel.
        theta: Its hyperparameters.
        x: Observed configurations, n.
        labels: (n,) bool.
        start: The latent function for the first labels, to begin with its sites.
    """
    signs = np.where(labels, 1.0, -1.0)
    targets, noise = signs.copy(), np.ones(len(signs))
    if start is not None:
        targets[: len(start.y)], noise[: len(start.y)] = start.y, start.extra_noise
    latent = Surrogate(kernel, theta, x, targets, noise)
    for _ in range(_MOST_SWEEPS):
        before, latent = latent, _refined(latent, signs)
        if np.max(np.abs(latent.fitted() - before.fitted())) < _TOLERANCE:
            break
    return latent


def _refined(latent: Surrogate, signs: Array) -> Surrogate:
    """Return the regression on sites that match the moments of f given each label alone."""
    from scipy.special import log_ndtr

    mean, variance = _without_own_label(latent)
    z = np.maximum(signs * mean / np.sqrt(variance), -_FARTHEST)
    hazard = np.exp(-0.5 * z * z - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
    shrinkage = np.maximum(hazard * (z + hazard), 1.0 / _MOST_VARIANCE)
    noise = np.clip(variance / shrinkage - variance, _LEAST_VARIANCE, _MOST_VARIANCE)
    target = mean + signs * np.sqrt(variance) / (z + hazard)
    precision = (1.0 - _DAMPING) / latent.extra_noise + _DAMPING / noise
    shift = (1.0 - _DAMPING) * latent.y / latent.extra_noise + _DAMPING * target / noise
    return Surrogate(latent.kernel, latent.theta, latent.x, shift / precision, 1.0 / precision)


def _without_own_label(latent: Surrogate) -> tuple[Array, Array]:
    """Return mean and variance of f where each label was observed, given all others, (n,) each."""
    mean, sd = latent.leave_one_out
    return mean, np.maximum(sd * sd - latent.extra_noise, _LEAST_VARIANCE)


def probability(latent: Surrogate, x: Points) -> Array:
    """Return the probability that new labels are true, (m,) float64."""
    from scipy.special import ndtr

    mean, sd = latent.predict(x)
    result: Array = ndtr(mean / np.sqrt(sd * sd + latent.theta.noise))
    return result


def leave_one_out_probability(latent: Surrogate) -> Array:
    """Return the probability that each label is true given all others, (n,) float64."""
    from scipy.special import ndtr

    mean, variance = _without_own_label(latent)
    result: Array = ndtr(mean / np.sqrt(variance))
    return result


def explained_share(latent: Surrogate, prior: float = 0.0) -> float:
    """Return the share of the labels' variance that leave-one-out predictions explain, at most 1.

    Args:
        latent: Latent function of the labels.
        prior: Number of imagined labels that are predicted perfectly.
    """
    labels = latent.y > 0
    n = len(labels)
    errors = float(np.sum((labels - leave_one_out_probability(latent)) ** 2))
    spread = float(np.sum((labels - labels.mean()) ** 2)) or 1.0
    return (prior + n * (1.0 - errors / spread)) / (prior + n)
