"""Steps that are not budgets: instances of a benchmark, folds of a cross-validation, seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite, nan
from statistics import fmean, median, pstdev

import numpy as np
from optuna.trial import TrialState

from optuna_dnc.samplers.budgets import Observations

_FEWEST_REPORTS = 3
"""Two of many steps show no order."""
_SHARED = 0.9
"""Share of all instances on which trials have reported at their end, at least."""
_SWEEPS = 20


def are_instances(observed: Sequence[Observations]) -> bool:
    """Return whether steps have no order: most stopped trials skip steps, and irregularly.

    A training that was stopped has reported at each, or at every k-th, of the steps of others up
    to some step, or at an interval of its own, such as that of its batch size; a trial on
    instances in random order has reported any of them. Trials that came to their end have
    reported on all instances. If they have not, steps are measured budgets, such as seconds,
    which are irregular in every trial.

    Args:
        observed: Trials that are not running.
    """
    steps = sorted({step for o in observed for step in o.reports})
    whole = [
        len(o.reports) / len(steps)
        for o in observed
        if o.trial.state == TrialState.COMPLETE and o.reports
    ]
    if not whole or median(whole) < _SHARED:
        return False
    rank = {step: n for n, step in enumerate(steps)}
    stopped = [
        [*o.reports]
        for o in observed
        if o.trial.state == TrialState.PRUNED and len(o.reports) >= _FEWEST_REPORTS
    ]
    irregular = sum(
        not _is_regular(of_trial) and not _is_regular([rank[step] for step in of_trial])
        for of_trial in stopped
    )
    return 2 * irregular > len(stopped)


def are_counted(observed: Sequence[Observations]) -> bool:
    """Return whether the number of a report is the better measure of its budget than its step.

    COMPLETE trials have had the whole budget, so that the better measure is the one by which they
    are most alike at their ends. Trainings that report after each of 20 epochs, with the seconds
    passed as the step, end at different steps, but after 20 reports. Trainings for an hour end at
    the same step. Regular steps are budgets in any case.

    Args:
        observed: Trials that are not running.
    """
    whole = [
        [*o.reports]
        for o in observed
        if o.trial.state == TrialState.COMPLETE and len(o.reports) >= _FEWEST_REPORTS
    ]
    if len(whole) < 2 or 2 * sum(map(_is_regular, whole)) >= len(whole):
        return False
    by_step = _relative_deviation([steps[-1] for steps in whole])
    return _relative_deviation([len(steps) for steps in whole]) < by_step


def _relative_deviation(ends: Sequence[int]) -> float:
    return pstdev(ends) / fmean(ends)


def by_number(observed: Sequence[Observations]) -> list[Observations]:
    """Return trials with the numbers of their reports, from 1, as budgets."""
    most = max(len(o.reports) for o in observed)
    return [
        replace(
            o,
            reports=dict(enumerate(o.reports.values(), start=1)),
            reached=most if o.trial.state == TrialState.COMPLETE else len(o.reports),
        )
        for o in observed
    ]


def _is_regular(steps: Sequence[int]) -> bool:
    return len({later - step for step, later in pairwise(steps)}) == 1


@dataclass(frozen=True)
class Difficulties:
    """Difference of the reports on each instance from the mean over all instances."""

    of: Mapping[int, float]
    """Difficulty by instance; they sum to 0."""

    def mean(self, observed: Observations) -> float:
        """Return the estimated mean over all instances of a trial; NaN without a report.

        Without it a trial would be judged by the instances that it happened to have.
        """
        adjusted = [
            r - self.of[i] for i, r in observed.reports.items() if i in self.of and isfinite(r)
        ]
        with np.errstate(all="ignore"):
            return float(np.mean(adjusted)) if adjusted else nan


@np.errstate(all="ignore")  # sums that overflow have no mean
def learn_difficulties(observed: Sequence[Observations]) -> Difficulties:
    """Return the least squares fit of ``report = mean of the trial + difficulty of the instance``.

    Args:
        observed: Trials whose budgets stand for instances.
    """
    steps = sorted({step for o in observed for step in o.reports})
    table = np.array([[o.reports.get(step, nan) for step in steps] for o in observed])
    table = table.reshape(len(observed), len(steps))
    known = np.isfinite(table)
    reports = np.where(known, table, 0.0)
    difficulty = np.zeros(len(steps))
    for _ in range(_SWEEPS):
        means = (reports - known * difficulty).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        residual = (reports - known * means[:, None]).sum(axis=0)
        difficulty = residual / np.maximum(known.sum(axis=0), 1)
        difficulty -= difficulty.mean() if len(steps) else 0.0
    return Difficulties(dict(zip(steps, difficulty.tolist(), strict=True)))
