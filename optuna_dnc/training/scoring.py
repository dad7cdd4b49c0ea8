"""Scores of predictions by the metric of a search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
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
        return self.metric.basis == "outputs" or bool(self.preprocessing.y_logs)

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
        known, relative = self.preprocessing.classes, self.preprocessing.targets.relative
        n_classes = 0 if known is None else len(known)
        y, weights = self._targets(samples), _weights(samples)
        given = Predictions(y, weights, n_classes, votes)
        if known is None:
            given = Predictions(relative(y), weights, n_classes, relative(votes))
        if self.metric.basis != "outputs":
            wrong = 1 - given.accuracies if known is not None else np.zeros(len(y))
            losses = given.losses
            means = (float(np.average(values, weights=weights)) for values in (wrong, losses))
            return self.of_means(*means)
        if known is not None:
            value = self.metric.value(given)
        else:
            true, predicted = self._in_unit(y), self._in_unit(votes)
            value = self.metric.value(Predictions(true, weights, 0, predicted))
        return self.metric.error(value, given, self.constant), value

    def score(self, votes: NDArray[np.float64], samples: Samples) -> Score:
        """Return the score for votes, see :meth:`of_votes`."""
        error, value = self.of_votes(votes, samples)
        accuracy, known = None, self.preprocessing.classes
        if known is not None:
            given = Predictions(self._targets(samples), _weights(samples), len(known), votes)
            accuracy = 1 - float(np.average(1 - given.accuracies, weights=given.weights))
        return Score(error, self.metric.name, value, accuracy)

    def _targets(self, samples: Samples) -> NDArray[Any]:
        return _array(samples.y, is_label=self.preprocessing.classes is not None)

    def _in_unit(self, standardized: NDArray[Any]) -> NDArray[np.float64]:
        values = self.preprocessing.decode(torch.from_numpy(standardized))
        return values.reshape(len(values), -1)


def targets_of(samples: Samples, data: PreparedData) -> Targets:
    """Return the targets of samples, standardized in a regression, and not as logarithms."""
    weights, are_labels = _weights(samples), data.preprocessing.classes is not None
    y = _array(samples.y, is_label=are_labels)
    if are_labels:
        return Targets(y, weights, data.n_outputs)
    return Targets(data.preprocessing.targets.relative(y), weights, 0)


def n_compared(data: PreparedData) -> int | None:
    """Return of how many comparisons a validation error is the mean, see :class:`Metric`."""
    metric = metric_of(data.metric, data.task)
    counts = [metric.n_compared(targets_of(part, data)) for part in data.validated]
    return None if None in counts else sum(filter(None, counts))


def check_metric(data: PreparedData, dataset: Dataset) -> None:
    """Raise :class:`InputError` if the metric makes no sense for a search on some data.

    Args:
        data: The data, split, with the metric.
        dataset: The same before it was split.
    """
    metric = metric_of(data.metric, data.task)
    if data.preprocessing.classes is not None:
        parts = {"validation": targets_of(data.val, data), "test": targets_of(data.test, data)}
    else:
        # As they were: standardized targets come back with the error of a rounding.
        raw = {"training": dataset.y_train, "test": dataset.y_test}
        parts = {part: Targets(y, None, 0) for part, y in raw.items()}
    for part, targets in parts.items():
        if len(targets.y):
            metric.check(targets, part)


def with_scored_folds(data: PreparedData) -> PreparedData:
    """Return the data without folds if the metric makes no sense for one of them."""
    metric = metric_of(data.metric, data.task)
    try:
        for samples in data.validated if data.preprocessing.classes is not None else ():
            metric.check(targets_of(samples, data), "validation")
    except InputError:
        return replace(data, folds=())
    return data


def _array(tensor: torch.Tensor, *, is_label: bool = False) -> NDArray[Any]:
    """Return numbers as float64, and labels as int64."""
    return tensor.cpu().numpy().astype(np.int64 if is_label else np.float64, copy=False)


def _weights(samples: Samples) -> NDArray[np.float64] | None:
    return None if samples.weights is None else _array(samples.weights)
