"""Noise of an error that is measured on few samples."""

from __future__ import annotations

import math


def standard_error(error: float, n_samples: int, task: str) -> float:
    """Estimate the standard error of an error that was measured on ``n_samples``.

    That of a share of wrong samples, of which at least one is assumed, or for regression of a mean
    squared error whose residuals are normally distributed.
    """
    if task == "classification":
        return math.sqrt(max(error * (1 - error), 1 / n_samples) / n_samples)
    return error * math.sqrt(2 / n_samples)
