"""The acquisition function."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def expected_improvement(
    mean: ArrayLike, sd: ArrayLike, best: float, xi: float = 1e-4
) -> NDArray[np.float64]:
    """Return by how much a loss is expected to fall below the best one so far.

    ``EI = (best - mean - xi) * Phi(z) + sd * phi(z)``, ``z = (best - mean - xi) / sd``, for
    minimisation (Deep-n-Cheap, Dey et al. 2020, arXiv 2004.00974, section 3). The original halves
    it at zero spread; here ``sd = 0`` gives the limit ``max(best - mean - xi, 0)``. A prediction
    that is NaN gives -inf, so that it never wins an argmax.

    Args:
        mean: Predicted losses, float64 of any shape.
        sd: Their standard deviations, at least 0, same shape and unit.
        best: The best loss observed, same unit.
        xi: What an improvement must exceed, same unit.
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
