"""The finished, failed and running trials of a study as arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._arrays import Array
from optuna_dnc._optuna_compat import prunes_by_instances
from optuna_dnc._pareto import pareto_front
from optuna_dnc.samplers.dnc.digests import digest_of
from optuna_dnc.samplers.dnc.encoded_trials import EncodedTrials
from optuna_dnc.samplers.dnc.failed_values import failed_by_value
from optuna_dnc.samplers.dnc.low_fidelity import LowFidelityValue, low_fidelity_values, stops_early
from optuna_dnc.samplers.dnc.repair import NearestTrialRepair, learn_repair
from optuna_dnc.samplers.dnc.running import alive
from optuna_dnc.samplers.dnc.shared_fits import SharedFits
from optuna_dnc.samplers.refit_schedule import end_ranks, last_refit
from optuna_dnc.space import SearchSpace

_MOST_FAILED = 300
_COMPLETIONS = 4
_WORST_VIOLATION = 1e100


@dataclass(frozen=True)
class History:
    """The trials of a study that a proposal is based on; rows are positions, NaN if inactive."""

    space: SearchSpace
    numbers: NDArray[np.intp]
    """(n,): trial numbers of the rows."""
    x: Array
    """(n, d) float64 configurations of COMPLETE trials and of others that reported, by number;
    where trials were stopped early, each has a row for every budget level that it passed."""
    values: Array
    """(n, objectives) float64, to be minimized, may be infinite."""
    shortfall: Array
    """(n,) float64 in [0, 1]: distance of a value's budget below the largest one, 0 for at it."""
    ended: NDArray[np.intp]
    """(n,): ranks of the trials by their ends, or by their numbers where low budgets count."""
    constraints: Array
    """(n, constraints) float64, at most 0 where fulfilled, may be infinite; NaN where a stopped
    or running trial has not set it."""
    pending: Array
    """(p, d) float64 configurations of trials that others are running."""
    failed: Array
    """(f, d) float64 configurations of the latest trials that failed, were PRUNED without a usable
    report, or have a value that stands for a failure, see :func:`failed_by_value`. A trial that
    ended before all its parameters were suggested has several rows, completed at random."""
    failed_numbers: NDArray[np.intp]
    """(f,): trial numbers of the failed rows."""
    infeasible: Array
    """(i, d) float64 configurations of trials that have no usable value because they violate a
    constraint: they teach the constraints alone."""
    infeasible_numbers: NDArray[np.intp]
    """(i,): trial numbers of the infeasible rows."""
    infeasible_constraints: Array
    """(i, constraints) float64, NaN where not set."""
    learn_repair: Callable[[], NearestTrialRepair | None]
    """Learns what a trial makes of a configuration; None where it takes each as it is."""
    n_unknown: int
    """Number of running trials of lower number whose parameters are not known yet."""
    fits: SharedFits | None
    """Fits of other processes; None where all running trials were planned by this one."""

    @property
    def last(self) -> NDArray[np.intp]:
        """Indices of the last row of each trial, its value at the largest budget."""
        return np.flatnonzero(np.diff(self.numbers, append=-1))

    @property
    def n_stale(self) -> int:
        """Number of trials with a value after the first best one; 0 for several objectives."""
        if self.values.shape[1] > 1 or not len(self.values):
            return 0
        first_best = self.numbers[np.argmin(self.values[:, 0])]
        return int(np.sum(self.numbers[self.last] > first_best))

    def useful(self, most: int) -> NDArray[np.intp]:
        """Return the indices of at most so many rows, see :func:`most_useful`.

        The best are those that violate constraints least, of these the Pareto-optimal ones, then
        those of the smallest sum of ranks.
        """
        if len(self.values) <= most:
            return np.arange(len(self.values))
        ranks = np.argsort(np.argsort(self.values, axis=0, kind="stable"), axis=0).sum(axis=1)
        # With the violation as an objective, no infeasible row dominates a feasible one.
        dominated = ~pareto_front(np.column_stack([self.values, self.violation]))
        order = np.lexsort((ranks, dominated, self.violation))
        return most_useful(np.argsort(order).astype(np.float64), most)

    @property
    def violation(self) -> Array:
        """Total violation of the known constraints, (n,) float64."""
        known = np.where(np.isnan(self.constraints), 0.0, self.constraints)
        total: Array = np.clip(known, 0.0, _WORST_VIOLATION).sum(axis=1)
        return total

    def reduced(self, most: int) -> History:
        """Return the history of at most so many rows."""
        return self.at(self.useful(most))

    def at(self, rows: NDArray[np.intp]) -> History:
        """Return the history of these rows only."""
        return replace(
            self,
            numbers=self.numbers[rows],
            x=self.x[rows],
            values=self.values[rows],
            shortfall=self.shortfall[rows],
            ended=self.ended[rows],
            constraints=self.constraints[rows],
        )

    def digest(self) -> bytes:
        """Return a digest of all that a proposal learns from."""
        arrays = [value for value in vars(self).values() if isinstance(value, np.ndarray)]
        return digest_of(self.space, self.n_unknown, *arrays)


def most_useful(losses: Array, most: int) -> NDArray[np.intp]:
    """Return indices of at most so many rows: a third best, a third latest, the rest spread."""
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
    """Return the history that trial ``number`` can learn from.

    PRUNED trials and those that wait for promotion count with what they reported, see
    :func:`low_fidelity_values`. RUNNING trials that are dead, see
    :func:`~optuna_dnc.samplers.dnc.running.alive`, are left out.

    Args:
        study: The study, for its directions.
        trials: All its trials, by number.
        number: The trial to propose.
        encoded: The rows of this study's trials.
        planned: Returns the plan of a RUNNING trial of this process, whose parameters may not be
            stored yet.
    """
    signs = np.array([-1.0 if d == StudyDirection.MAXIMIZE else 1.0 for d in study.directions])
    complete = [t for t in trials if t.state == TrialState.COMPLETE]
    # Trials with several objectives cannot report, but trials that were added may have reports.
    one_objective = len(signs) == 1
    informative = [t for t in trials if is_informative(t)] if one_objective else complete
    # The scale of reports changes at refits only: the kept hyperparameters depend on it.
    instances = prunes_by_instances(study)
    n_settled = last_refit(len(informative))
    partial = low_fidelity_values(trials, n_settled, instances=instances) if one_objective else {}
    known = {t.number for t in informative}
    learned = informative
    if partial:
        known_or_running = {n for n, values in partial.items() if values and n != number} | known
        learned = [t for t in trials if t.number in known_or_running]
    useless = (TrialState.FAIL, TrialState.PRUNED)
    failed = [t for t in trials if t.state in useless and t.number not in known]
    # Before any trial has succeeded, failed ones at least show the space.
    rows = encoded.learn(learned or failed)
    no_value = failed_by_value(complete, study.directions)
    kept = [k for k, t in enumerate(learned) if t.number not in no_value]
    valued = [learned[k] for k in kept]
    seen = [_values(t, partial) for t in valued]
    counts = [len(of_trial) for of_trial in seen]
    numbers = np.array([t.number for t in valued], dtype=np.intp)
    values = [values for of_trial in seen for values, _ in of_trial]
    if no_value:
        failed += [t for t in complete if t.number in no_value]
        failed.sort(key=lambda trial: trial.number)
    infeasible = [t for t in failed if _is_infeasible(t)]
    failed = [t for t in failed if not _is_infeasible(t)][-_MOST_FAILED:]
    running = [t for t in trials if t.state == TrialState.RUNNING and t.number != number]
    others = alive(running, complete)
    plans = [planned(t) for t in others]
    pending = encoded.space.encode([{**p, **t.params} for p, t in zip(plans, others, strict=True)])
    failed_rows, failed_numbers = _failures(encoded.space, failed)
    judged = infeasible[-_MOST_FAILED:]
    infeasible_rows, infeasible_numbers = _failures(encoded.space, judged)
    constraints = _constraints([*valued, *judged])
    place = {trial.number: row for row, trial in enumerate(judged, start=len(valued))}
    before = np.array([t.number < number for t in others], dtype=bool)
    return History(
        space=encoded.space,
        numbers=np.repeat(numbers, counts),
        x=np.repeat(rows[kept], counts, axis=0),
        values=signs * np.array(values, dtype=np.float64).reshape(-1, len(signs)),
        shortfall=np.array([s for of_trial in seen for _, s in of_trial], dtype=np.float64),
        ended=np.repeat(np.arange(len(valued)) if partial else end_ranks(valued), counts),
        constraints=np.repeat(constraints[: len(valued)], counts, axis=0),
        pending=pending[_is_known(pending)],
        failed=failed_rows,
        failed_numbers=failed_numbers,
        infeasible=infeasible_rows,
        infeasible_numbers=infeasible_numbers,
        infeasible_constraints=constraints[[place[n] for n in infeasible_numbers.tolist()]],
        learn_repair=functools.partial(
            learn_repair,
            encoded.space,
            sorted(encoded.space.names, key=encoded.first_rank),
            encoded.changing,
            learned,
            rows,
        ),
        n_unknown=int(np.sum(before & ~_is_known(pending))),
        fits=None if all(plans) else SharedFits(study),
    )


def _is_infeasible(trial: FrozenTrial) -> bool:
    """Return whether a trial without a usable value did not fail, but violates a constraint."""
    is_violated = any(value > 0 for value in trial.constraints.values())
    return trial.state != TrialState.FAIL and is_violated


def _failures(space: SearchSpace, failed: Sequence[FrozenTrial]) -> tuple[Array, NDArray[np.intp]]:
    """Return the rows of failed trials, and their numbers.

    Parameters that were not suggested before a trial ended are drawn at random, several times:
    it failed whatever they would have been. A missing value would count as the middle of the
    range.
    """
    if not failed:
        return np.empty((0, len(space.names))), np.empty(0, dtype=np.intp)
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
    """Return whether a row has any parameter of the space, (n,) bool."""
    known: NDArray[np.bool_] = np.any(~np.isnan(rows), axis=1)
    return known


def is_informative(trial: FrozenTrial) -> bool:
    """Return whether a trial that is not running has a value or a usable report."""
    return trial.state == TrialState.COMPLETE or stops_early(trial)


def _values(
    trial: FrozenTrial, partial: Mapping[int, list[LowFidelityValue]]
) -> list[tuple[list[float], float]]:
    """Return the observed values of a trial, each with its shortfall."""
    if trial.number in partial:
        return [([low.value], low.shortfall) for low in partial[trial.number]]
    return [] if trial.values is None else [(trial.values, 0.0)]


def _constraints(trials: Sequence[FrozenTrial]) -> Array:
    """Return (n, constraints) float64: 0, fulfilled, where a COMPLETE trial set none.

    Other trials may still set it at their end: NaN, unknown.
    """
    names = sorted({name for t in trials for name in t.constraints})
    if not names:
        return np.empty((len(trials), 0))
    unset = [0.0 if t.state == TrialState.COMPLETE else np.nan for t in trials]
    rows = [
        [t.constraints.get(name, default) for name in names]
        for t, default in zip(trials, unset, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(trials), len(names))
