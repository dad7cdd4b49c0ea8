"""Low-fidelity values: final values estimated from trials that stopped early."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc.samplers.budgets import Observations, read_observations
from optuna_dnc.samplers.dnc.budget_lines import learn_lines
from optuna_dnc.samplers.dnc.instances import (
    are_counted,
    are_instances,
    by_number,
    learn_difficulties,
)
from optuna_dnc.samplers.dnc.report_scale import on_the_scale_of_values

_MOST_LEVELS = 6


@dataclass(frozen=True)
class LowFidelityValue:
    """The value of a trial at one budget, on the scale of final values."""

    value: float
    """Final value that other trials with such a value at this budget came to."""
    shortfall: float
    """``log(R / b) / log(R / b_min)`` for budget b: 0 at the largest, R, 1 at the lowest."""


def stops_early(trial: FrozenTrial) -> bool:
    """Return whether a trial was stopped, or waits for promotion, after a finite last report."""
    if trial.state not in (TrialState.PRUNED, TrialState.WAITING):
        return False
    reports = trial.intermediate_values
    return bool(reports) and math.isfinite(reports[max(reports)])


def low_fidelity_values(
    trials: Sequence[FrozenTrial], n_known: int, *, instances: bool = False
) -> dict[int, list[LowFidelityValue]]:
    """Return the values of each trial by its number; empty if no trial stopped early.

    Trials are compared at levels: at most six of the budgets at which some of them stopped. A
    trial counts at every level that it passed and at its own end, or where it waits; a RUNNING
    one at the levels that it has passed. The last value of a COMPLETE trial is its final value,
    whatever it reported. Reports are converted to the scale of final values first, see
    :func:`learn_scale`.

    Where steps are instances and not budgets, a stopped trial counts with its mean, see
    :class:`Difficulties`, and a RUNNING one not at all. Where they are seconds, budgets may be
    the numbers of the reports, see :func:`are_counted`.

    Args:
        trials: All trials of a study with one objective.
        n_known: Number of trials, the first that are not running, from which lines, scales and
            instances are learned.
        instances: Whether steps are known to be instances; if False, :func:`are_instances`
            decides.
    """
    if not any(stops_early(trial) for trial in trials):
        return {}
    usable = (TrialState.COMPLETE, TrialState.RUNNING)
    observed = read_observations(t for t in trials if t.state in usable or stops_early(t))
    ended = [o for o in observed if o.trial.state != TrialState.RUNNING]
    if instances or are_instances(ended[:n_known]):
        return _means(ended, n_known)
    if are_counted(ended[:n_known]):
        observed = by_number(observed)
        ended = [o for o in observed if o.trial.state != TrialState.RUNNING]
    observed = on_the_scale_of_values(observed, ended[:n_known])
    ended = [o for o in observed if o.trial.state != TrialState.RUNNING]
    levels = _levels(ended)
    lines = learn_lines(ended[:n_known], levels)
    farthest = math.log(levels[-1])
    width = farthest - math.log(levels[0]) or 1.0
    values = {}
    for o in observed:
        budgets = [level for level in levels if level <= max(o.reports, default=0)]
        has_ended = o.trial.state in (TrialState.PRUNED, TrialState.WAITING)
        if has_ended and o.reached not in budgets:
            budgets.append(o.reached)
        estimates = [
            LowFidelityValue(
                lines.expected(o.report_at(b), math.log(b)), (farthest - math.log(b)) / width
            )
            for b in budgets
        ]
        estimates = [estimate for estimate in estimates if math.isfinite(estimate.value)]
        if o.trial.state == TrialState.COMPLETE:
            below = [estimate for estimate in estimates if estimate.shortfall > 0]
            estimates = [*below, LowFidelityValue(o.value_at(o.reached), 0.0)]
        values[o.trial.number] = estimates
    return values


def _means(ended: Sequence[Observations], n_known: int) -> dict[int, list[LowFidelityValue]]:
    """Return the means over instances of stopped trials, and the values of the others."""
    difficulties = learn_difficulties(ended[:n_known])
    means = [replace(o, reports={o.reached: difficulties.mean(o)}) for o in ended]
    return {
        o.trial.number: [LowFidelityValue(o.value_at(o.reached), 0.0)]
        for o in on_the_scale_of_values(means, means[:n_known])
        if o.trial.state == TrialState.COMPLETE or math.isfinite(o.report_at(o.reached))
    }


def _levels(ended: Sequence[Observations]) -> list[int]:
    """Return at most six of the budgets at which trials ended, evenly spread in the logarithm."""
    ends = sorted({o.reached for o in ended})
    if len(ends) <= _MOST_LEVELS:
        return ends
    spread = np.searchsorted(ends, np.geomspace(ends[0], ends[-1], _MOST_LEVELS) - 1e-9)
    return [ends[index] for index in np.unique(spread)]
