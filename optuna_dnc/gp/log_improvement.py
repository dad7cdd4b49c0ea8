"""The logarithm of the expected improvement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_HALF_LOG_TWO_PI = 0.5 * np.log(2 * np.pi)


def log_expected_improvement(mean: Array, sd: Array, best: float) -> Array:
    """Return ``log EI`` for minimisation, (m,) float64, exact where EI itself is 0 in float64.

    ``EI = sd * h(z)``, ``h(z) = phi(z) + z Phi(z)``, ``z = (best - mean) / sd``. For z < -1 it
    takes ``log h(z) = log phi(z) + log(1 + z sqrt(pi/2) erfcx(-z/sqrt(2)))`` and far out the
    limit ``log phi(z) - 2 log(-z)`` (Ament et al. 2023, arXiv 2310.20708, section 4.1).

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
