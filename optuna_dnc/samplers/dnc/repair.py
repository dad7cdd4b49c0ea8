"""Repair of configurations that no trial can have, learned from earlier trials."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from optuna.trial import FrozenTrial

from optuna_dnc._arrays import Array
from optuna_dnc.space import Column, SearchSpace

_SAME = 1e-9
"""Squared distance of positions below which earlier values count as equal."""
_MOST_TRIALS = 1000


@dataclass(frozen=True)
class NearestTrialRepair:
    """Turns a configuration into the one that a trial would end up with.

    The range or the existence of a parameter may depend on earlier values, or on something else,
    in a way that the space does not describe. A configuration that no trial can have is never
    observed, so its acquisition would stay the largest forever. Repair looks up the trial whose
    earlier values are nearest: the parameter is clipped to that trial's range, and removed if a
    trial of equal earlier values lacked it. Of equally near trials the latest counts, because an
    objective may have changed.
    """

    space: SearchSpace
    order: tuple[str, ...]
    """The parameters in the order in which they are suggested."""
    uncertain: frozenset[str]
    """Parameters whose range or existence the space does not fully describe."""
    x: Array
    """(n, d) float64 rows of trials, the latest first, NaN where inactive."""
    low: Array
    """(n, d) float64 lowest position that the trial allowed, NaN where it lacked the parameter."""
    high: Array
    """(n, d) float64 highest position that the trial allowed."""

    def __call__(self, rows: Array, settled: Collection[int] = ()) -> Array:
        """Return the repaired configurations, (m, d) float64.

        Args:
            rows: (m, d) float64 positions, NaN where inactive.
            settled: Indices of parameters that keep their values.
        """
        rows = rows.copy()
        # Only values suggested before a parameter can have decided its range: distances grow
        # parameter by parameter, in the order of suggestion.
        distances = np.zeros((len(rows), len(self.x)))
        for name in self.order:
            index = self.space.position(name)
            if name in self.uncertain and index not in settled:
                # argmin takes the first of equal distances: the latest trial.
                nearest = distances.argmin(axis=1)
                low, high = self.low[nearest, index], self.high[nearest, index]
                clipped = np.clip(rows[:, index], low, high)
                rows[:, index] = np.where(np.isnan(low), rows[:, index], clipped)
                same = distances[np.arange(len(rows)), nearest] < _SAME
                rows[same & np.isnan(self.x[nearest, index]), index] = np.nan
            # The repaired value: a trial continues from what it got, not from what was planned.
            distances += self._squared_distances(rows[:, index], index)
        return rows

    def _squared_distances(self, positions: Array, index: int) -> Array:
        """Return squared distances (m, n) in one parameter; 1 to other choices and to none."""
        a, b = positions[:, None], self.x[None, :, index]
        squares = (a - b) ** 2
        if self.space.columns[index].is_categorical:
            squares = np.minimum(squares, 1.0)
        has, had = ~np.isnan(a), ~np.isnan(b)
        return np.where(has & had, squares, has != had)


def learn_repair(
    space: SearchSpace,
    order: Sequence[str],
    changing: Collection[str],
    trials: Sequence[FrozenTrial],
    rows: Array,
) -> NearestTrialRepair | None:
    """Learn the repair from trials; None where the space describes all parameters fully.

    Args:
        space: The space.
        order: Its parameters in the order in which they are suggested.
        changing: Parameters whose range was not the same in all trials.
        trials: n trials, by number.
        rows: (n, d) float64 positions of the trials, NaN where inactive.
    """
    uncertain = frozenset(changing).union(space.surprises(rows))
    if not uncertain or not trials:
        return None
    latest_first = slice(None, -_MOST_TRIALS - 1, -1)
    trials, rows = trials[latest_first], rows[latest_first]
    low = np.full(rows.shape, np.nan)
    high = low.copy()
    for name in uncertain:
        index = space.position(name)
        low[:, index], high[:, index] = _ranges(space.columns[index], name, trials)
    return NearestTrialRepair(space, tuple(order), uncertain, rows, low, high)


def _ranges(column: Column, name: str, trials: Sequence[FrozenTrial]) -> tuple[Array, Array]:
    """Return the lowest and highest position of a parameter in each trial, (n,) float64 each."""
    ends = np.full((len(trials), 2), np.nan)
    if column.is_categorical:  # Optuna refuses other choices
        return ends[:, 0], ends[:, 1]
    for row, trial in enumerate(trials):
        if (distribution := trial.distributions.get(name)) is not None:
            ends[row] = distribution.low, distribution.high  # type: ignore[attr-defined]
    known = ~np.isnan(ends[:, 0])
    ends[known] = column.positions(ends[known])
    return ends[:, 0], ends[:, 1]
