"""Metrics of regressions: R2, RMSE, MAE, MAPE."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._units import common_unit
from optuna_dnc.objectives.metric import Metric, Predictions, Targets, makes_no_sense


class R2(Metric):
    """1 - MSE divided by the variance of the training targets; the mean over several targets.

    ``r2_score`` divides by the variance of the samples that are scored instead. The training
    variance is the error of predicting the training mean, which is all that a constant can know.
    """

    name = "r2"
    title = "R2"
    task = "regression"
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "loss"
    error_text = "MSE / variance"
    worst = 10.0

    @override
    def constant(self, training: Targets) -> float:
        if training.weights is None:
            return 1.0  # standardized
        mean = np.average(training.y, axis=0, weights=training.weights)
        squares = (training.y - mean) ** 2
        return float(np.average(squares, axis=0, weights=training.weights).mean())

    @override
    def of_loss(self, loss: float, error: float) -> float:
        del loss
        return 1 - error


class Rmse(R2):
    """Root mean squared error in the unit of the targets (``root_mean_squared_error``).

    The error is that of R2, so that both choose the same networks.
    """

    name = "rmse"
    title = "RMSE"
    aliases = ("root_mean_squared_error", "mean_squared_error")
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "outputs"
    is_fraction = False

    @override
    def value(self, predictions: Predictions) -> float:
        return float(np.mean(_root_mean_squares(predictions)))

    @override
    def error(self, value: float, predictions: Predictions, constant: float) -> float:
        return float(np.mean(_root_mean_squares(predictions) ** 2)) / constant


class Mae(Metric):
    """Mean absolute error in the unit of the targets (``mean_absolute_error``).

    The error is relative to that of predicting the median of the training targets.
    """

    name = "mae"
    title = "MAE"
    task = "regression"
    aliases = ("mean_absolute_error",)
    is_fraction = False
    error_text = "MAE / that of the median"
    worst = 10.0
    suits_log = True

    @override
    def value(self, predictions: Predictions) -> float:
        distances = np.abs(predictions.y - predictions.outputs)
        return float(np.average(distances, axis=0, weights=predictions.weights).mean())

    @override
    def constant(self, training: Targets) -> float:
        medians = [_median(column, training.weights) for column in training.y.T]
        distances = np.abs(training.y - medians)
        return float(np.average(distances, axis=0, weights=training.weights).mean())

    @override
    def error(self, value: float, predictions: Predictions, constant: float) -> float:
        del value
        return self.value(predictions) / constant


class Mape(Metric):
    """Mean absolute error over the absolute target (``mean_absolute_percentage_error``)."""

    name = "mape"
    title = "MAPE"
    task = "regression"
    aliases = ("mean_absolute_percentage_error",)
    is_fraction = False
    error_text = "MAPE"
    worst = 10.0
    suits_log = True

    @override
    def value(self, predictions: Predictions) -> float:
        p = predictions
        relative = relative_errors(p.y, p.outputs)
        return float(np.average(relative, axis=0, weights=p.weights).mean())

    @override
    def error(self, value: float, predictions: Predictions, constant: float) -> float:
        del predictions, constant
        return value

    @override
    def check(self, targets: Targets, part: str) -> None:
        n_zeros = int(np.count_nonzero(targets.y == 0))
        if n_zeros:
            raise makes_no_sense(
                self.name,
                f"divides by the targets, and {n_zeros:,} of the {part} targets "
                f"{'is' if n_zeros == 1 else 'are'} 0",
                "drop these rows",
            )


def relative_errors(
    true: NDArray[np.float64], predicted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the absolute errors over the absolute targets, both ``(n, targets)``.

    ``mean_absolute_percentage_error`` divides by at least 2e-16. Here that is relative to the
    largest value, so that targets may be smaller.
    """
    unit = common_unit(true, predicted)
    true, predicted = true / unit, predicted / unit
    sizes = np.maximum(np.abs(true), np.finfo(np.float64).eps)
    return np.asarray(np.abs(predicted - true) / sizes)


def _root_mean_squares(predictions: Predictions) -> NDArray[np.float64]:
    """Return the RMSE of each target, whose squares may be beyond float64."""
    p = predictions
    unit = common_unit(p.y, p.outputs)
    squares = (p.y / unit - p.outputs / unit) ** 2
    return np.asarray(unit * np.sqrt(np.average(squares, axis=0, weights=p.weights)))


def _median(values: NDArray[np.float64], weights: NDArray[np.float64] | None) -> float:
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
