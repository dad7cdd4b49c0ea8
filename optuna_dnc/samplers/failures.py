"""Failures of trials: how likely they are, and when a trial is worth the risk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp.features import squared_distances
from optuna_dnc.gp.sum_kernel import Points, SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.space import SearchSpace

Array = NDArray[np.float64]

_PRICE = 0.5
"""Of a failure, in standard deviations of the losses, when the share below has failed."""
_LEAST_PRICE = 1e-6
_LIMIT = 0.17
_LATEST = 20
_SLACK = 0.15
"""How much less likely a success may be than the safest, while few trials fail."""
_LEAST_PROBABILITY = 1e-3
_FACTOR = 3.0
_PRIOR_TRIALS = 5
"""As many trials speak for failures that depend on the configuration, before any is seen."""
_KNEE = -50.0
_REFUSED = -1e4


@dataclass(frozen=True)
class FailureRisk:
    """Weighs what a trial may gain against the price of its failure.

    A trial that succeeds with probability ``P`` and then improves the best by ``EI`` is worth its
    risk where ``P * EI >= (1 - P) * price``, which is ``P >= price / (price + EI)``, or where it
    is about as safe as the safest trial that succeeded. Such configurations are rated by
    ``EI * P``, all others lie below them, in the order of ``P``.

    ``EI * P`` alone (Schonlau et al. 1998) would not do: beside an edge that better values lie
    beyond, such as the memory of a device, EI falls by many orders of magnitude on the safe
    side, so that trial after trial would fail. A fixed price would not do either: where it is
    high, the optimum at the edge is not tried. So the price grows with the fourth power of the
    share of failures among the latest 20 trials, which keeps that share below a fifth.
    """

    surrogate: Surrogate
    """Regression of labels: 1 where a trial failed, 0 where it did not."""
    price: float
    """Of a failed trial, in the unit of the expected improvement."""
    safe: float
    """Probability of success from which on a configuration counts as safe."""
    trust: float
    """In [0, 1]: how far failures depend on the configuration, as :func:`predictability` says."""

    @staticmethod
    def of(
        surrogate: Surrogate, succeeded: Array, failed: NDArray[np.intp], ended: NDArray[np.intp]
    ) -> FailureRisk:
        """Set the price by the latest trials.

        Args:
            surrogate: Regression of labels.
            succeeded: (n, d) float64 configurations that did not fail, at least one.
            failed: Numbers of the trials that failed, some maybe more than once.
            ended: Numbers of the trials that did not, some maybe more than once.
        """
        latest = np.union1d(failed, ended)[-_LATEST:]
        share = float(np.mean(np.isin(latest, failed)))
        chances = probability_of_success(surrogate, surrogate.kernel.points(succeeded))
        price = max(_PRICE * (share / _LIMIT) ** 4, _LEAST_PRICE)
        slack = _SLACK * _LIMIT / max(2.0 * share, _LIMIT)
        safe = (1.0 - slack) * float(chances.max())
        return FailureRisk(surrogate, price, safe, predictability(surrogate))

    def rate(self, log_gain: Array, points: Points) -> Array:
        """Return the ratings, (m,) float64, of configurations by ``log EI``, (m,)."""
        success = probability_of_success(self.surrogate, points)
        gain = np.exp(np.minimum(log_gain, 0.0))
        required = self.trust * np.minimum(self.safe, self.price / (self.price + gain))
        # Where the model is sure that nothing improves, log EI may be -1e9.
        far = np.minimum(log_gain - _KNEE, 0.0)
        rating = np.maximum(log_gain, _KNEE) - np.log1p(-far) + self.trust * np.log(success)
        return np.where(success >= required, rating, _REFUSED * (2.0 - success))


def probability_of_success(surrogate: Surrogate, points: Points) -> Array:
    """Return the probability that a trial does not fail, (m,) float64.

    It is 1 less the expected label. The standard deviation of the label has no part in it:
    between a success and a failure that are close to each other the label is known to be one
    half, and still either may be the case.
    """
    expected, _ = surrogate.predict(points)
    return np.clip(1.0 - expected, _LEAST_PROBABILITY, 1.0)


def predictability(surrogate: Surrogate) -> float:
    """Return how far failures can be predicted, in [0, 1]; 0 where they are a matter of luck.

    Three times the share of the labels' variance that predictions from all other trials explain,
    at most 1, with 5 imagined trials that are predicted perfectly.
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
    """Rate configurations by their squared distance to the nearest failure.

    While nothing has worked there is no telling where it may; what lies far from all failures,
    such as a corner of the space, is the first place to look.

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
