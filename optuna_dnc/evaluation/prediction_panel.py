"""Panel of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.evaluation.bootstrap import bootstrap_interval
from optuna_dnc.evaluation.classification import confusion_matrix
from optuna_dnc.evaluation.multilabel import label_scores, label_statistic, scores_by_label
from optuna_dnc.evaluation.panel import EvaluationPanel, Points
from optuna_dnc.evaluation.regression import target_scores, target_statistic
from optuna_dnc.tasks import Task, learning_task

_MOST_POINTS = 300
_MOST_TARGETS = 4
"""Points that a panel keeps for figures, and targets that it keeps them of."""

Floats = NDArray[np.float64]


def panel_of(
    true: NDArray[Any],
    predicted: Floats,
    classes: tuple[Any, ...] | None,
    metric: str | None = None,
    targets: tuple[str, ...] = (),
    weights: Floats | None = None,
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
    true: Floats,
    predicted: Floats,
    metric: str | None,
    targets: tuple[str, ...],
    weights: Floats | None,
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


def _points(true: Floats, predicted: Floats) -> tuple[Points, ...]:
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
