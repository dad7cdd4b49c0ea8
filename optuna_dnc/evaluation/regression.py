"""Metrics of predicted values."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._units import common_unit
from optuna_dnc.evaluation.bootstrap import Statistic
from optuna_dnc.objectives.regression_metrics import relative_errors

Floats = NDArray[np.float64]


def target_scores(
    true: Floats, predicted: Floats, weights: Floats | None = None
) -> list[dict[str, float]]:
    """Return the metrics of each target by name, as scikit-learn defines them.

    Args:
        true: ``(n, targets)`` in the targets' unit.
        predicted: ``(n, targets)``, too.
        weights: ``(n,)`` weights of the samples; None if all count the same.
    """
    from sklearn import metrics

    given = {"multioutput": "raw_values", "sample_weight": weights}
    unit = common_unit(true, predicted)
    pair = true / unit, predicted / unit
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore")  # about R² of a single sample
        columns = {
            "rmse": unit * metrics.root_mean_squared_error(*pair, **given),
            "mae": unit * metrics.mean_absolute_error(*pair, **given),
            "r2": metrics.r2_score(*pair, **given),
        }
        if true.all():
            columns["mape"] = np.average(relative_errors(*pair), axis=0, weights=weights)
    usable = {name: values for name, values in columns.items() if np.isfinite(values).all()}
    return [
        {name: float(values[target]) for name, values in usable.items()}
        for target in range(true.shape[1])
    ]


def target_statistic(metric: str, true: Floats, predicted: Floats) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    unit = common_unit(true, predicted)
    true, predicted = true / unit, predicted / unit
    if metric == "r2":
        return partial(_r2, (predicted - true) ** 2, true), 2 * true.shape[1]
    if metric == "rmse":
        return partial(_rmse, (predicted - true) ** 2, unit), true.shape[1]
    if metric == "mape":
        return partial(_weighted_mean, relative_errors(true, predicted)), true.shape[1]
    return partial(_weighted_mean, unit * np.abs(predicted - true)), true.shape[1]


def _weighted_mean(values: Floats, weights: Floats) -> float:
    return float((weights @ values).mean() / weights.sum())


def _rmse(squares: Floats, unit: Floats, weights: Floats) -> float:
    return float((unit * np.sqrt(weights @ squares / weights.sum())).mean())


def _r2(squares: Floats, true: Floats, weights: Floats) -> float:
    spread = (true - weights @ true / weights.sum()) ** 2
    totals = weights @ spread
    if not totals.all():
        return float("nan")
    return float((1 - weights @ squares / totals).mean())
