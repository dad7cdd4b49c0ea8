"""Optimizer of the acquisition function: random candidates, then local search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.gp.candidates import Candidates
from optuna_dnc.gp.failure_risk import likely_fails

_SPREADS = (0.2, 0.1, 0.05, 0.02, 0.01)
_KEPT = 4
_MOST_TO_SEARCH = 100_000
"""Largest space that is enumerated for a configuration that was not tried yet."""
_STARTS = ((5, 0.3), (2, 0.05))
"""Number of the best configurations so far that are varied, and the spread."""


def optimize_acquisition(
    rate: Callable[[Array], Array],
    candidates: Candidates,
    best: Array,
    seen: Array,
    n: int,
    *,
    rank: int = 0,
) -> Array:
    """Return the configuration of largest acquisition that was found, (d,) float64 positions.

    A third of the evaluations goes to random configurations, a third to variations of the best
    so far, and the last third to variations of the leaders in ever smaller steps. A space of at
    most ``n`` configurations is enumerated.

    Args:
        rate: The acquisition function of positions: (m, d) to (m,).
        candidates: The source of configurations.
        best: (k, d) positions of the best configurations so far, the most promising first.
        seen: (s, d) positions that are proposed again only when nothing else is left, or where
            a space is enumerated and all others are likely to fail.
        n: Number of configurations to rate.
        rank: Rank by acquisition of the returned configuration, from 0; larger ones are left to
            other workers.
    """
    known = set(_as_bytes(seen))

    def unseen(rows: Array) -> Array:
        fresh = [row not in known for row in _as_bytes(rows)]
        return rows if all(fresh) else rows[fresh]

    everything = candidates.enumerate(n)
    if everything is not None:
        rows = unseen(everything)
        scores = _rated(rate, rows)
        if np.all(likely_fails(scores)):  # to repeat a trial costs less
            rows, scores = everything, _rated(rate, everything)
        return _ranked(rank, rows, scores)
    rows = candidates.random(max(n // 3, 1))
    if len(best):
        near, nearer = (candidates.near(best[:k], n // 6, spread=s) for k, s in _STARTS)
        rows = np.concatenate([rows, near, nearer])
    fresh = unseen(rows)
    if len(fresh) == 0:  # nearly the whole space was tried
        every = candidates.enumerate(_MOST_TO_SEARCH)
        fresh = rows[:0] if every is None else unseen(every)
    rows = rows if len(fresh) == 0 else fresh
    scores = _rated(rate, rows)
    for spread in _SPREADS:
        top = np.argsort(-scores, kind="stable")[:_KEPT]
        more = unseen(candidates.near(rows[top], n // (3 * len(_SPREADS)), spread=spread))
        rows = np.concatenate([rows[top], more])
        scores = np.concatenate([scores[top], _rated(rate, more)])
    return _ranked(rank, rows, scores)


def _as_bytes(rows: Array) -> list[bytes]:
    """Return the bytes of each row."""
    size = rows.itemsize * rows.shape[1]
    bytes_of_rows: list[bytes] = np.ascontiguousarray(rows).view(f"V{size}").ravel().tolist()
    return bytes_of_rows


def _ranked(rank: int, rows: Array, scores: Array) -> Array:
    order = np.argsort(-scores, kind="stable")
    chosen: Array = rows[order[min(rank, len(order) - 1)]]
    return chosen


def _rated(rate: Callable[[Array], Array], rows: Array) -> Array:
    scores = rate(rows) if len(rows) else np.empty(0)
    return np.where(np.isnan(scores), -np.inf, scores)
