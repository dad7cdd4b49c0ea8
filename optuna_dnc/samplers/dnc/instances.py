"""Steps that are no budgets: the instances of a benchmark, the folds of a cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
from optuna.trial import TrialState

from optuna_dnc.samplers.budgets import Observations

_FEWEST_REPORTS = 3
"""Two of many steps tell no order."""
_SWEEPS = 20


def are_instances(observed: Sequence[Observations]) -> bool:
    """Say whether steps have no order: most stopped trials skip steps, and skip them irregularly.

    A training that is stopped has reported up to some step, at each or at every k-th step at which
    others report. Of instances that come at random it has reported any.

    Args:
        observed: What trials showed that nobody runs.
    """
    steps = sorted({step for o in observed for step in o.reports})
    place = {step: n for n, step in enumerate(steps)}
    stopped = [
        np.diff([place[step] for step in o.reports])
        for o in observed
        if o.trial.state == TrialState.PRUNED and len(o.reports) >= _FEWEST_REPORTS
    ]
    irregular = sum(bool(np.any(gaps != gaps[0])) for gaps in stopped)
    return 2 * irregular > len(stopped)


@dataclass(frozen=True)
class Difficulties:
    """By how much the reports for each instance differ from a trial's mean over all instances."""

    of: Mapping[int, float]
    """By instance; they sum to 0."""

    def mean(self, seen: Observations) -> float:
        """Return a trial's mean as if it had been tried on all instances; NaN without a report.

        So trials are compared by the instances that they share, not by which ones they had.
        """
        easier = [r - self.of[i] for i, r in seen.reports.items() if i in self.of and isfinite(r)]
        with np.errstate(all="ignore"):
            return float(np.mean(easier)) if easier else nan


@np.errstate(all="ignore")  # of sizes that overflow no mean is known
def learn_difficulties(observed: Sequence[Observations]) -> Difficulties:
    """Return the least squares fit of ``report = mean of the trial + difficulty of the instance``.

    Args:
        observed: What trials showed; budgets stand for instances.
    """
    steps = sorted({step for o in observed for step in o.reports})
    table = np.array([[o.reports.get(step, nan) for step in steps] for o in observed])
    table = table.reshape(len(observed), len(steps))
    known = np.isfinite(table)
    reports = np.where(known, table, 0.0)
    difficulty = np.zeros(len(steps))
    for _ in range(_SWEEPS):
        means = (reports - known * difficulty).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        apart = (reports - known * means[:, None]).sum(axis=0)
        difficulty = apart / np.maximum(known.sum(axis=0), 1)
        difficulty -= difficulty.mean() if len(steps) else 0.0
    return Difficulties(dict(zip(steps, difficulty.tolist(), strict=True)))
