"""Panel of predictions: metrics of classes, labels or predicted values."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc._units import common_unit
from optuna_dnc.evaluation.bootstrap import Statistic, bootstrap_interval
from optuna_dnc.evaluation.classification import (
    confusion_matrix,
    label_scores,
    label_statistic,
    scores_by_label,
    weighted_mean,
)
from optuna_dnc.evaluation.panel import EvaluationPanel, Points
from optuna_dnc.objectives.regression_metrics import relative_errors
from optuna_dnc.tasks import Task, learning_task

_MOST_POINTS = 300
_MOST_TARGETS = 4
"""Points that a panel keeps for figures, and targets that it keeps them of."""


def panel_of(
    true: NDArray[Any],
    predicted: Array,
    classes: tuple[Any, ...] | None,
    metric: str | None = None,
    targets: tuple[str, ...] = (),
    weights: Array | None = None,
) -> EvaluationPanel:
    """Return the panel of a network's predictions.

    Args:
        true: Class indices ``(n,)``; of several labels 0 and 1, ``(n, labels)``; or targets
            ``(n, targets)`` in their unit.
        predicted: Probabilities ``(n, n_classes)``, or values ``(n, targets)``.
        classes: Classes in the order of the outputs, or names of labels; None for regression.
        metric: The main metric; None, or one that the samples do not define, for accuracy, Hamming
            accuracy, RMSE of a single target or R² of several.
        targets: Names of the targets of a regression; empty if they have none.
        weights: ``(n,)`` weights of the samples; None if all count the same.
    """
    if not len(true):
        raise InputError("x has no samples; give at least one to evaluate the network.")
    if classes is None:
        return _of_values(np.asarray(true, dtype=np.float64), predicted, metric, targets, weights)
    task: Task = "classification" if true.ndim == 1 else "multilabel"
    scores = label_scores(true, predicted, weights)
    usual = learning_task(task).default_metric
    main = metric if metric in scores and metric != "calibration_error" else usual
    statistic, work = label_statistic(main, true, predicted)
    confusion = () if true.ndim > 1 else confusion_matrix(true, predicted).tolist()
    return EvaluationPanel(
        task=task,
        n_samples=len(true),
        metric=main,
        is_weighted=weights is not None,
        interval=bootstrap_interval(statistic, len(true), weights=weights, work=work),
        scores=scores,
        classes=classes,
        confusion=tuple(map(tuple, confusion)) or None,
        by_target=() if true.ndim == 1 else tuple(scores_by_label(true, predicted, weights)),
    )


def _of_values(
    true: Array,
    predicted: Array,
    metric: str | None,
    targets: tuple[str, ...],
    weights: Array | None,
) -> EvaluationPanel:
    by_target = target_scores(true, predicted, weights)
    scores = mean_scores(by_target)
    usual = "rmse" if len(by_target) == 1 else "r2"
    main = metric if metric in scores else usual if usual in scores else next(iter(scores))
    statistic, work = target_statistic(main, true, predicted)
    return EvaluationPanel(
        task="regression",
        n_samples=len(true),
        metric=main,
        is_weighted=weights is not None,
        interval=bootstrap_interval(statistic, len(true), weights=weights, work=work),
        scores=scores,
        by_target=tuple(by_target) if len(by_target) > 1 else (),
        targets=targets if len(by_target) > 1 else (),
        points=_points(true, predicted),
    )


def mean_scores(by_target: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each metric over the targets."""
    return {name: float(np.mean([scores[name] for scores in by_target])) for name in by_target[0]}


def _points(true: Array, predicted: Array) -> tuple[Points, ...]:
    """Return true and predicted values of some samples, drawn at random, with six digits."""
    n = len(true)
    rows = np.arange(n)
    if n > _MOST_POINTS:
        rows = np.sort(np.random.default_rng(0).choice(n, _MOST_POINTS, replace=False))
    return tuple(
        tuple(
            (float(f"{true[row, target]:.6g}"), float(f"{predicted[row, target]:.6g}"))
            for row in rows
        )
        for target in range(min(true.shape[1], _MOST_TARGETS))
    )


def target_scores(
    true: Array, predicted: Array, weights: Array | None = None
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


def target_statistic(metric: str, true: Array, predicted: Array) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    unit = common_unit(true, predicted)
    true, predicted = true / unit, predicted / unit
    if metric == "r2":
        return partial(_r2, (predicted - true) ** 2, true), 2 * true.shape[1]
    if metric == "rmse":
        return partial(_rmse, (predicted - true) ** 2, unit), true.shape[1]
    if metric == "mape":
        return partial(weighted_mean, relative_errors(true, predicted)), true.shape[1]
    return partial(weighted_mean, unit * np.abs(predicted - true)), true.shape[1]


def _rmse(squares: Array, unit: Array, weights: Array) -> float:
    return float((unit * np.sqrt(weights @ squares / weights.sum())).mean())


def _r2(squares: Array, true: Array, weights: Array) -> float:
    spread = (true - weights @ true / weights.sum()) ** 2
    totals = weights @ spread
    if not totals.all():
        return float("nan")
    return float((1 - weights @ squares / totals).mean())
