"""Values of the trials of a study by budget."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState


@dataclass(frozen=True)
class Observations:
    """The values of one trial by budget."""

    trial: FrozenTrial
    reports: dict[int, float]
    """Reported value by budget, ascending."""
    reached: int
    """Largest budget that the trial counts at."""

    def report_at(self, budget: int, otherwise: float = math.nan) -> float:
        """Return the first report from ``budget`` on, ``otherwise`` without one."""
        later = (value for resource, value in self.reports.items() if resource >= budget)
        return next(later, otherwise)

    def value_at(self, budget: int) -> float:
        """Return the first report from ``budget`` on, NaN without one.

        A COMPLETE trial has its final value beyond its last report.
        """
        if self.trial.state != TrialState.COMPLETE or self.trial.value is None:
            return self.report_at(budget)
        final = self.trial.value
        return final if budget >= self.reached else self.report_at(budget, final)


def read_observations(trials: Iterable[FrozenTrial]) -> list[Observations]:
    """Return the values of trials in any state that reported something or are COMPLETE.

    The budget of a report is its step, plus 1 if the lowest step of all trials is 0 (trials that
    were created by hand may have lower ones, and get more). COMPLETE trials count up to the
    largest budget of all: a training that stopped for lack of progress would not improve.
    """
    observed = [t for t in trials if t.intermediate_values or t.state == TrialState.COMPLETE]
    lowest = min((step for t in observed for step in t.intermediate_values), default=1)
    shift = max(0, 1 - lowest)
    curves = [
        {step + shift: value for step, value in sorted(t.intermediate_values.items())}
        for t in observed
    ]
    largest = max((max(curve, default=1) for curve in curves), default=1)
    return [
        Observations(trial, curve, largest if trial.state == TrialState.COMPLETE else max(curve))
        for trial, curve in zip(observed, curves, strict=True)
    ]


def largest_budget(observations: Sequence[Observations], least: int) -> int | None:
    """Return the largest budget that at least ``least`` trials reached, None if there is none.

    Budgets are those at which a trial ended or pauses. A RUNNING trial counts at those that it
    has passed, but its present epoch is not a budget.
    """
    reached = sorted((o.reached for o in observations), reverse=True)
    if len(reached) < least:
        return None
    enough = reached[max(least, 1) - 1]
    ends = {o.reached for o in observations if o.trial.state != TrialState.RUNNING}
    return max((budget for budget in ends if budget <= enough), default=None)
