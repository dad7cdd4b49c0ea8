"""COMPLETE trials whose values stand for a failure: infinite ones and penalties."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._arrays import Array

_LARGEST_SHARE = 0.1
"""A plateau, such as that of the most frequent class, is nearer to other bad values."""
_LARGEST_SHARE_OF_ONE = 0.001
"""That of one of several objectives: its worst may be the price of the best of another."""
_CHANCE = 0.01
_FEWEST = 2
"""Least number of configurations that share a penalty."""


def failed_by_value(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]
) -> frozenset[int]:
    """Return the numbers of COMPLETE trials with an infinitely bad objective or a penalty.

    A penalty is a large number that an objective returns where it cannot be evaluated. Several
    configurations have exactly the same worst value, and all others cover less than a tenth of
    the range of all values; if these were drawn uniformly, so wide a gap would have a chance of
    less than one in a hundred. With several objectives, all are at such a value, or one is where
    all others cover less than a thousandth of its range: what is worst in one objective may be
    best in another, but a number such as 1e6 is no price.

    As a value, a penalty would hide the differences between all others.

    Args:
        trials: All trials of a study.
        directions: Its directions.
    """
    complete = [t for t in trials if t.state == TrialState.COMPLETE and t.values is not None]
    if not complete:
        return frozenset()
    signs = np.array([-1.0 if d == StudyDirection.MAXIMIZE else 1.0 for d in directions])
    losses = signs * np.array([t.values for t in complete], dtype=np.float64)
    failed = np.any(losses == np.inf, axis=1)
    is_finite = ~failed
    shared = [_at_penalty(column, _LARGEST_SHARE) for column in losses.T]
    alone = [_at_penalty(column, _LARGEST_SHARE_OF_ONE) for column in losses.T]
    for at_penalty in (np.all(shared, axis=0), *alone):
        penalized = is_finite & at_penalty
        configurations = {repr(complete[row].params) for row in np.flatnonzero(penalized)}
        if len(configurations) >= _FEWEST:
            failed |= penalized
    return frozenset(complete[row].number for row in np.flatnonzero(failed))


def _at_penalty(losses: Array, largest_share: float) -> NDArray[np.bool_]:
    """Return whether each loss is the worst finite one, far from all others, (n,) bool.

    Args:
        losses: (n,) float64.
        largest_share: Share of the range that all others may cover.
    """
    quarters = losses / 4  # their differences are finite
    known = quarters[np.isfinite(quarters)]
    at_worst: NDArray[np.bool_] = quarters == known.max(initial=-np.inf)
    if np.count_nonzero(at_worst) < _FEWEST or len(levels := np.unique(known)) < 2:
        return np.zeros(len(losses), dtype=bool)
    share = (levels[-2] - levels[0]) / (levels[-1] - levels[0])
    # Of n uniform numbers, n - 2 lie between the lowest and the highest.
    is_far = share < largest_share and share ** (len(levels) - 2) < _CHANCE
    penalized: NDArray[np.bool_] = at_worst & is_far
    return penalized
