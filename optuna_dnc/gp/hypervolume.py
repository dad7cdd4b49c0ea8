"""Expected hypervolume improvement, for several objectives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optuna_dnc._arrays import Array
from optuna_dnc._pareto import pareto_front

_DIRECTIONS = 48
_SAMPLES = 24
_SOFTNESS = 0.02
_FAR_BELOW = -30.0


class HypervolumeImprovement:
    """Expected growth of the dominated hypervolume, by random scalarization.

    The hypervolume between a set Y and a reference point r is, up to a constant, the mean over
    random directions of ``max over y in Y of s(y)``, ``s(y) = min_j max(r_j - y_j, 0) /
    direction_j`` to the power of the number of objectives (Zhang and Golovin 2020, arXiv
    2006.04655, lemma 5). Here the improvement of s itself on the best so far is averaged over
    directions and over normal samples of the predictions, at the same cost for any number of
    objectives. A soft maximum with 0 still ranks points that improve nothing.

    Args:
        reached: (k, objectives) float64 losses reached so far, to be minimized.
        rng: Source of the directions and samples.
    """

    def __init__(self, reached: Array, rng: np.random.Generator) -> None:
        front = reached[pareto_front(reached)]
        width = np.ptp(front, axis=0)
        width = np.where(width > 0, width, 1.0)
        self._reference = front.max(axis=0) + 0.1 * width
        self._width = width
        n = reached.shape[1]
        directions = np.abs(rng.standard_normal((_DIRECTIONS, n)))
        self._directions = np.maximum(
            directions / np.linalg.norm(directions, axis=1, keepdims=True), 1e-3
        )
        self._samples = rng.standard_normal((_SAMPLES, n))
        self._best = self._scalars(front).max(axis=0)

    def logarithm(self, predictions: Sequence[tuple[Array, Array]]) -> Array:
        """Return the logarithm of the expected improvement, (m,) float64.

        Args:
            predictions: Mean and standard deviation, (m,) each, of every objective.
        """
        mean = np.stack([p[0] for p in predictions], axis=1)
        sd = np.stack([p[1] for p in predictions], axis=1)
        total = np.full(len(mean), -np.inf)
        for sample in self._samples:
            gain = (self._scalars(mean + sd * sample) - self._best) / _SOFTNESS
            total = np.logaddexp(total, np.logaddexp.reduce(_log_softplus(gain), axis=1))
        return total

    def _scalars(self, y: Array) -> Array:
        """Return s(y) without the cut at 0, (m, directions)."""
        room = (self._reference - y) / self._width
        result: Array = np.min(room[:, None, :] / self._directions[None, :, :], axis=2)
        return result


def _log_softplus(x: Array) -> Array:
    """Return ``log log(1 + exp(x))``; x itself far below 0, where exp(x) underflows."""
    return np.where(x < _FAR_BELOW, x, np.log(np.logaddexp(0.0, np.maximum(x, _FAR_BELOW))))
