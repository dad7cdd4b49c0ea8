"""Noise of an error that is measured on few samples."""

from __future__ import annotations

import math


def standard_error(error: float, n_samples: int, *, is_share: bool) -> float:
    """Estimate the standard error of an error that was measured on ``n_samples``.

    Args:
        error: The error.
        n_samples: Number of samples.
        is_share: Whether it is a share of wrong samples, of which at least one is assumed; errors
            by other metrics between 0 and 1 have similar standard errors. Otherwise it is a mean
            squared error, whose residuals are assumed to be normally distributed.
    """
    if is_share:
        return math.sqrt(max(error * (1 - error), 1 / n_samples) / n_samples)
    return error * math.sqrt(2 / n_samples)
