"""Metrics of probabilities of classes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.evaluation.bootstrap import Statistic

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]

N_BINS = 15
"""Bins of the confidence, as Guo et al. (ICML 2017) have."""

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Lowest probability that log loss counts, as in scikit-learn."""


def class_scores(true: Indices, proba: Floats, weights: Floats | None = None) -> dict[str, float]:
    """Return the metrics of a classification by name, most of them by scikit-learn.

    Args:
        true: ``(n,)`` class indices.
        proba: ``(n, n_classes)`` probabilities; rows sum to 1.
        weights: ``(n,)`` weights of the samples; None if all count the same.
    """
    from sklearn import metrics

    predicted, given = proba.argmax(axis=1), {"sample_weight": weights}
    areas = [metrics.roc_auc_score(*pair, **given) for pair in _one_vs_rest(true, proba)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about classes that the samples lack
        scores = {
            "accuracy": metrics.accuracy_score(true, predicted, **given),
            "balanced_accuracy": metrics.balanced_accuracy_score(true, predicted, **given),
            "f1_macro": metrics.f1_score(
                true, predicted, average="macro", zero_division=0.0, **given
            ),
            "roc_auc": _mean(areas),
            "log_loss": metrics.log_loss(true, proba, labels=np.arange(proba.shape[1]), **given),
            "calibration_error": calibration_error(true, proba, weights),
        }
    return {name: float(value) for name, value in scores.items() if np.isfinite(value)}


def confusion_matrix(true: Indices, proba: Floats) -> Indices:
    """Return the numbers of samples by true (rows) and predicted class (columns)."""
    from sklearn import metrics

    labels = np.arange(proba.shape[1])
    matrix: Indices = metrics.confusion_matrix(true, proba.argmax(axis=1), labels=labels)
    return matrix


def calibration_error(true: Indices, proba: Floats, weights: Floats | None = None) -> float:
    """Return the expected calibration error of the predicted class, a fraction.

    It is the mean distance of accuracy and confidence over bins of the confidence.
    """
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == true
    bins = np.minimum((N_BINS * confidence).astype(np.int64), N_BINS - 1)
    weights = np.ones(len(true)) if weights is None else weights
    distances = np.bincount(bins, weights * (right - confidence))
    return float(np.abs(distances).sum() / weights.sum())


def class_statistic(metric: str, true: Indices, proba: Floats) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    predicted, n_classes = proba.argmax(axis=1), proba.shape[1]
    if metric in ("balanced_accuracy", "f1_macro"):
        cells = true * n_classes + predicted
        of_matrix = _balanced_accuracy if metric == "balanced_accuracy" else _f1_macro
        return partial(_of_cells, of_matrix, cells, n_classes), 1
    if metric == "roc_auc":
        curves = [
            (np.unique(scores, return_inverse=True)[1], is_one)
            for is_one, scores in _one_vs_rest(true, proba)
        ]
        return partial(mean_area, curves, area), 3 * len(curves)
    if metric == "log_loss":
        of_true = np.take_along_axis(proba, true[:, None], axis=1)[:, 0]
        return partial(weighted_mean, -np.log(np.clip(of_true, LEAST_PROBABILITY, 1.0))), 1
    return partial(weighted_mean, (predicted == true).astype(np.float64)), 1


def _one_vs_rest(true: Indices, proba: Floats) -> Iterator[tuple[NDArray[np.bool_], Floats]]:
    """Yield labels and scores of each class against the rest; two classes are one pair."""
    for index in (1,) if proba.shape[1] == 2 else range(proba.shape[1]):
        is_one = true == index
        if is_one.any() and not is_one.all():
            yield is_one, proba[:, index]


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def weighted_mean(values: Floats, weights: Floats) -> float:
    """Return the mean of some values, ``(n,)``."""
    return float(weights @ values / weights.sum())


def _of_cells(of_matrix: Statistic, cells: Indices, n_classes: int, weights: Floats) -> float:
    counts = np.bincount(cells, weights, n_classes**2).astype(np.float64, copy=False)
    return of_matrix(counts.reshape(n_classes, n_classes))


def _balanced_accuracy(matrix: Floats) -> float:
    totals = matrix.sum(axis=1)
    there = totals > 0
    return float((matrix.diagonal()[there] / totals[there]).mean())


def _f1_macro(matrix: Floats) -> float:
    sums = matrix.sum(axis=1) + matrix.sum(axis=0)
    there = sums > 0
    return float((2 * matrix.diagonal()[there] / sums[there]).mean())


def mean_area(
    curves: list[tuple[Indices, NDArray[np.bool_]]],
    of_curve: Callable[[Indices, NDArray[np.bool_], Floats], float],
    weights: Floats,
) -> float:
    """Return the mean over curves: ranks of the samples, and which of them are positive."""
    return _mean([of_curve(ranks, is_one, weights) for ranks, is_one in curves])


def area(ranks: Indices, is_one: NDArray[np.bool_], weights: Floats) -> float:
    """Return the weighted share of pairs in order, where ties count half (Mann and Whitney)."""
    ones = np.bincount(ranks, weights * is_one)
    others = np.bincount(ranks, weights * ~is_one)
    n_pairs = ones.sum() * others.sum()
    below = np.cumsum(others) - others / 2
    return float(ones @ below / n_pairs) if n_pairs else float("nan")
