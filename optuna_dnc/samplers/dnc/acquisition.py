"""The acquisition function of a study."""

from __future__ import annotations

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc.gp.acquisition import (
    Acquisition,
    LogFactor,
    at_random,
    log_feasibility,
    log_improvement,
    sought_improvement,
    trials_since_best,
)
from optuna_dnc.gp.failure_risk import FailureRisk
from optuna_dnc.gp.output_transform import finite
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.samplers.dnc.history import History
from optuna_dnc.samplers.dnc.surrogates import MOST_ROWS, Surrogates


def acquisition(
    history: History, surrogates: Surrogates, rng: np.random.Generator
) -> tuple[Acquisition, Array]:
    """Return the acquisition function of positions, and the best configurations so far.

    ``log EI + sum over constraints of log P(fulfilled)``, weighed by :class:`FailureRisk` once a
    trial has failed. With several objectives the improvement is that of the dominated
    hypervolume. Until a trial fulfills all constraints, only their probability counts. Where all
    observed values are equal, the rating is random: a surrogate would send all proposals to the
    corners, where it knows least.

    Args:
        history: At least one trial.
        surrogates: Those of the study.
        rng: Source of the directions in which hypervolume is measured.

    Returns:
        The function, and configurations (k, d) of the history, the most promising first.
    """
    history, whole = history.reduced(MOST_ROWS), history
    feasible = history.violation == 0
    losses = [
        surrogates.of_losses(whole, k).with_pending(history.pending)
        for k in range(history.values.shape[1])
    ]
    n, n_pending = len(history.x), len(history.pending)
    expected = np.stack([_expected(loss)[: n + n_pending] for loss in losses], axis=1)
    factors: list[LogFactor] = []
    modeled = np.stack([finite(column) for column in history.values.T], axis=1)
    blind = not _differ(modeled if feasible.any() else history.constraints)
    if blind:
        factors.append(at_random(rng))
    elif feasible.any():
        # A value at a low budget is none to beat, unless there is no other.
        counted = feasible & (history.shortfall == 0)
        counted = counted if counted.any() else feasible
        # Pending trials are expected to reach their prediction. If that did not count as reached,
        # every worker would go for the same improvement.
        reached = np.concatenate([expected[:n][counted], expected[n:]])
        since = trials_since_best(expected[:n][counted], history.numbers[counted], whole.numbers)
        factors.append(log_improvement(losses, reached, sought_improvement(since), rng))
    observed = np.concatenate([history.constraints, history.infeasible_constraints])
    for number in range(history.constraints.shape[1]):
        if _differ(observed[:, [number]]):
            constraint = surrogates.of_constraint(whole, number).with_pending(history.pending)
            factors.append(log_feasibility(constraint))
    kernel = losses[0].kernel
    risk = None
    if len(history.failed):
        labels = surrogates.of_failures(whole)
        risk = FailureRisk.of(labels, history.x, history.failed_numbers, whole.numbers)

    def rate(x: Array) -> Array:
        points = kernel.points(x)
        scores = np.zeros(len(x))
        for factor in factors:
            scores += factor(points)
        return scores if risk is None else risk.rate(scores, points)

    order = np.lexsort((expected[:n].sum(axis=1), history.violation))
    # A trial has a row for each budget, all with the same configuration.
    _, firsts = np.unique(history.numbers[order], return_index=True)
    # Where all values are equal, none is best; but those that did not fail are worth varying.
    return rate, history.x[:0] if blind and risk is None else history.x[order[np.sort(firsts)]]


def _differ(values: Array) -> bool:
    """Return whether any column has more than one value; rows with NaN are left out."""
    known = values[~np.isnan(values).any(axis=1)]
    return len(known) > 0 and bool(np.any(known != known[0]))


def _expected(loss: Surrogate) -> Array:
    """Return the expected losses of the observed configurations at the largest budget, (n,)."""
    expected = loss.fitted()
    low = np.flatnonzero(loss.x.shortfall)
    if len(low):
        expected[low] = loss.predict(loss.kernel.points(loss.x.x[low]))[0]
    return expected
