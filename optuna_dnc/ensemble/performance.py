"""How good networks are together, and what a prediction costs them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.ensemble.selection import ensemble_error
from optuna_dnc.objectives import NetworkMetrics, Quality, metrics_from_dict
from optuna_dnc.results.predictor import Predictor, votes
from optuna_dnc.training import outputs_of

TIMED_SECONDS = 0.1
"""How long the same samples are predicted again; the fastest time, least disturbed, counts."""


@dataclass(frozen=True, kw_only=True)
class Performance(NetworkMetrics):
    """Quality and costs of a network, or of all networks of an ensemble together."""

    seconds_per_sample: float
    """Seconds that the prediction of a raw sample takes, many of them together."""

    def to_dict(self) -> dict[str, Any]:
        """As ensemble.json holds it."""
        return self.metrics_to_dict() | {"seconds_per_sample": self.seconds_per_sample}

    @classmethod
    def from_dict(cls, values: dict[str, Any], task: str) -> Performance:
        """The inverse of :meth:`to_dict`, also after a way through JSON."""
        return cls(
            seconds_per_sample=values["seconds_per_sample"], **metrics_from_dict(values, task)
        )


@dataclass(frozen=True)
class Measure:
    """Measures networks that vote together."""

    data: PreparedData
    raw: NDArray[Any]
    """``(n, *input_shape)``: samples to predict."""

    def __call__(
        self,
        networks: Sequence[nn.Module],
        weights: Sequence[float],
        *,
        costs: Mapping[str, float],
    ) -> Performance:
        data = self.data
        val_error = self._error(networks, weights, data.val)
        test_error = self._error(networks, weights, data.test) if data.n_test else None
        return Performance(
            quality=Quality(val_error, test_error, data.task == "classification"),
            costs=costs,
            seconds_per_sample=self._seconds(networks, weights),
        )

    def _error(
        self, networks: Sequence[nn.Module], weights: Sequence[float], samples: Samples
    ) -> float:
        scores = sum(
            weight * votes_for(network, samples, self.data)
            for network, weight in zip(networks, weights, strict=True)
        )
        return ensemble_error(np.asarray(scores), targets_of(samples))

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
    """What a network votes for prepared samples, ``(n, n_outputs)``."""
    return votes(outputs_of(network, samples.x, data.device), data.task).numpy()


def targets_of(samples: Samples) -> NDArray[np.generic]:
    """``(n,)`` class indices, or ``(n, n_outputs)`` standardised targets."""
    targets: NDArray[np.generic] = samples.y.cpu().numpy()
    return targets
