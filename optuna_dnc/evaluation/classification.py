"""Metrics of probabilities: of one class a sample, or of several yes/no labels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._arrays import Array
from optuna_dnc.evaluation.bootstrap import Statistic

Indices = NDArray[np.int64]

Curve = tuple[Indices, NDArray[np.bool_]]
"""Ranks of the samples ``(n,)``, and which of them are positive."""

N_BINS = 15
"""Bins of the confidence, as Guo et al. (ICML 2017) have."""

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Lowest probability that log loss counts, as in scikit-learn."""


def class_scores(true: Indices, proba: Array, weights: Array | None = None) -> dict[str, float]:
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


def confusion_matrix(true: Indices, proba: Array) -> Indices:
    """Return the numbers of samples by true (rows) and predicted class (columns)."""
    from sklearn import metrics

    labels = np.arange(proba.shape[1])
    matrix: Indices = metrics.confusion_matrix(true, proba.argmax(axis=1), labels=labels)
    return matrix


def calibration_error(true: Indices, proba: Array, weights: Array | None = None) -> float:
    """Return the expected calibration error of the predicted class, a fraction.

    It is the mean distance of accuracy and confidence over bins of the confidence.
    """
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == true
    bins = np.minimum((N_BINS * confidence).astype(np.int64), N_BINS - 1)
    weights = np.ones(len(true)) if weights is None else weights
    distances = np.bincount(bins, weights * (right - confidence))
    return float(np.abs(distances).sum() / weights.sum())


def class_statistic(metric: str, true: Indices, proba: Array) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    predicted, n_classes = proba.argmax(axis=1), proba.shape[1]
    if metric in ("balanced_accuracy", "f1_macro"):
        cells = true * n_classes + predicted
        of_matrix = _balanced_accuracy if metric == "balanced_accuracy" else _f1_macro
        return partial(_of_cells, of_matrix, cells, n_classes), 1
    if metric == "roc_auc":
        curves = _ranked(_one_vs_rest(true, proba))
        return partial(_mean_area, curves, _area), 3 * len(curves)
    if metric == "log_loss":
        of_true = np.take_along_axis(proba, true[:, None], axis=1)[:, 0]
        return partial(weighted_mean, -np.log(np.clip(of_true, LEAST_PROBABILITY, 1.0))), 1
    return partial(weighted_mean, (predicted == true).astype(np.float64)), 1


def _one_vs_rest(true: Indices, proba: Array) -> Iterator[tuple[NDArray[np.bool_], Array]]:
    """Yield labels and scores of each class against the rest; two classes are one pair."""
    for index in (1,) if proba.shape[1] == 2 else range(proba.shape[1]):
        is_one = true == index
        if is_one.any() and not is_one.all():
            yield is_one, proba[:, index]


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def weighted_mean(values: Array, weights: Array) -> float:
    """Return the mean of values ``(n,)``, or of ``(n, targets)`` over samples and targets."""
    return float((weights @ values).mean() / weights.sum())


def _of_cells(of_matrix: Statistic, cells: Indices, n_classes: int, weights: Array) -> float:
    counts = np.bincount(cells, weights, n_classes**2).astype(np.float64, copy=False)
    return of_matrix(counts.reshape(n_classes, n_classes))


def _balanced_accuracy(matrix: Array) -> float:
    totals = matrix.sum(axis=1)
    there = totals > 0
    return float((matrix.diagonal()[there] / totals[there]).mean())


def _f1_macro(matrix: Array) -> float:
    sums = matrix.sum(axis=1) + matrix.sum(axis=0)
    there = sums > 0
    return float((2 * matrix.diagonal()[there] / sums[there]).mean())


def _ranked(pairs: Iterable[tuple[NDArray[np.bool_], Array]]) -> list[Curve]:
    """Return the ranks of the scores instead of the scores, before the labels."""
    return [(np.unique(scores, return_inverse=True)[1], is_one) for is_one, scores in pairs]


def _mean_area(
    curves: list[Curve],
    of_curve: Callable[[Indices, NDArray[np.bool_], Array], float],
    weights: Array,
) -> float:
    return _mean([of_curve(ranks, is_one, weights) for ranks, is_one in curves])


def _area(ranks: Indices, is_one: NDArray[np.bool_], weights: Array) -> float:
    """Return the weighted share of pairs in order, where ties count half (Mann and Whitney)."""
    ones = np.bincount(ranks, weights * is_one)
    others = np.bincount(ranks, weights * ~is_one)
    n_pairs = ones.sum() * others.sum()
    below = np.cumsum(others) - others / 2
    return float(ones @ below / n_pairs) if n_pairs else float("nan")


def multilabel_scores(
    true: Indices, proba: Array, weights: Array | None = None
) -> dict[str, float]:
    """Return the metrics by name, most of them by scikit-learn.

    Args:
        true: ``(n, labels)``, 1 where a sample has the label, and 0 elsewhere.
        proba: ``(n, labels)`` probabilities of that.
        weights: ``(n,)`` weights of the samples; None if all count the same.
    """
    from sklearn import metrics

    predicted, given = (proba > 0.5).astype(np.int64), {"sample_weight": weights}
    pairs = list(_both(true, proba))
    precisions = [metrics.average_precision_score(*pair, **given) for pair in pairs]
    scores = {
        "hamming_accuracy": np.average((predicted == true).mean(axis=1), weights=weights),
        "subset_accuracy": metrics.accuracy_score(true, predicted, **given),
        "f1_macro": metrics.f1_score(true, predicted, average="macro", zero_division=0.0, **given),
        "f1_micro": metrics.f1_score(true, predicted, average="micro", zero_division=0.0, **given),
        "roc_auc": _mean([metrics.roc_auc_score(*pair, **given) for pair in pairs]),
        "average_precision": _mean(precisions),
        "log_loss": np.average(_losses(true, proba), weights=weights),
    }
    return {name: float(value) for name, value in scores.items() if np.isfinite(value)}


def scores_by_label(
    true: Indices, proba: Array, weights: Array | None = None
) -> list[dict[str, float]]:
    """Return the metrics of each label by name; those that are not defined are missing."""
    from sklearn import metrics

    rows, given = [], {"sample_weight": weights}
    for has, chance in zip(true.T, proba.T, strict=True):
        predicted = (chance > 0.5).astype(np.int64)
        names = ("precision", "recall", "f1")
        values = metrics.precision_recall_fscore_support(
            has, predicted, average="binary", zero_division=0.0, **given
        )
        share = np.average(has, weights=weights)
        scores = {"share": share, **dict(zip(names, values[:3], strict=True))}
        if 0 < has.sum() < len(has):
            scores["roc_auc"] = metrics.roc_auc_score(has, chance, **given)
        rows.append({name: float(value) for name, value in scores.items()})
    return rows


def multilabel_statistic(metric: str, true: Indices, proba: Array) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    right = (proba > 0.5) == true
    n_labels = true.shape[1]
    if metric in ("f1_macro", "f1_micro"):
        has, predicted = true > 0, proba > 0.5
        counts = (has & predicted).astype(np.float64), has.astype(np.float64) + predicted
        return partial(_f1, *counts, metric == "f1_micro"), n_labels
    if metric in ("roc_auc", "average_precision"):
        of_curve = _area if metric == "roc_auc" else _average_precision
        return partial(_mean_area, _ranked(_both(true, proba)), of_curve), 3 * n_labels
    if metric == "log_loss":
        return partial(weighted_mean, _losses(true, proba)), 1
    each = right.all(axis=1) if metric == "subset_accuracy" else right.mean(axis=1)
    return partial(weighted_mean, each.astype(np.float64)), 1


def _both(true: Indices, proba: Array) -> Iterator[tuple[NDArray[np.bool_], Array]]:
    """Yield what is true and the probabilities of each label that some have and others not."""
    for has, chance in zip(true.T > 0, proba.T, strict=True):
        if has.any() and not has.all():
            yield has, chance


def _losses(true: Indices, proba: Array) -> Array:
    """Return the binary cross-entropy of each sample in nats, the mean over the labels."""
    of_true = np.where(true > 0, proba, 1 - proba)
    losses: Array = -np.log(np.clip(of_true, LEAST_PROBABILITY, 1.0)).mean(axis=1)
    return losses


def _f1(hits: Array, counts: Array, is_micro: bool, weights: Array) -> float:
    """Return the F1 of labels whose hits count twice, and which are there or predicted."""
    found, total = weights @ hits, weights @ counts
    if is_micro:
        found, total = found.sum(keepdims=True), total.sum(keepdims=True)
    return float(np.divide(2 * found, total, out=np.zeros_like(found), where=total > 0).mean())


def _average_precision(ranks: Indices, has: NDArray[np.bool_], weights: Array) -> float:
    """Return the mean of the precision at each rank, weighted by the increase of the recall."""
    ones = np.bincount(ranks, weights * has)[::-1]
    everything = np.bincount(ranks, weights)[::-1].cumsum()
    if not ones.any():
        return float("nan")
    is_reached = everything > 0
    precision = ones.cumsum()[is_reached] / everything[is_reached]
    return float(ones[is_reached] @ precision / ones.sum())


def label_scores(true: Indices, proba: Array, weights: Array | None = None) -> dict[str, float]:
    """Return the metrics by name.

    Args:
        true: ``(n,)`` class indices, or ``(n, labels)``, 1 where a sample has the label.
        proba: ``(n, n_outputs)`` probabilities.
        weights: ``(n,)`` weights of the samples; None if all count the same.
    """
    scores = class_scores if true.ndim == 1 else multilabel_scores
    return scores(true, proba, weights)


def label_statistic(metric: str, true: Indices, proba: Array) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    of_metric = class_statistic if true.ndim == 1 else multilabel_statistic
    return of_metric(metric, true, proba)
