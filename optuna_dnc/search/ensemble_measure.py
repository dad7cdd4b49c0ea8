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
from optuna_dnc.search.ensemble import Performance
from optuna_dnc.search.ensemble_selection import ensemble_error
from optuna_dnc.search.ensemble_training import targets_of, votes_for
from optuna_dnc.search.predictor import Predictor

TIMED_SECONDS = 0.1
"""How long the same samples are predicted again; the fastest time, least disturbed, counts."""


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
