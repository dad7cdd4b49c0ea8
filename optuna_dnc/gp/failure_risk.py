"""Probability of failure, and the acquisition function that weighs its risk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.gp.features import squared_distances
from optuna_dnc.gp.sum_kernel import Points, SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.space import SearchSpace

_PRICE = 0.5
"""Price of a failure, in standard deviations of the losses, at a share of failures of _LIMIT."""
_LEAST_PRICE = 1e-6
_LIMIT = 0.17
_LATEST = 20
_SLACK = 0.15
"""Relative tolerance below the largest probability of success, while few trials fail."""
_LEAST_PROBABILITY = 1e-3
_FACTOR = 3.0
_PRIOR_TRIALS = 5
"""Imagined trials whose failures depend on the configuration: the prior of predictability."""
_KNEE = -50.0
_REFUSED = -1e4


@dataclass(frozen=True)
class FailureRisk:
    """An acquisition function that weighs the gain of a trial against the price of its failure.

    A trial that succeeds with probability ``P`` and then improves the best by ``EI`` is worth its
    risk where ``P * EI >= (1 - P) * price``, that is ``P >= price / (price + EI)``, or where it
    is about as safe as the safest trial that succeeded. Such configurations are rated by
    ``EI * P``; all others lie below them, in the order of ``P``.

    ``EI * P`` alone (Schonlau et al. 1998) fails at an edge with better values beyond it, such as
    the memory of a device: on the safe side EI falls by many orders of magnitude, so that trial
    after trial would fail. With a high fixed price, on the other hand, the optimum at the edge
    would never be tried. So the price grows with the fourth power of the share of failures among
    the latest 20 trials, which keeps that share below a fifth.
    """

    surrogate: Surrogate
    """Regression of labels: 1 where a trial failed, 0 where it did not."""
    price: float
    """Price of a failed trial, in the unit of the expected improvement."""
    safe: float
    """Probability of success from which a configuration counts as safe."""
    trust: float
    """:func:`predictability` of failures, in [0, 1]."""

    @staticmethod
    def of(
        surrogate: Surrogate, succeeded: Array, failed: NDArray[np.intp], ended: NDArray[np.intp]
    ) -> FailureRisk:
        """Return the risk with the price that the latest trials imply.

        Args:
            surrogate: Regression of labels.
            succeeded: (n, d) float64 configurations that did not fail, at least one.
            failed: Numbers of the trials that failed, maybe repeated.
            ended: Numbers of the trials that did not fail, maybe repeated.
        """
        latest = np.union1d(failed, ended)[-_LATEST:]
        share = float(np.mean(np.isin(latest, failed)))
        chances = probability_of_success(surrogate, surrogate.kernel.points(succeeded))
        price = max(_PRICE * (share / _LIMIT) ** 4, _LEAST_PRICE)
        slack = _SLACK * _LIMIT / max(2.0 * share, _LIMIT)
        safe = (1.0 - slack) * float(chances.max())
        return FailureRisk(surrogate, price, safe, predictability(surrogate))

    def rate(self, log_gain: Array, points: Points) -> Array:
        """Return the ratings, (m,) float64, of m configurations by their ``log EI``, (m,)."""
        success = probability_of_success(self.surrogate, points)
        gain = np.exp(np.minimum(log_gain, 0.0))
        required = self.trust * np.minimum(self.safe, self.price / (self.price + gain))
        # Where the surrogate is sure of no improvement, log EI may be -1e9; beyond the knee it
        # counts by its order of magnitude, so that the probability of success still matters.
        far = np.minimum(log_gain - _KNEE, 0.0)
        rating = np.maximum(log_gain, _KNEE) - np.log1p(-far) + self.trust * np.log(success)
        return np.where(success >= required, rating, _REFUSED * (2.0 - success))


def probability_of_success(surrogate: Surrogate, points: Points) -> Array:
    """Return the probability that a trial does not fail, (m,) float64.

    It is 1 minus the expected label. The standard deviation of the label does not count: between
    a success and a failure close to each other the label is known to be one half, and yet either
    may happen.
    """
    expected, _ = surrogate.predict(points)
    return np.clip(1.0 - expected, _LEAST_PROBABILITY, 1.0)


def predictability(surrogate: Surrogate) -> float:
    """Return the predictability of failures, in [0, 1]; 0 where they are random.

    Three times the share of the labels' variance that leave-one-out predictions explain, at most
    1, with 5 imagined trials that are predicted perfectly.
    """
    predicted, _ = surrogate.leave_one_out
    labels, n = surrogate.y, len(surrogate.y)
    errors = float(np.sum((labels - np.clip(predicted, 0.0, 1.0)) ** 2))
    spread = float(np.sum((labels - labels.mean()) ** 2)) or 1.0
    explained = 1.0 - errors / spread
    return float(
        np.clip(_FACTOR * (_PRIOR_TRIALS + n * explained) / (_PRIOR_TRIALS + n), 0.0, 1.0)
    )


def far_from(space: SearchSpace, failed: Array) -> Callable[[Array], Array]:
    """Return a rating of configurations by their squared distance to the nearest failure.

    While all trials have failed, nothing tells where one may succeed; configurations far from all
    failures, such as corners of the space, are the first to try.

    Args:
        space: The space.
        failed: (f, d) float64 configurations, at least one.
    """
    kernel = SumKernel(space)
    tried = kernel.points(failed).coordinates

    def rate(x: Array) -> Array:
        nearest: Array = squared_distances(kernel.points(x).coordinates, tried).min(axis=1)
        return nearest

    return rate
