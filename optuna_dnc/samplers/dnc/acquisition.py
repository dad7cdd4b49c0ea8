"""What makes a configuration worth trying."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.hypervolume import HypervolumeImprovement
from optuna_dnc.gp.log_improvement import log_expected_improvement
from optuna_dnc.gp.sum_kernel import Points
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.samplers.dnc.failures import FailureRisk
from optuna_dnc.samplers.dnc.history import History, finite
from optuna_dnc.samplers.dnc.stagnation import sought_improvement, trials_since_best
from optuna_dnc.samplers.dnc.surrogates import MOST_ROWS, Surrogates, with_pending

Array = NDArray[np.float64]
Acquisition = Callable[[Array], Array]
Part = Callable[[Points], Array]


def acquisition(
    history: History, surrogates: Surrogates, rng: np.random.Generator
) -> tuple[Acquisition, Array]:
    """Return a function that rates positions (m, d) by logarithms (m,), and what was best so far.

    ``log EI + sum over constraints of log P(fulfilled)``, weighed by :class:`FailureRisk` once a
    trial has failed. With several objectives the improvement is that of the dominated
    hypervolume. Until something fulfils all constraints only their probability counts. Where
    nothing that was seen differs, all is equally good: a surrogate would send everything to the
    corners, of which it knows least. Best so far are the configurations of the history, (k, d),
    the most promising first.

    Args:
        history: At least one trial.
        surrogates: Those of the study.
        rng: For the directions in which hypervolume is measured.
    """
    history, whole = history.reduced(MOST_ROWS), history
    feasible = history.violation == 0
    losses = [
        with_pending(surrogates.of_losses(whole, k), history.pending)
        for k in range(history.values.shape[1])
    ]
    n, n_pending = len(history.x), len(history.pending)
    expected = np.stack([_expected(loss)[: n + n_pending] for loss in losses], axis=1)
    parts: list[Part] = []
    modelled = np.stack([finite(column) for column in history.values.T], axis=1)
    blind = not _differ(modelled if feasible.any() else history.constraints)
    if blind:
        parts.append(at_random(rng))
    elif feasible.any():
        # What was seen below the largest budget is no value to beat, unless there is no other.
        counted = feasible & (history.shortfall == 0)
        counted = counted if counted.any() else feasible
        # What others are running is expected to be reached; else it would be sought again.
        reached = np.concatenate([expected[:n][counted], expected[n:]])
        since = trials_since_best(expected[:n][counted], history.numbers[counted], whole.numbers)
        parts.append(_improvement(losses, reached, sought_improvement(since), rng))
    for number in range(history.constraints.shape[1]):
        if _differ(history.constraints[:, [number]]):
            constraint = with_pending(surrogates.of_constraint(whole, number), history.pending)
            parts.append(_fulfilled(constraint))
    kernel = losses[0].kernel
    risk = None
    if len(history.failed):
        labels = surrogates.of_failures(whole)
        risk = FailureRisk.of(labels, history.x, history.failed_numbers, whole.numbers)

    def rate(x: Array) -> Array:
        points = kernel.points(x)
        scores: Array = np.sum([part(points) for part in parts], axis=0)
        return scores if risk is None else risk.rate(scores, points)

    order = np.lexsort((expected[:n].sum(axis=1), history.violation))
    # A trial has a row for each budget, all with the same configuration.
    _, firsts = np.unique(history.numbers[order], return_index=True)
    # Where nothing differs nothing is best, but what did not fail is worth varying.
    return rate, history.x[:0] if blind and risk is None else history.x[order[np.sort(firsts)]]


def at_random(rng: np.random.Generator) -> Callable[[Sized], Array]:
    """Return a rating that prefers nothing."""
    return lambda rows: rng.random(len(rows))


def _differ(values: Array) -> bool:
    """Say whether any column has more than one value; rows with NaN say nothing."""
    known = values[~np.isnan(values).any(axis=1)]
    return len(known) > 0 and bool(np.any(known != known[0]))


def _expected(loss: Surrogate) -> Array:
    """Return what the observed configurations are expected to give at the largest budget."""
    expected = loss.fitted()
    low = np.flatnonzero(loss.x.shortfall)
    if len(low):
        expected[low] = loss.predict(loss.kernel.points(loss.x.x[low]))[0]
    return expected


def _improvement(
    losses: Sequence[Surrogate], reached: Array, sought: float, rng: np.random.Generator
) -> Part:
    """Return log EI over what was reached, (k, objectives); by more than sought if it is one.

    A single one is augmented (Huang et al. 2006): ``EI * (1 - sqrt(noise / (sd**2 + noise)))``,
    or a noisy optimum would be measured again and again.
    """
    if len(losses) == 1:
        only, best = losses[0], float(reached.min()) - sought

        def augmented(points: Points) -> Array:
            mean, sd = only.predict(points)
            return log_expected_improvement(mean, sd, best) + _log_new(sd, only.theta.noise)

        return augmented
    improvement = HypervolumeImprovement(reached, rng)
    return lambda points: improvement.logarithm([loss.predict(points) for loss in losses])


def _log_new(sd: Array, noise: float) -> Array:
    """Return ``log(1 - sqrt(noise / (sd**2 + noise)))``, also where sd is tiny."""
    ratio = noise / (sd * sd + noise)
    # 1 - sqrt(r) = (1 - r) / (1 + sqrt(r))
    result: Array = np.log(sd * sd / (sd * sd + noise)) - np.log1p(np.sqrt(ratio))
    return result


def _fulfilled(constraint: Surrogate) -> Part:
    """Return the logarithm of the probability that a constraint holds."""
    return lambda points: _log_at_most(0.0, *constraint.predict(points))


def _log_at_most(threshold: float, mean: Array, sd: Array) -> Array:
    """Return the logarithm of the probability that normal values are at most the threshold."""
    from scipy.special import log_ndtr

    result: Array = log_ndtr((threshold - mean) / sd)
    return result
