"""Bootstrap intervals of metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Statistic: TypeAlias = Callable[[NDArray[np.float64]], float]
"""Function from the weights of the samples, ``(n,)``, to the value of a metric; NaN if it is not
defined."""

N_RESAMPLES = 1000
_FEWEST = 200
_MOST_DRAWN = 2e7
"""Samples drawn in all, from which there are fewer resamples: a second or less."""


def bootstrap_interval(
    statistic: Statistic,
    n: int,
    *,
    weights: NDArray[np.float64] | None = None,
    work: int = 1,
) -> tuple[float, float] | None:
    """Return the 95 % percentile bootstrap interval of a metric (Efron & Tibshirani, 1993, 13.3).

    A resample is given by how often it holds each sample, which is a weight: no sample is copied.

    Args:
        statistic: The metric.
        n: Number of samples.
        weights: ``(n,)`` weights of the samples; None if all count the same.
        work: Passes over the samples that the metric takes.

    Returns:
        None for a single sample, or if no resample defines the metric.
    """
    if n < 2:
        return None
    rng = np.random.default_rng(0)
    n_resamples = int(np.clip(_MOST_DRAWN // (n * work), _FEWEST, N_RESAMPLES))
    weights = np.ones(n) if weights is None else weights
    values = [
        statistic(np.bincount(rng.integers(0, n, n), minlength=n) * weights)
        for _ in range(n_resamples)
    ]
    defined = np.array(values)[np.isfinite(values)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)
