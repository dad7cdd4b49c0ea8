"""Pareto front of several losses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array


def pareto_front(losses: Array) -> NDArray[np.bool_]:
    """Return the mask of the non-dominated (Pareto-optimal) rows, (n,) bool; of equal rows one.

    Args:
        losses: (n, k) float64, to be minimized, may be infinite.
    """
    ranks = np.stack([np.unique(c, return_inverse=True)[1] for c in losses.T], axis=1)
    sums = ranks.sum(axis=1)
    front = np.zeros(len(losses), dtype=bool)
    left = np.arange(len(losses))
    while len(left):
        # A row that dominates another has a smaller sum of ranks, so the smallest sum is optimal.
        first = left[np.argmin(sums[left])]
        front[first] = True
        left = left[np.any(ranks[left] < ranks[first], axis=1)]
    return front
