"""Acquisition functions: log expected improvement, constraints, and a reaction to stagnation."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.gp.expected_improvement import log_expected_improvement
from optuna_dnc.gp.hypervolume import HypervolumeImprovement
from optuna_dnc.gp.sum_kernel import Points
from optuna_dnc.gp.surrogate import Surrogate

Acquisition: TypeAlias = Callable[[Array], Array]
"""Rates positions (m, d): a logarithm each, (m,)."""
LogFactor: TypeAlias = Callable[[Points], Array]
"""A summand of the logarithm of an acquisition function, (m,)."""

_PATIENCE = 20
_STEP = 0.02
_N_STEPS = 10
_EQUALLY_GOOD = 0.01


def at_random(rng: np.random.Generator) -> Callable[[Sized], Array]:
    """Return a rating that prefers nothing."""
    return lambda rows: rng.random(len(rows))


def log_improvement(
    losses: Sequence[Surrogate], reached: Array, sought: float, rng: np.random.Generator
) -> LogFactor:
    """Return the log expected improvement, of the hypervolume for several objectives.

    For a single objective it is augmented (Huang et al. 2006): ``EI * (1 - sqrt(noise / (sd**2 +
    noise)))``. Without that factor a noisy optimum would be measured again and again.

    Args:
        losses: The surrogate of each objective.
        reached: (k, objectives) float64 losses reached so far.
        sought: Least improvement that counts, for a single objective.
        rng: Source of the directions in which hypervolume is measured.
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
    variance = sd * sd
    total = variance + noise
    # 1 - sqrt(r) = (1 - r) / (1 + sqrt(r)) for r = noise / total
    result: Array = np.log(variance / total) - np.log1p(np.sqrt(noise / total))
    return result


def log_feasibility(constraint: Surrogate) -> LogFactor:
    """Return the log probability that a constraint is fulfilled: that it is at most 0."""
    from scipy.special import log_ndtr

    def log_probability(points: Points) -> Array:
        mean, sd = constraint.predict(points)
        result: Array = log_ndtr(-mean / sd)
        return result

    return log_probability


def sought_improvement(n_trials: int) -> float:
    """Return the least improvement to seek when the last one was so many trials ago.

    0 for 20 trials, then in turns ``0, 0.02, 0.04, ... 0.18`` standard deviations of the modeled
    losses. On a plateau, or in a branch that was not tuned yet, the surrogate is overconfident,
    and expected improvement proposes neighbors of the best forever. Seeking more leads further
    and further away; the return to 0 is for the case that the surrogate was right after all.
    """
    return _STEP * (max(n_trials - _PATIENCE, 0) % _N_STEPS)


def trials_since_best(
    expected: Array, numbers: NDArray[np.intp], finished: NDArray[np.intp]
) -> int:
    """Return the number of trials after the first that is about as good as the best.

    Args:
        expected: (n, objectives) float64 expected losses without noise, in standard deviations.
            With several objectives there is no best, and 0 is returned.
        numbers: (n,) numbers of these trials, ascending.
        finished: Numbers of all finished trials, maybe repeated.
    """
    if expected.shape[1] > 1:
        return 0
    first = numbers[np.argmax(expected[:, 0] <= expected.min() + _EQUALLY_GOOD)]
    return int(np.sum(np.unique(finished) > first))
