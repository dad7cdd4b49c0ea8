"""Panel of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.evaluation.bootstrap import bootstrap_interval
from optuna_dnc.evaluation.classification import class_scores, class_statistic, confusion_matrix
from optuna_dnc.evaluation.panel import EvaluationPanel, Points
from optuna_dnc.evaluation.regression import target_scores, target_statistic

_MOST_POINTS = 300
_MOST_TARGETS = 4
"""Points that a panel keeps for figures, and targets that it keeps them of."""

Floats = NDArray[np.float64]


def panel_of(
    true: NDArray[Any],
    predicted: Floats,
    classes: tuple[Any, ...] | None,
    metric: str | None = None,
) -> EvaluationPanel:
    """Return the panel of a network's predictions.

    Args:
        true: Class indices ``(n,)``, or targets ``(n, targets)`` in their unit.
        predicted: Probabilities ``(n, n_classes)``, or values ``(n, targets)``.
        classes: Labels in the order of the outputs; None for regression.
        metric: The main metric; None, or one that the samples do not define, for accuracy, RMSE
            of a single target or R² of several.
    """
    if not len(true):
        raise InputError("x has no samples; give at least one to evaluate the network.")
    if classes is None:
        return _of_values(np.asarray(true, dtype=np.float64), predicted, metric)
    scores = class_scores(true, predicted)
    main = metric if metric in scores and metric != "calibration_error" else "accuracy"
    statistic, work = class_statistic(main, true, predicted)
    return EvaluationPanel(
        task="classification",
        n_samples=len(true),
        metric=main,
        interval=bootstrap_interval(statistic, len(true), work=work),
        scores=scores,
        classes=classes,
        confusion=tuple(map(tuple, confusion_matrix(true, predicted).tolist())),
    )


def _of_values(true: Floats, predicted: Floats, metric: str | None) -> EvaluationPanel:
    by_target = target_scores(true, predicted)
    scores = mean_scores(by_target)
    usual = "rmse" if len(by_target) == 1 else "r2"
    main = metric if metric in scores else usual if usual in scores else next(iter(scores))
    statistic, work = target_statistic(main, true, predicted)
    return EvaluationPanel(
        task="regression",
        n_samples=len(true),
        metric=main,
        interval=bootstrap_interval(statistic, len(true), work=work),
        scores=scores,
        by_target=tuple(by_target) if len(by_target) > 1 else (),
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
