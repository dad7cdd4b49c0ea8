"""Find the configuration of largest acquisition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.samplers.dnc.candidates import Candidates

Array = NDArray[np.float64]

_SPREADS = (0.2, 0.1, 0.05, 0.02, 0.01)
_KEPT = 4
_MOST_TO_SEARCH = 100_000
"""Configurations among which one that was not tried yet is looked for."""
_STARTS = ((5, 0.3), (2, 0.05))
"""How many of the best so far are varied, and how far."""


def maximise(
    rate: Callable[[Array], Array],
    candidates: Candidates,
    best: Array,
    seen: Array,
    n: int,
    *,
    place: int = 0,
) -> Array:
    """Return the configuration of largest acquisition that was found, (d,) positions.

    A third of the ratings go to random configurations, a third to variations of the best so far,
    the last third to variations of the leaders in ever smaller steps. In a space of few
    configurations all are rated.

    Args:
        rate: Rates (m, d) positions, (m,).
        candidates: Where they come from.
        best: (k, d) what was tried, the most promising first.
        seen: (s, d) what is not to be proposed again while anything else is left.
        n: Number of configurations to rate.
        place: How many larger ones to leave to others.
    """
    known = {row.tobytes() for row in seen}

    def unseen(rows: Array) -> Array:
        return rows[[row.tobytes() not in known for row in rows]]

    everything = candidates.everything(n)
    if everything is not None:
        rows = unseen(everything)
        rows = everything if len(rows) == 0 else rows
        return _at(place, rows, _rated(rate, rows))
    rows = candidates.random(max(n // 3, 1))
    if len(best):
        near, nearer = (candidates.near(best[:k], n // 6, spread=s) for k, s in _STARTS)
        rows = np.concatenate([rows, near, nearer])
    fresh = unseen(rows)
    if len(fresh) == 0:  # nearly all was tried
        every = candidates.everything(_MOST_TO_SEARCH)
        fresh = rows[:0] if every is None else unseen(every)
    rows = rows if len(fresh) == 0 else fresh
    scores = _rated(rate, rows)
    for spread in _SPREADS:
        top = np.argsort(-scores, kind="stable")[:_KEPT]
        more = unseen(candidates.near(rows[top], n // (3 * len(_SPREADS)), spread=spread))
        rows = np.concatenate([rows[top], more])
        scores = np.concatenate([scores[top], _rated(rate, more)])
    return _at(place, rows, scores)


def _at(place: int, rows: Array, scores: Array) -> Array:
    order = np.argsort(-scores, kind="stable")
    chosen: Array = rows[order[min(place, len(order) - 1)]]
    return chosen


def _rated(rate: Callable[[Array], Array], rows: Array) -> Array:
    scores = rate(rows) if len(rows) else np.empty(0)
    return np.where(np.isnan(scores), -np.inf, scores)
