"""Expected improvement and its logarithm, for minimization."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from optuna_dnc._arrays import Array

_HALF_LOG_TWO_PI = 0.5 * np.log(2 * np.pi)


def expected_improvement(mean: ArrayLike, sd: ArrayLike, best: float, xi: float = 1e-4) -> Array:
    """Return the expected improvement of a loss on the best one so far.

    ``EI = (best - mean - xi) * Phi(z) + sd * phi(z)``, ``z = (best - mean - xi) / sd``
    (Deep-n-Cheap, Dey et al. 2020, arXiv 2004.00974, section 3). Where ``sd`` is 0 the original
    halves the improvement; here it is the limit, ``max(best - mean - xi, 0)``. A prediction that
    is NaN gives -inf, so that it never wins an argmax.

    Args:
        mean: Predicted losses, float64 of any shape.
        sd: Their standard deviations, at least 0, same shape and unit.
        best: The best observed loss, same unit.
        xi: Margin by which the best loss has to be beaten, same unit.
    """
    from scipy.special import ndtr

    spread = np.asarray(sd, dtype=np.float64)
    gain = best - np.asarray(mean, dtype=np.float64) - xi
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = gain / spread
        ei = gain * ndtr(z) + spread * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    ei = np.where(spread > 0, ei, np.maximum(gain, 0.0))
    # Far below the best, rounding can leave a number just under 0.
    return np.where(np.isnan(gain + spread), -np.inf, np.maximum(ei, 0.0))


def log_expected_improvement(mean: Array, sd: Array, best: float) -> Array:
    """Return ``log EI``, (m,) float64, accurate where EI itself underflows to 0.

    ``EI = sd * h(z)``, ``h(z) = phi(z) + z Phi(z)``, ``z = (best - mean) / sd``. For ``z < -1``,
    ``log h(z) = log phi(z) + log(1 + z sqrt(pi/2) erfcx(-z/sqrt(2)))``; below -1e4 its limit,
    ``log phi(z) - 2 log(-z)`` (Ament et al. 2023, arXiv 2310.20708, section 4.1).

    Args:
        mean: (m,) float64 predicted losses.
        sd: (m,) float64 standard deviations, above 0.
        best: The loss to improve on.
    """
    from scipy.special import erfcx, ndtr

    z = (best - mean) / sd
    log_density = -0.5 * z * z - _HALF_LOG_TWO_PI
    near = np.maximum(z, -1.0)
    direct = np.log(np.exp(-0.5 * near * near - _HALF_LOG_TWO_PI) + near * ndtr(near))
    far = np.minimum(z, -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log1p(far * np.sqrt(np.pi / 2) * erfcx(-far / np.sqrt(2)))
    tail = log_density + np.where(far < -1e4, -2.0 * np.log(-far), ratio)
    result: Array = np.log(sd) + np.where(z > -1.0, direct, tail)
    return result
