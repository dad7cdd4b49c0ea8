"""What trials that have not come to their end tell of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc.samplers.budgets import Observations, read_observations
from optuna_dnc.samplers.dnc.budget_lines import learn_lines
from optuna_dnc.samplers.dnc.instances import are_instances, learn_difficulties
from optuna_dnc.samplers.dnc.report_scale import on_the_scale_of_values

_MOST_LEVELS = 6


@dataclass(frozen=True)
class PartialValue:
    """What a trial showed at one budget."""

    value: float
    """What others say of the largest budget by a value like its own there."""
    shortfall: float
    """``log(R / b) / log(R / b_min)`` for budget b: 0 at the largest, R, 1 at the lowest."""


def stops_early(trial: FrozenTrial) -> bool:
    """Whether a trial was stopped, or waits for promotion, after a finite last report."""
    if trial.state not in (TrialState.PRUNED, TrialState.WAITING):
        return False
    reports = trial.intermediate_values
    return bool(reports) and math.isfinite(reports[max(reports)])


def partial_values(
    trials: Sequence[FrozenTrial], n_known: int, *, instances: bool = False
) -> dict[int, list[PartialValue]]:
    """Return what each trial showed, by number; empty where every trial came to its end.

    The levels at which trials are compared are the budgets at which some of them stopped, at
    most six. A trial counts at every level that it passed and at its own end, or where it waits; a
    RUNNING one at the levels that it has passed. The end of a COMPLETE trial is its value,
    whatever it reported. Reports are taken to the scale of the values first, see
    :func:`learn_scale`.

    Where steps are instances and no budgets, a stopped trial counts with its mean, see
    :class:`Difficulties`, and a RUNNING one not at all.

    Args:
        trials: All trials of a study with one objective.
        n_known: What is learned of lines, scales and instances rests on so many trials that
            nobody runs, the first ones.
        instances: Whether steps are known to be instances; else they are where
            :func:`are_instances` says so.
    """
    if not any(stops_early(trial) for trial in trials):
        return {}
    usable = (TrialState.COMPLETE, TrialState.RUNNING)
    observed = read_observations(t for t in trials if t.state in usable or stops_early(t))
    ended = [o for o in observed if o.trial.state != TrialState.RUNNING]
    if instances or are_instances(ended[:n_known]):
        return _means(ended, n_known)
    observed = on_the_scale_of_values(observed, ended[:n_known])
    ended = [o for o in observed if o.trial.state != TrialState.RUNNING]
    levels = _levels(ended)
    lines = learn_lines(ended[:n_known], levels)
    farthest = math.log(levels[-1])
    width = farthest - math.log(levels[0]) or 1.0
    values = {}
    for seen in observed:
        budgets = [level for level in levels if level <= max(seen.reports, default=0)]
        has_ended = seen.trial.state in (TrialState.PRUNED, TrialState.WAITING)
        if has_ended and seen.reached not in budgets:
            budgets.append(seen.reached)
        found = [
            PartialValue(
                lines.expected(seen.report_at(b), math.log(b)),
                (farthest - math.log(b)) / width,
            )
            for b in budgets
        ]
        found = [value for value in found if math.isfinite(value.value)]
        if seen.trial.state == TrialState.COMPLETE:
            below = [value for value in found if value.shortfall > 0]
            found = [*below, PartialValue(seen.value_at(seen.reached), 0.0)]
        values[seen.trial.number] = found
    return values


def _means(ended: Sequence[Observations], n_known: int) -> dict[int, list[PartialValue]]:
    """Return the means of stopped trials over instances, and the values of the others."""
    difficulties = learn_difficulties(ended[:n_known])
    means = [replace(o, reports={o.reached: difficulties.mean(o)}) for o in ended]
    return {
        seen.trial.number: [PartialValue(seen.value_at(seen.reached), 0.0)]
        for seen in on_the_scale_of_values(means, means[:n_known])
        if seen.trial.state == TrialState.COMPLETE or math.isfinite(seen.report_at(seen.reached))
    }


def _levels(ended: Sequence[Observations]) -> list[int]:
    ends = sorted({o.reached for o in ended})
    if len(ends) <= _MOST_LEVELS:
        return ends
    spread = np.searchsorted(ends, np.geomspace(ends[0], ends[-1], _MOST_LEVELS) - 1e-9)
    return [ends[place] for place in np.unique(spread)]
