"""Robust lines from values at low budgets to final values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from optuna.trial import TrialState

from optuna_dnc._arrays import Array
from optuna_dnc.samplers.budgets import Observations

_FEWEST_STEEP = 5
"""Trials that show whether a line is steep."""

_STEEP = 2.0
"""Lower quartile of the slopes above which it is."""

_MOST_PAIRED = 100
"""More trials hardly change a median of slopes, whose number grows with their square."""


@dataclass(frozen=True)
class BudgetLines:
    """Lines from the values at each budget level to final values."""

    logarithms: Array
    """(L,) float64, ascending logarithms of the levels."""
    intercepts: Array
    """(L,) float64, in the unit of the values."""
    slopes: Array
    """(L,) float64, at least 0."""

    def expected(self, value: float, logarithm: float) -> float:
        """Return the final value expected for a value at a budget, given by its logarithm."""
        intercept = np.interp(logarithm, self.logarithms, self.intercepts)
        slope = np.interp(logarithm, self.logarithms, self.slopes)
        with np.errstate(over="ignore"):
            return float(intercept + slope * value)


def learn_lines(ended: Sequence[Observations], levels: Sequence[int]) -> BudgetLines:
    """Return the lines, each composed of lines between successive levels.

    A line between two levels is fitted to the trials that reached both. That these were promoted
    because of their value at the lower one does not bias it: a regression may select its inputs.
    A mean or median of their gains would be that of the best trials only.

    Args:
        ended: Trials that are not running.
        levels: Budgets, ascending, at least one.
    """
    complete = [o for o in ended if o.trial.state == TrialState.COMPLETE]
    line = _line([(o.report_at(levels[-1]), o.value_at(o.reached)) for o in complete])
    lines = [line]
    for low, high in zip(levels[-2::-1], levels[:0:-1], strict=True):
        step = _line([(o.report_at(low), o.report_at(high)) for o in ended])
        line = line[0] + line[1] * step[0], line[1] * step[1]
        lines.append(line)
    intercepts, slopes = np.array(lines[::-1]).T
    # Python's logarithm: a step may be larger than any float.
    return BudgetLines(np.array([math.log(level) for level in levels]), intercepts, slopes)


def _line(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return intercept and slope by medians (Theil 1950, Sen 1968); (0, 1) without pairs.

    Each pair adds a slope of 1 to those between pairs, as a prior against the slopes of a few
    trials. Above 1 the line would amplify the noise of low budgets, below 0 reverse their order.
    It is steeper only if most slopes are much steeper, each counted by the distance of its pairs:
    logarithms of errors, for instance, differ more at the end of training than at its beginning.
    """
    known = np.array([p for p in pairs if np.isfinite(p).all()], dtype=np.float64).reshape(-1, 2)
    if len(known) == 0:
        return 0.0, 1.0
    known = known[np.unique(np.linspace(0, len(known) - 1, _MOST_PAIRED).astype(np.intp))]
    low, high = known.T
    i, j = np.triu_indices(len(known), 1)
    distinct = np.flatnonzero(low[i] != low[j])
    i, j = i[distinct], j[distinct]
    with np.errstate(over="ignore", invalid="ignore"):
        distances = np.abs(low[j] - low[i])
        between = (high[j] - high[i]) / (low[j] - low[i])
        sound = ~np.isnan(between) & np.isfinite(distances)
        between, distances = between[sound], distances[sound]
        slopes = np.concatenate([between, np.ones(len(known))])
        slope = float(np.clip(np.median(slopes), 0.0, 1.0))
        if len(known) >= _FEWEST_STEEP:
            lower = _weighted_quantile(between, distances, 0.25)
            slope = lower if _STEEP < lower < math.inf else slope
        return float(np.median(high - slope * low)), slope


def _weighted_quantile(values: Array, weights: Array, share: float) -> float:
    if len(values) == 0:
        return 0.0
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(below, share * below[-1])]])
