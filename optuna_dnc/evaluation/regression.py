"""Metrics of predicted values."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.evaluation.bootstrap import Statistic

Floats = NDArray[np.float64]


def target_scores(
    true: Floats, predicted: Floats, weights: Floats | None = None
) -> list[dict[str, float]]:
    """Return the metrics of each target by name, by scikit-learn.

    Args:
        true: ``(n, targets)`` in the targets' unit.
        predicted: ``(n, targets)``, too.
        weights: ``(n,)`` weights of the samples; None if all count the same.
    """
    from sklearn import metrics

    given = {"multioutput": "raw_values", "sample_weight": weights}
    functions = {
        "rmse": metrics.root_mean_squared_error,
        "mae": metrics.mean_absolute_error,
        "r2": metrics.r2_score,
    }
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore")  # about R² of a single sample
        columns = {
            name: function(true, predicted, **given) for name, function in functions.items()
        }
        if true.all():
            columns["mape"] = metrics.mean_absolute_percentage_error(true, predicted, **given)
    usable = {name: values for name, values in columns.items() if np.isfinite(values).all()}
    return [
        {name: float(values[target]) for name, values in usable.items()}
        for target in range(true.shape[1])
    ]


def target_statistic(metric: str, true: Floats, predicted: Floats) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    errors = predicted - true
    if metric == "r2":
        return partial(_r2, errors**2, true), 2 * true.shape[1]
    if metric == "rmse":
        return partial(_rmse, errors**2), true.shape[1]
    relative = np.abs(errors) / (np.abs(true) if metric == "mape" else 1.0)
    return partial(_weighted_mean, relative), true.shape[1]


def _weighted_mean(values: Floats, weights: Floats) -> float:
    return float((weights @ values).mean() / weights.sum())


def _rmse(squares: Floats, weights: Floats) -> float:
    return float(np.sqrt(weights @ squares / weights.sum()).mean())


def _r2(squares: Floats, true: Floats, weights: Floats) -> float:
    spread = (true - weights @ true / weights.sum()) ** 2
    totals = weights @ spread
    if not totals.all():
        return float("nan")
    return float((1 - weights @ squares / totals).mean())
