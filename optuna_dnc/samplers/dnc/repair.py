"""What a trial would make of a configuration, as far as earlier trials tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from optuna_dnc.space import Column, SearchSpace

Array = NDArray[np.float64]

_SAME = 1e-9
"""Squared distance, in positions, below which trials had the same values so far."""
_MOST_TRIALS = 1000


@dataclass(frozen=True)
class Realisation:
    """Turns a configuration into the one that a trial would end up with.

    Some parameters have a range, or exist, in a way that the space does not know: the range
    depends on earlier values, or on something else altogether. A configuration that no trial can
    have is never observed, so that its acquisition would stay the largest for ever. So such a
    parameter gets what the trial was asked for whose earlier values are nearest: it is moved into
    that trial's range, and is left out where a trial of equal values did without it. Of equally
    near trials the latest counts, because an objective may have changed.
    """

    space: SearchSpace
    order: tuple[str, ...]
    """The parameters as they are asked for."""
    uncertain: frozenset[str]
    """Those that the space does not tell all of."""
    x: Array
    """(n, d) float64 rows of trials, the latest first, NaN where inactive."""
    low: Array
    """(n, d) float64 lowest position that the trial allowed, NaN where it did not ask."""
    high: Array
    """(n, d) float64 highest position that the trial allowed."""

    def __call__(self, rows: Array, settled: Collection[int] = ()) -> Array:
        """Return what becomes of configurations, (m, d) float64.

        Args:
            rows: (m, d) float64 positions, NaN where inactive.
            settled: Places of parameters that have their values already.
        """
        rows = rows.copy()
        distances = np.zeros((len(rows), len(self.x)))
        for name in self.order:
            place = self.space.position(name)
            if name in self.uncertain and place not in settled:
                nearest = distances.argmin(axis=1)
                low, high = self.low[nearest, place], self.high[nearest, place]
                clipped = np.clip(rows[:, place], low, high)
                rows[:, place] = np.where(np.isnan(low), rows[:, place], clipped)
                same = distances[np.arange(len(rows)), nearest] < _SAME
                rows[same & np.isnan(self.x[nearest, place]), place] = np.nan
            distances += self._apart(rows[:, place], place)
        return rows

    def _apart(self, positions: Array, place: int) -> Array:
        """Squared distances (m, n) in one parameter; other choices, and none, are 1 apart."""
        a, b = positions[:, None], self.x[None, :, place]
        apart = (a - b) ** 2
        if self.space.columns[place].is_categorical:
            apart = np.minimum(apart, 1.0)
        has, had = ~np.isnan(a), ~np.isnan(b)
        return np.where(has & had, apart, has != had)


def learn_realisation(
    space: SearchSpace,
    order: Sequence[str],
    changing: Collection[str],
    trials: Sequence[FrozenTrial],
    rows: Array,
) -> Realisation | None:
    """Learn from trials, by number; None where the space tells everything.

    Args:
        space: The space.
        order: Its parameters as they are asked for.
        changing: Those whose range was not the same in all trials.
        trials: What was asked for.
        rows: (n, d) float64, theirs.
    """
    uncertain = frozenset(changing).union(space.surprises(rows))
    if not uncertain or not trials:
        return None
    latest_first = slice(None, -_MOST_TRIALS - 1, -1)
    trials, rows = trials[latest_first], rows[latest_first]
    low = np.full(rows.shape, np.nan)
    high = low.copy()
    for name in uncertain:
        place = space.position(name)
        low[:, place], high[:, place] = _ranges(space.columns[place], name, trials)
    return Realisation(space, tuple(order), uncertain, rows, low, high)


def _ranges(column: Column, name: str, trials: Sequence[FrozenTrial]) -> tuple[Array, Array]:
    ends = np.full((len(trials), 2), np.nan)
    if column.is_categorical:  # Optuna refuses other choices
        return ends[:, 0], ends[:, 1]
    for number, trial in enumerate(trials):
        if (asked := trial.distributions.get(name)) is not None:
            ends[number] = asked.low, asked.high  # type: ignore[attr-defined]
    known = ~np.isnan(ends[:, 0])
    ends[known] = column.positions(ends[known])
    return ends[:, 0], ends[:, 1]
