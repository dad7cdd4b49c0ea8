"""What nothing is better than in every respect."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def in_front(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n,) bool: which rows no other row dominates; of equal rows one.

    Args:
        losses: (n, k) float64, to be minimised, maybe infinite.
    """
    ranks = np.stack([np.unique(c, return_inverse=True)[1] for c in losses.T], axis=1)
    sums = ranks.sum(axis=1)
    front = np.zeros(len(losses), dtype=bool)
    left = np.arange(len(losses))
    while len(left):
        # Whatever dominates a row has a smaller sum.
        first = left[np.argmin(sums[left])]
        front[first] = True
        left = left[np.any(ranks[left] < ranks[first], axis=1)]
    return front
