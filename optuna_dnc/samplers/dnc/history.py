"""What a study has taught so far, as arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._optuna_compat import prunes_by_instances
from optuna_dnc.gp.pareto import in_front
from optuna_dnc.samplers.dnc.encoded_trials import EncodedTrials
from optuna_dnc.samplers.dnc.low_fidelity import PartialValue, partial_values, stops_early
from optuna_dnc.samplers.dnc.repair import Realisation, learn_realisation
from optuna_dnc.samplers.refit_schedule import checkpoint
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]

_STALE_SECONDS = 3600.0
_STALE_DURATIONS = 20.0
_MOST_FAILED = 300
_COMPLETIONS = 4
_WORST_VIOLATION = 1e100
_ENDS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class History:
    """The trials of a study that a proposal rests on; rows are positions, NaN where inactive."""

    space: SearchSpace
    numbers: NDArray[np.intp]
    """(n,): numbers of the trials whose rows follow."""
    x: Array
    """(n, d) float64: COMPLETE trials and what others reported, by number; where trials were
    stopped early each has a row for every level of the budget that it passed."""
    values: Array
    """(n, objectives) float64, to be minimised, maybe infinite."""
    shortfall: Array
    """(n,) float64 in [0, 1]: how far below the largest budget a value was seen, 0 for at it."""
    constraints: Array
    """(n, constraints) float64, at most 0 where fulfilled, maybe infinite; NaN where a trial that
    was stopped, or goes on, had not set it."""
    pending: Array
    """(p, d) float64: what others are running."""
    failed: Array
    """(f, d) float64: the latest trials that failed, or were PRUNED without a usable report. One
    that ended before it had asked for everything is there several times, as what it may have
    become."""
    failed_numbers: NDArray[np.intp]
    """(f,): numbers of the trials whose rows these are."""
    realisation: Callable[[], Realisation | None]
    """Learns what a trial makes of a configuration; None where it takes each as it is."""
    unknown: int
    """How many trials of lower number are running of which nothing is known yet."""

    @property
    def last(self) -> NDArray[np.intp]:
        """Numbers of the rows that hold what a trial showed last, one a trial."""
        return np.flatnonzero(np.diff(self.numbers, append=-1))

    @property
    def n_stale(self) -> int:
        """How many trials with a value came after the first of the best; 0 with objectives."""
        if self.values.shape[1] > 1 or not len(self.values):
            return 0
        first_best = self.numbers[np.argmin(self.values[:, 0])]
        return int(np.sum(np.unique(self.numbers) > first_best))

    def useful(self, most: int) -> NDArray[np.intp]:
        """Return at most so many rows of the finished trials, see :func:`most_useful`.

        The best are those that violate constraints least, of these those that nothing dominates,
        then those of the smallest sum of ranks.
        """
        if len(self.values) <= most:
            return np.arange(len(self.values))
        ranks = np.argsort(np.argsort(self.values, axis=0, kind="stable"), axis=0).sum(axis=1)
        # What is feasible is not dominated by what is not.
        dominated = ~in_front(np.column_stack([self.values, self.violation]))
        order = np.lexsort((ranks, dominated, self.violation))
        return most_useful(np.argsort(order).astype(np.float64), most)

    @property
    def violation(self) -> Array:
        """(n,): by how much a row violates its constraints, as far as known, all together."""
        known = np.where(np.isnan(self.constraints), 0.0, self.constraints)
        total: Array = np.clip(known, 0.0, _WORST_VIOLATION).sum(axis=1)
        return total

    def reduced(self, most: int) -> History:
        """Return the history of at most so many finished trials."""
        return self.at(self.useful(most))

    def at(self, rows: NDArray[np.intp]) -> History:
        """Return the history of some rows alone."""
        return replace(
            self,
            numbers=self.numbers[rows],
            x=self.x[rows],
            values=self.values[rows],
            shortfall=self.shortfall[rows],
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

    PRUNED trials and those that wait for promotion count with what they reported, see
    :func:`partial_values`. A RUNNING trial is taken for dead, and left out, when it is older
    than an hour and than 20 median durations.

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
    # Several objectives have no reports, but trials that were added may have some.
    one_objective = len(signs) == 1
    told = [t for t in trials if is_informative(t)] if one_objective else complete
    # What reports stand for is learned at a checkpoint: hyperparameters rest on it.
    instances = prunes_by_instances(study)
    n_settled = checkpoint(len(told))
    partial = partial_values(trials, n_settled, instances=instances) if one_objective else {}
    taught = {t.number for t in told}
    learned = [
        t for t in trials if t.number in taught or (t.number != number and partial.get(t.number))
    ]
    useless = (TrialState.FAIL, TrialState.PRUNED)
    failed = [t for t in trials if t.state in useless and t.number not in taught]
    # Before anything has worked, what failed tells at least what is asked for.
    rows = encoded.learn(learned or failed)
    kept = [k for k, t in enumerate(learned) if has_finite_loss(t, study.directions)]
    valued = [learned[k] for k in kept]
    seen = [_values(t, partial) for t in valued]
    counts = [len(of_trial) for of_trial in seen]
    numbers = np.array([t.number for t in valued], dtype=np.intp)
    values = [values for of_trial in seen for values, _ in of_trial]
    failed += [t for t in complete if not has_finite_loss(t, study.directions)]
    failed = sorted(failed, key=lambda trial: trial.number)[-_MOST_FAILED:]
    running = [t for t in trials if t.state == TrialState.RUNNING and t.number != number]
    alive = _alive(running, complete)
    pending = encoded.space.encode([{**planned(t), **t.params} for t in alive])
    failed_rows, failed_numbers = _failures(encoded.space, failed)
    before = np.array([t.number < number for t in alive], dtype=bool)
    return History(
        space=encoded.space,
        numbers=np.repeat(numbers, counts),
        x=np.repeat(rows[kept], counts, axis=0),
        values=signs * np.array(values, dtype=np.float64).reshape(-1, len(signs)),
        shortfall=np.array([s for of_trial in seen for _, s in of_trial], dtype=np.float64),
        constraints=np.repeat(_constraints(valued), counts, axis=0),
        pending=pending[_is_known(pending)],
        failed=failed_rows,
        failed_numbers=failed_numbers,
        realisation=functools.partial(
            learn_realisation,
            encoded.space,
            sorted(encoded.space.names, key=encoded.asked_at),
            encoded.changing,
            learned,
            rows,
        ),
        unknown=int(np.sum(before & ~_is_known(pending))),
    )


def _failures(space: SearchSpace, failed: Sequence[FrozenTrial]) -> tuple[Array, NDArray[np.intp]]:
    """Return the rows of failed trials, and their numbers.

    What a trial had not asked for when it ended is drawn at random, some times: it failed
    whatever that would have been. As a missing value it would stand for the middle of the range.
    """
    rows = space.encode([t.params for t in failed])
    numbers = np.array([t.number for t in failed], dtype=np.intp)[_is_known(rows)]
    rows = rows[_is_known(rows)]
    lacking = np.any(space.expected(rows) & np.isnan(rows), axis=1)
    if not lacking.any():
        return rows, numbers
    shape = _COMPLETIONS, len(space.names)
    drawn = [np.random.default_rng(n).random(shape) for n in numbers[lacking].tolist()]
    rest = np.repeat(rows[lacking], _COMPLETIONS, axis=0)
    missing = np.isnan(rest)
    rest[missing] = space.sample(np.concatenate(drawn))[missing]
    rest[missing] = space.activate(rest)[missing]
    return (
        np.concatenate([rows[~lacking], rest]),
        np.concatenate([numbers[~lacking], np.repeat(numbers[lacking], _COMPLETIONS)]),
    )


def _is_known(rows: Array) -> NDArray[np.bool_]:
    """Whether a row has any parameter of the space."""
    known: NDArray[np.bool_] = np.any(~np.isnan(rows), axis=1)
    return known


def is_informative(trial: FrozenTrial) -> bool:
    """Whether a trial that nobody runs teaches anything."""
    return trial.state == TrialState.COMPLETE or stops_early(trial)


def has_finite_loss(trial: FrozenTrial, directions: Sequence[StudyDirection]) -> bool:
    """Whether no objective of a trial is infinitely bad; a trial without values has no such."""
    return not any(
        value == (-np.inf if direction == StudyDirection.MAXIMIZE else np.inf)
        for value, direction in zip(trial.values or (), directions, strict=False)
    )


def _values(
    trial: FrozenTrial, partial: Mapping[int, list[PartialValue]]
) -> list[tuple[list[float], float]]:
    """Return what a trial showed, with the shortfall of each."""
    if trial.number in partial:
        return [([seen.value], seen.shortfall) for seen in partial[trial.number]]
    return [] if trial.values is None else [(trial.values, 0.0)]


def finite(values: Array) -> Array:
    """Return values with infinite ones moved beyond all others, (n,) float64.

    A log10 loss of -inf is better than any other, and must not break the fit. It counts as better
    than the best finite value by as much as that is better than the median. 0 where none is
    finite.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return np.sign(values)
    low, middle, high = (float(np.quantile(known, share, method="nearest")) for share in _ENDS)
    with np.errstate(over="ignore"):
        below, above = np.nan_to_num([middle - low, high - middle])
        width = np.nan_to_num(high - low) or 1.0
        ends = np.nan_to_num([low - (below or width), high + (above or width)])
    moved: Array = np.clip(values, *ends)
    return moved


def _constraints(trials: Sequence[FrozenTrial]) -> Array:
    """Return (n, constraints) float64; one that a COMPLETE trial did not set is fulfilled.

    Others may set it at their end, so that nothing is known yet: NaN.
    """
    names = sorted({name for t in trials for name in t.constraints})
    unset = [0.0 if t.state == TrialState.COMPLETE else np.nan for t in trials]
    rows = [
        [t.constraints.get(name, default) for name in names]
        for t, default in zip(trials, unset, strict=True)
    ]
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
