"""Geometric schedule for refitting expensive quantities such as hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial


def last_refit(n: int) -> int:
    """Return the number of observations at the last refit: 1, 2, ... 16, 18, 20, ... up to n.

    Steps grow by an eighth. A quantity computed from the first ``last_refit(n)`` observations is
    the same in every process, whichever proposals it made before.
    """
    reached = min(n, 1)
    while reached + max(reached // 8, 1) <= n:
        reached += max(reached // 8, 1)
    return reached


def end_ranks(trials: Sequence[FrozenTrial]) -> NDArray[np.intp]:
    """Return the rank of each trial in the order in which they ended, (n,) int, from 0.

    The first k trials that ended are the same for all workers. The first k by number are not:
    they change each time that a trial of lower number ends late.

    Args:
        trials: Trials by number. If one has not ended, that is their order.
    """
    ends = [t.datetime_complete for t in trials if t.datetime_complete is not None]
    if len(ends) < len(trials):
        return np.arange(len(trials))
    order = sorted(range(len(trials)), key=ends.__getitem__)
    return np.argsort(np.array(order, dtype=np.intp))
