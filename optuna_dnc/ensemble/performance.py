"""Quality and prediction time of networks that predict together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.objectives import NetworkMetrics, Quality, Score, metrics_from_dict
from optuna_dnc.results.predictor import Predictor
from optuna_dnc.training import Scorer, outputs_of, votes

TIMED_SECONDS = 0.1
"""Seconds for which predictions are repeated; the fastest, least disturbed, counts."""


@dataclass(frozen=True, kw_only=True)
class Performance(NetworkMetrics):
    """Quality and costs of a network, or of all networks of an ensemble together."""

    seconds_per_sample: float
    """Seconds to predict one raw sample, in large batches; of a table, without its encoding."""

    def to_dict(self) -> dict[str, Any]:
        """Return the entry ``performance`` of ensemble.json."""
        return self.metrics_to_dict() | {"seconds_per_sample": self.seconds_per_sample}

    @classmethod
    def from_dict(cls, values: dict[str, Any], task: str) -> Performance:
        """Create it from what :meth:`to_dict` returned, also if that was stored as JSON."""
        return cls(
            seconds_per_sample=values["seconds_per_sample"], **metrics_from_dict(values, task)
        )


@dataclass(frozen=True)
class Measure:
    """Measurement of networks that vote together."""

    data: PreparedData
    raw: NDArray[Any]
    """Raw samples to time, ``(n, *input_shape)``; of a table, the encoded rows."""

    def __call__(
        self,
        networks: Sequence[nn.Module],
        weights: Sequence[float],
        *,
        costs: Mapping[str, float],
    ) -> Performance:
        """Measure errors and prediction time.

        Args:
            networks: The networks, in eval mode.
            weights: One per network; they sum to 1.
            costs: Costs of all networks together.
        """
        data = self.data
        val = self._score(networks, weights, data.val)
        test = self._score(networks, weights, data.test) if data.n_test else None
        return Performance(
            quality=Quality(val, test),
            costs=costs,
            seconds_per_sample=self._seconds(networks, weights),
        )

    def _score(
        self, networks: Sequence[nn.Module], weights: Sequence[float], samples: Samples
    ) -> Score:
        scores = sum(
            weight * votes_for(network, samples, self.data)
            for network, weight in zip(networks, weights, strict=True)
        )
        return Scorer.of(self.data).score(np.asarray(scores), samples)

    def _seconds(self, networks: Sequence[nn.Module], weights: Sequence[float]) -> float:
        data = self.data
        predictor = Predictor(tuple(networks), tuple(weights), data.preprocessing, data.device)
        seconds: list[float] = []
        while sum(seconds) < TIMED_SECONDS:
            start = time.perf_counter()
            predictor.predict(self.raw)
            seconds.append(time.perf_counter() - start)
        return min(seconds) / len(self.raw)


def votes_for(network: nn.Module, samples: Samples, data: PreparedData) -> NDArray[np.float64]:
    """Return a network's votes for prepared samples, ``(n, n_outputs)``."""
    return votes(outputs_of(network, samples.x, data.device), data.task).numpy()


def targets_of(samples: Samples) -> NDArray[np.generic]:
    """Return class indices ``(n,)``, or standardized targets ``(n, n_outputs)``."""
    targets: NDArray[np.generic] = samples.y.cpu().numpy()
    return targets
