"""What a study has taught so far, as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc.samplers.checkpoints import checkpoint
from optuna_dnc.samplers.encoded_trials import EncodedTrials
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]

_STALE_SECONDS = 3600.0
_STALE_DURATIONS = 20.0
_MOST_FAILED = 300


@dataclass(frozen=True)
class History:
    """The trials of a study that a proposal rests on; rows are positions, NaN where inactive."""

    space: SearchSpace
    numbers: NDArray[np.intp]
    """(n,): numbers of the trials whose rows follow."""
    x: Array
    """(n, d) float64: COMPLETE trials, and PRUNED ones that reported something, by number."""
    values: Array
    """(n, objectives) float64, to be minimised, maybe infinite."""
    partial: NDArray[np.bool_]
    """(n,) bool: PRUNED trials, whose values are estimates."""
    constraints: Array
    """(n, constraints) float64, at most 0 where fulfilled, maybe infinite."""
    pending: Array
    """(p, d) float64: what others are running."""
    failed: Array
    """(f, d) float64: FAIL trials, the latest of them."""
    failed_numbers: NDArray[np.intp]
    """(f,): their numbers."""

    def useful(self, most: int) -> NDArray[np.intp]:
        """Return at most so many rows of the finished trials, see :func:`most_useful`."""
        ranks = np.argsort(np.argsort(self.values, axis=0, kind="stable"), axis=0)
        return most_useful(ranks.sum(axis=1).astype(np.float64), most)

    def reduced(self, most: int) -> History:
        """Return the history of at most so many finished trials."""
        rows = self.useful(most)
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
    study: Study,
    trials: Sequence[FrozenTrial],
    number: int,
    encoded: EncodedTrials,
    planned: Callable[[FrozenTrial], Mapping[str, Any]],
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
        planned: Returns what a RUNNING trial of this process is planned to become; what it has
            got by then may not be stored yet.
    """
    signs = np.array([-1.0 if d == StudyDirection.MAXIMIZE else 1.0 for d in study.directions])
    complete = [t for t in trials if t.state == TrialState.COMPLETE]
    # The gains of COMPLETE trials at a checkpoint: hyperparameters rest on the estimates.
    known = complete[: checkpoint(len(complete))]
    estimates = _pruned_estimates(trials, known) if len(signs) == 1 else {}
    learned = [t for t in trials if t.state == TrialState.COMPLETE or t.number in estimates]
    rows = encoded.learn(learned)
    values = [[estimates[t.number]] if t.number in estimates else t.values for t in learned]
    failed = [t for t in trials if t.state == TrialState.FAIL][-_MOST_FAILED:]
    running = [t for t in trials if t.state == TrialState.RUNNING and t.number != number]
    alive = _alive(running, complete)
    pending = encoded.space.encode([{**planned(t), **t.params} for t in alive])
    failures = encoded.space.encode([t.params for t in failed])
    return History(
        space=encoded.space,
        numbers=np.array([t.number for t in learned], dtype=np.intp),
        x=rows,
        values=signs * np.array(values, dtype=np.float64).reshape(-1, len(signs)),
        partial=np.array([t.number in estimates for t in learned], dtype=bool),
        constraints=_constraints(learned),
        pending=pending[_is_known(pending)],
        failed=failures[_is_known(failures)],
        failed_numbers=np.array([t.number for t in failed], dtype=np.intp)[_is_known(failures)],
    )


def _is_known(rows: Array) -> NDArray[np.bool_]:
    """Whether a row has any parameter of the space."""
    known: NDArray[np.bool_] = np.any(~np.isnan(rows), axis=1)
    return known


def is_informative(trial: FrozenTrial) -> bool:
    """Whether a finished trial teaches anything: COMPLETE, or PRUNED with a finite last report."""
    if trial.state != TrialState.PRUNED:
        return trial.state == TrialState.COMPLETE
    reports = trial.intermediate_values
    return bool(reports) and math.isfinite(reports[max(reports)])


def finite(values: Array) -> Array:
    """Clip infinite values to the worst or the best finite one, (n,) float64; overwrites them.

    A log10 loss of -inf or a diverged training must not break the fit. 0 where none is finite.
    """
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    return np.clip(np.nan_to_num(values, nan=high), low, high, out=values)


def _pruned_estimates(
    trials: Sequence[FrozenTrial], complete: Sequence[FrozenTrial]
) -> dict[int, float]:
    """Return the final values that PRUNED trials might have had, by number."""
    gains: dict[int, float] = {}
    estimates = {}
    for trial in trials:
        if trial.state != TrialState.PRUNED or not is_informative(trial):
            continue
        reports = trial.intermediate_values
        step = max(reports)
        if step not in gains:
            ends = [(t.value, t.intermediate_values.get(step)) for t in complete]
            known = [e - v for e, v in ends if e is not None and v is not None]
            gains[step] = median([g for g in known if np.isfinite(g)] or [0.0])
        estimates[trial.number] = reports[step] + gains[step]
    return estimates


def _constraints(trials: Sequence[FrozenTrial]) -> Array:
    """Return (n, constraints) float64; a constraint that a trial did not set is fulfilled."""
    names = sorted({name for t in trials for name in t.constraints})
    rows = [[t.constraints.get(name, 0.0) for name in names] for t in trials]
    return np.array(rows, dtype=np.float64).reshape(len(trials), len(names))


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
