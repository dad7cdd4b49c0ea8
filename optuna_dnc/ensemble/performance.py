"""How good networks are together, and what a prediction costs them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.ensemble.selection import ensemble_error
from optuna_dnc.results.predictor import Predictor, votes
from optuna_dnc.training import outputs_of

TIMED_SECONDS = 0.1
"""How long the same samples are predicted again; the fastest time, least disturbed, counts."""


@dataclass(frozen=True)
class Performance:
    """How good a network or an ensemble is, and what it costs."""

    val_error: float
    """1 - accuracy as a fraction, or MSE over the variance of the training targets."""
    val_accuracy: float | None
    """A fraction; None for regression."""
    test_error: float | None
    """As ``val_error``, on the test set, which nothing was chosen by; None without one."""
    test_accuracy: float | None
    """A fraction; None for regression, or without a test set."""
    n_params: int
    """Trainable parameters of all networks together."""
    t_epoch: float
    """Seconds of training per epoch, of all trainings together."""
    seconds_per_sample: float
    """Seconds that the prediction of a raw sample takes, many of them together."""


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
        n_params: int,
        t_epoch: float,
    ) -> Performance:
        data = self.data
        is_classification = data.task == "classification"
        val_error = self._error(networks, weights, data.val)
        test_error = self._error(networks, weights, data.test) if data.n_test else None
        return Performance(
            val_error=val_error,
            val_accuracy=1 - val_error if is_classification else None,
            test_error=test_error,
            test_accuracy=None if test_error is None or not is_classification else 1 - test_error,
            n_params=n_params,
            t_epoch=t_epoch,
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
