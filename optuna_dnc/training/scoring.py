"""Scores of predictions by the metric of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc.data import Dataset, PreparedData, Preprocessing, Samples
from optuna_dnc.objectives import Metric, Predictions, Score, Targets, metric_of


@dataclass(frozen=True, eq=False)
class Scorer:
    """Turns predictions for the samples of a data set into errors and values of its metric."""

    metric: Metric
    constant: float
    """What the best constant prediction has, see :meth:`Metric.constant`; above 0."""
    preprocessing: Preprocessing

    @classmethod
    def of(cls, data: PreparedData) -> Scorer:
        """Return the scorer of a data set."""
        metric = metric_of(data.metric, data.task)
        constant = metric.constant(targets_of(data.train, data))
        # A part of the training samples may hold one class, or one value.
        return cls(metric, constant if constant > 0 else 1.0, data.preprocessing)

    @property
    def uses_outputs(self) -> bool:
        """Whether error and value do not follow from accuracy and loss."""
        return self.metric.basis == "outputs"

    def of_means(self, wrong: float, loss: float) -> tuple[float, float]:
        """Return error and value of a metric that does not use outputs.

        Args:
            wrong: Share of wrong labels; not used in a regression.
            loss: Mean cross-entropy in nats, or MSE of standardized targets.
        """
        if self.metric.basis == "accuracy":
            return wrong, 1 - wrong
        error = loss / self.constant
        return error, self.metric.of_loss(loss, error)

    def of_votes(self, votes: NDArray[np.float64], samples: Samples) -> tuple[float, float]:
        """Return error and value for votes of one or several networks, which are finite.

        Args:
            votes: ``(n, n_classes)`` probabilities, or ``(n, targets)`` standardized values.
            samples: The samples, on any device.
        """
        known = self.preprocessing.classes
        n_classes = 0 if known is None else len(known)
        y, weights = _array(samples.y), _weights(samples)
        given = Predictions(y, weights, n_classes, votes)
        if not self.uses_outputs:
            wrong = np.average(given.labels != y, weights=weights) if known is not None else 0.0
            return self.of_means(float(wrong), _loss(given))
        if known is not None:
            value = self.metric.value(given)
        else:
            true, predicted = self._in_unit(y), self._in_unit(votes)
            value = self.metric.value(Predictions(true, weights, 0, predicted))
        return self.metric.error(value, given, self.constant), value

    def score(self, votes: NDArray[np.float64], samples: Samples) -> Score:
        """Return the score for votes, see :meth:`of_votes`."""
        error, value = self.of_votes(votes, samples)
        accuracy = None
        if self.preprocessing.classes is not None:
            wrong = votes.argmax(axis=1) != _array(samples.y)
            accuracy = 1 - float(np.average(wrong, weights=_weights(samples)))
        return Score(error, self.metric.name, value, accuracy)

    def _in_unit(self, standardized: NDArray[Any]) -> NDArray[np.float64]:
        values = self.preprocessing.decode(torch.from_numpy(standardized))
        return values.reshape(len(values), -1)


def targets_of(samples: Samples, data: PreparedData) -> Targets:
    """Return the targets of samples, standardized in a regression."""
    n_classes = data.n_outputs if data.task == "classification" else 0
    return Targets(_array(samples.y), _weights(samples), n_classes)


def n_compared(data: PreparedData) -> int | None:
    """Return of how many comparisons a validation error is the mean, see :class:`Metric`."""
    return metric_of(data.metric, data.task).n_compared(targets_of(data.val, data))


def check_metric(data: PreparedData, dataset: Dataset) -> None:
    """Raise :class:`InputError` if the metric makes no sense for a search on some data.

    Args:
        data: The data, split, with the metric.
        dataset: The same before it was split.
    """
    metric = metric_of(data.metric, data.task)
    if data.task == "classification":
        parts = {"validation": targets_of(data.val, data), "test": targets_of(data.test, data)}
    else:
        # As they were: standardized targets come back with the error of a rounding.
        raw = {"training": dataset.y_train, "test": dataset.y_test}
        parts = {part: Targets(y, None, 0) for part, y in raw.items()}
    for part, targets in parts.items():
        if len(targets.y):
            metric.check(targets, part)


def _array(tensor: torch.Tensor) -> NDArray[Any]:
    array = tensor.cpu().numpy()
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _weights(samples: Samples) -> NDArray[np.float64] | None:
    return None if samples.weights is None else _array(samples.weights)


def _loss(given: Predictions) -> float:
    """Return the mean cross-entropy of probabilities, or the mean squared error."""
    if given.n_classes:
        of_targets = given.outputs[np.arange(len(given.y)), given.y]
        losses = -np.log(np.maximum(of_targets, np.finfo(np.float64).tiny))
    else:
        losses = ((given.outputs - given.y) ** 2).mean(axis=1)
    return float(np.average(losses, weights=given.weights))
