"""Predictions for raw samples, batch by batch, from one network or several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing
from optuna_dnc.training import outputs_of

BATCH = 1024
"""Samples that are normalised and predicted at once, however many there are."""

OnProgress: TypeAlias = Callable[[int], None]
"""Called after each batch with the number of samples that are done."""


def votes(outputs: torch.Tensor, task: str) -> torch.Tensor:
    """What is averaged over the networks of an ensemble, float64 of the shape of ``outputs``.

    Softmax of the outputs for classification, the outputs themselves for regression.
    """
    # In float32 two outputs that differ may have equal probabilities, and another label.
    exact = outputs.double()
    return exact.softmax(dim=1) if task == "classification" else exact


@dataclass(frozen=True)
class Predictor:
    """Networks on one device, each with a weight, and what goes before and after them."""

    models: tuple[nn.Module, ...]
    """In eval mode."""
    weights: tuple[float, ...]
    """One a model; they sum to 1."""
    preprocessing: Preprocessing
    device: torch.device

    def predict(self, x: Any, on_progress: OnProgress | None = None) -> NDArray[np.generic]:
        """Labels ``(n,)``, or values in the targets' unit, for raw ``x (n, *input_shape)``."""
        decode = self.preprocessing.decode
        return np.concatenate([decode(scores) for scores in self._scores(x, on_progress)])

    def predict_proba(self, x: Any, on_progress: OnProgress | None = None) -> NDArray[np.float64]:
        """Probabilities ``(n, n_classes)``, in the order of the sorted labels, for raw ``x``.

        Raises:
            InputError: The task is a regression, which has no classes.
        """
        if self.preprocessing.classes is None:
            raise InputError(
                "predict_proba is for classification, and this network was trained for "
                "regression; use predict for its values."
            )
        return np.concatenate([scores.numpy() for scores in self._scores(x, on_progress)])

    def _scores(self, x: Any, on_progress: OnProgress | None) -> Iterator[torch.Tensor]:
        """The weighted mean of the votes for each batch, ``(b, n_outputs)`` on the CPU."""
        array = self.preprocessing.checked(x)
        for start in range(0, max(1, len(array)), BATCH):
            part = array[start : start + BATCH]
            inputs = torch.empty(part.shape, dtype=torch.float32)
            self.preprocessing.write(inputs, part)
            yield self._mean(inputs)
            if on_progress is not None:
                on_progress(start + len(part))

    def _mean(self, inputs: torch.Tensor) -> torch.Tensor:
        task = self.preprocessing.task
        total = torch.zeros((), dtype=torch.float64)
        for model, weight in zip(self.models, self.weights, strict=True):
            total = total + weight * votes(outputs_of(model, inputs, self.device), task)
        return total
