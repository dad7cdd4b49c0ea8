"""What a study has taught so far, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc.samplers.encoded_trials import EncodedTrials
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]

_STALE_SECONDS = 3600.0
_STALE_DURATIONS = 20.0


@dataclass(frozen=True)
class History:
    """The trials of a study that a proposal rests on; rows are positions, NaN where inactive."""

    space: SearchSpace
    numbers: NDArray[np.intp]
    """(n,): numbers of the trials whose rows follow."""
    x: Array
    """(n, d) float64: COMPLETE trials, and PRUNED ones that reported something, by number."""
    values: Array
    """(n, objectives) float64, to be minimised, all finite."""
    partial: NDArray[np.bool_]
    """(n,) bool: PRUNED trials, whose values are estimates."""
    constraints: Array
    """(n, constraints) float64, at most 0 where fulfilled."""
    pending: Array
    """(p, d) float64: what others are running."""
    failed: Array
    """(f, d) float64: FAIL trials."""

    def reduced(self, most: int) -> History:
        """Return the history of at most so many finished trials, see :func:`most_useful`."""
        if len(self.x) <= most:
            return self
        ranks = np.argsort(np.argsort(self.values, axis=0, kind="stable"), axis=0)
        rows = most_useful(ranks.sum(axis=1).astype(np.float64), most)
        return replace(
            self,
            numbers=self.numbers[rows],
            x=self.x[rows],
            values=self.values[rows],
            partial=self.partial[rows],
            constraints=self.constraints[rows],
        )


def most_useful(losses: Array, most: int) -> NDArray[np.intp]:
    """Return at most so many rows: a third the best, a third the latest, the rest spread."""
    n = len(losses)
    if n <= most:
        return np.arange(n)
    best = np.argsort(losses, kind="stable")[: most // 3]
    rest = np.setdiff1d(np.arange(n - most // 3), best)
    spread = rest[np.linspace(0, len(rest) - 1, most // 3).astype(np.intp)]
    return np.unique(np.concatenate([best, spread, np.arange(n - most // 3, n)]))


def read_history(
    study: Study, trials: Sequence[FrozenTrial], number: int, encoded: EncodedTrials
) -> History:
    """Return what trial ``number`` can learn from the trials of a study.

    A PRUNED trial counts with its last report plus the median of what the COMPLETE trials
    gained from that step to their end. A RUNNING trial is taken for dead, and left out, when it
    is older than an hour and than 20 median durations.

    Args:
        study: The study, for its directions.
        trials: All its trials, by number.
        number: The trial that is to be proposed.
        encoded: The rows of this study's trials.
    """
    signs = np.array([-1.0 if d == StudyDirection.MAXIMIZE else 1.0 for d in study.directions])
    complete = [t for t in trials if t.state == TrialState.COMPLETE]
    estimates = _pruned_estimates(trials, complete) if len(signs) == 1 else {}
    learned = [t for t in trials if t.state == TrialState.COMPLETE or t.number in estimates]
    rows = encoded.learn(learned)
    values = [[estimates[t.number]] if t.number in estimates else t.values for t in learned]
    running = [t for t in trials if t.state == TrialState.RUNNING and t.number != number]
    return History(
        space=encoded.space,
        numbers=np.array([t.number for t in learned], dtype=np.intp),
        x=rows,
        values=finite(signs * np.array(values, dtype=np.float64).reshape(-1, len(signs))),
        partial=np.array([t.number in estimates for t in learned], dtype=bool),
        constraints=_constraints(learned),
        pending=_with_parameters(encoded, _alive(running, complete)),
        failed=_with_parameters(encoded, [t for t in trials if t.state == TrialState.FAIL]),
    )


def is_informative(trial: FrozenTrial) -> bool:
    """Whether a finished trial teaches anything: COMPLETE, or PRUNED after a report."""
    if trial.state == TrialState.PRUNED:
        return bool(trial.intermediate_values)
    return trial.state == TrialState.COMPLETE


def finite(values: Array) -> Array:
    """Clip infinite values to the worst or the best finite one of their objective.

    Overwrites its argument, (n, objectives) float64. A log10 loss of -inf or a diverged training
    must not break the fit. 0 where none is finite.
    """
    for objective in values.T:
        finite = objective[np.isfinite(objective)]
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
        np.clip(np.nan_to_num(objective, nan=high), low, high, out=objective)
    return values


def _pruned_estimates(
    trials: Sequence[FrozenTrial], complete: Sequence[FrozenTrial]
) -> dict[int, float]:
    """Return the final values that PRUNED trials might have had, by number."""
    gains: dict[int, float] = {}
    estimates = {}
    for trial in trials:
        reports = trial.intermediate_values
        if trial.state != TrialState.PRUNED or not reports:
            continue
        step = max(reports)
        if step not in gains:
            ends = [(t.value, t.intermediate_values.get(step)) for t in complete]
            known = [e - v for e, v in ends if e is not None and v is not None]
            gains[step] = median([g for g in known if np.isfinite(g)] or [0.0])
        if np.isfinite(reports[step]):
            estimates[trial.number] = reports[step] + gains[step]
    return estimates


def _constraints(trials: Sequence[FrozenTrial]) -> Array:
    """Return (n, constraints) float64; a constraint that a trial did not set is fulfilled."""
    names = sorted({name for t in trials for name in t.constraints})
    rows = [[t.constraints.get(name, 0.0) for name in names] for t in trials]
    return np.nan_to_num(np.array(rows, dtype=np.float64).reshape(len(trials), len(names)))


def _alive(running: Sequence[FrozenTrial], complete: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    if not running:
        return []
    seconds = [t.duration.total_seconds() for t in complete if t.duration is not None]
    longest = max(_STALE_SECONDS, _STALE_DURATIONS * median(seconds or [0.0]))
    now = datetime.now()
    return [
        t
        for t in running
        if t.datetime_start is None or (now - t.datetime_start).total_seconds() < longest
    ]


def _with_parameters(encoded: EncodedTrials, trials: Sequence[FrozenTrial]) -> Array:
    rows = encoded.space.encode([t.params for t in trials])
    known: Array = rows[~np.isnan(rows).all(axis=1)]
    return known
