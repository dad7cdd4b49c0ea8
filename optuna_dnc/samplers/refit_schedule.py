"""Geometric schedule for refitting expensive quantities such as hyperparameters."""

from __future__ import annotations


def last_refit(n: int) -> int:
    """Return the number of observations at the last refit: 1, 2, ... 16, 18, 20, ... up to n.

    Steps grow by an eighth. A quantity computed from the first ``last_refit(n)`` observations is
    the same in every process, whichever proposals it made before.
    """
    reached = min(n, 1)
    while reached + max(reached // 8, 1) <= n:
        reached += max(reached // 8, 1)
    return reached
