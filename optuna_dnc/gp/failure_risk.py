"""Probability of failure, and the acquisition function that weighs its risk."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.gp.classification import (
    explained_share,
    leave_one_out_probability,
    probability,
)
from optuna_dnc.gp.features import squared_distances
from optuna_dnc.gp.sum_kernel import Points, SumKernel
from optuna_dnc.gp.surrogate import Surrogate
from optuna_dnc.space import SearchSpace

_LIMIT = 0.12
_STEEPNESS = 3
_LATEST = 20
_FIRST = 15
"""Trials of a start-up with failures."""
_POSITIVE, _STRONG = 3.0, 20.0
"""Bayes factors."""
_LARGEST_RISK = 0.9
_MOST = 2.0
"""Predictions of failures are trusted where three quarters of the latest trials fail."""
_FEW_SUCCESSES = 5
"""Successes from which predictions are trusted only as far as they are right."""
_BY_CHANCE, _SURE = 0.2, 0.4
"""Shares of the variance that predictions explain: where trust begins, and where it is full."""
_PRIOR_TRIALS = 5
"""Imagined trials whose failures depend on the configuration: the prior of predictability."""
_LEAST_PROBABILITY = 1e-3
_KNEE = -50.0
_REFUSED = -1e300
"""Far below any log EI."""


@dataclass(frozen=True)
class FailureRisk:
    """An acquisition function that takes the risk of a failure as long as few trials fail.

    Of the configurations whose probability of success ``P`` is high enough, that with the largest
    ``EI * P`` is best (Schonlau et al. 1998); all others lie below them, in the order of ``P``.
    ``EI * P`` alone fails at an edge with better values beyond it, such as the memory of a device:
    on the safe side EI falls by many orders of magnitude, so that trial after trial would fail.

    A configuration may fail with probability ``0.12 * (0.12 / s)**3`` for the share s of failures
    among the latest 20 trials, at which s settles at 0.12. So steep a price gives a few bold
    trials and many safe ones: one whose failure is as likely as its success tells most about the
    place of an edge, while many timid ones fail as often in sum and tell little, and chance alone
    would make some studies fail twice as often as others. Configurations almost as safe as the
    safest trial are allowed in any case.

    If failures cannot be predicted, they are random, and ``P`` has less weight, unless most
    trials fail and only a few have succeeded, or the latest failures were foreseen.
    """

    latent: Surrogate
    """Latent function of failures."""
    required: float
    """Least probability of success."""
    trust: float
    """Weight of ``P``, in [0, 1]."""

    @staticmethod
    def of(
        latent: Surrogate, succeeded: Array, failed: NDArray[np.intp], ended: NDArray[np.intp]
    ) -> FailureRisk:
        """Return the risk that the latest trials leave.

        Args:
            latent: Latent function of failures.
            succeeded: (n, d) float64 configurations that did not fail, at least one.
            failed: Numbers of the trials that failed, maybe repeated.
            ended: Numbers of the trials that did not fail, maybe repeated.
        """
        latest = np.union1d(failed, ended)[-_LATEST:]
        share = float(np.mean(np.isin(latest, failed)))
        chances = 1.0 - probability(latent, latent.kernel.points(succeeded))
        safe = (1.0 - _LIMIT) * float(chances.max())
        # A region of which only one or two trials are known is hard to predict from the others, so
        # that its failures look random.
        unknown = max(0.0, 1.0 - len(np.unique(ended)) / _FEW_SUCCESSES)
        least = unknown * _MOST * (2.0 * share - 1.0)
        trust = float(np.clip(max(least, foresight(latent)), predictability(latent), 1.0))
        return FailureRisk(latent, trust * min(safe, 1.0 - allowed_risk(share)), trust)

    def rate(self, log_gain: Array, points: Points) -> Array:
        """Return the ratings, (m,) float64, of m configurations by their ``log EI``, (m,)."""
        success = np.maximum(1.0 - probability(self.latent, points), _LEAST_PROBABILITY)
        # Where the surrogate is sure of no improvement, log EI may be -1e9; beyond the knee it
        # counts by its order of magnitude, so that the probability of success still matters.
        far = np.minimum(log_gain - _KNEE, 0.0)
        rating = np.maximum(log_gain, _KNEE) - np.log1p(-far) + self.trust * np.log(success)
        return np.where(success >= self.required, rating, _REFUSED * (2.0 - success))


def likely_fails(ratings: Array) -> NDArray[np.bool_]:
    """Return which configurations fail more likely than not, (m,) bool, by ratings (m,)."""
    result: NDArray[np.bool_] = ratings < 1.5 * _REFUSED
    return result


def allowed_risk(share: float) -> float:
    """Return the largest probability of failure that the next trial may have.

    Args:
        share: Share of failures among the latest trials.
    """
    price = (share / _LIMIT) ** _STEEPNESS
    return min(_LIMIT / price, _LARGEST_RISK) if share else _LARGEST_RISK


def predictability(latent: Surrogate) -> float:
    """Return the predictability of failures, in [0, 1]; 0 where they are random.

    It grows from 0 to 1 while the share of the labels' variance that leave-one-out predictions
    explain, with 5 imagined trials that are predicted perfectly, grows from 0.2 to 0.4: where
    trials gather, those around them explain a tenth of the variance even of random failures.
    """
    explained = explained_share(latent, _PRIOR_TRIALS)
    return float(np.clip((explained - _BY_CHANCE) / (_SURE - _BY_CHANCE), 0.0, 1.0))


def foresight(latent: Surrogate) -> float:
    """Return how surely the latest failures were foreseen, in [0, 1].

    It grows from 0 to 1 while the Bayes factor grows from 3 to 20, from positive to strong
    evidence (Kass and Raftery 1995): leave-one-out predictions of the latest 20 labels against a
    constant rate of failures, known from the first 15. Failures at random do not become more
    frequent where the sampler goes. Single successes among many failures, such as those in a thin
    region, cannot be predicted from the others, but the failures around them can.
    """
    labels = latent.y > 0
    first, latest = labels[:_FIRST], labels[_FIRST:][-_LATEST:]
    failure = leave_one_out_probability(latent)[len(labels) - len(latest) :]
    foreseen = np.maximum(np.where(latest, failure, 1.0 - failure), _LEAST_PROBABILITY)
    before = 1.0 + np.array([first.sum(), (~first).sum()])
    after = before + np.array([latest.sum(), (~latest).sum()])
    at_a_rate = _log_beta(*after.tolist()) - _log_beta(*before.tolist())
    evidence = float(np.log(foreseen).sum()) - at_a_rate
    return float(np.interp(evidence, (math.log(_POSITIVE), math.log(_STRONG)), (0.0, 1.0)))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


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
