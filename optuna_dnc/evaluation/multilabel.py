"""Metrics of probabilities of labels: one class a sample, or several yes/no labels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.evaluation.bootstrap import Statistic
from optuna_dnc.evaluation.classification import (
    LEAST_PROBABILITY,
    Floats,
    Indices,
    area,
    class_scores,
    class_statistic,
    mean_area,
    weighted_mean,
)


def multilabel_scores(
    true: Indices, proba: Floats, weights: Floats | None = None
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
    true: Indices, proba: Floats, weights: Floats | None = None
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


def multilabel_statistic(metric: str, true: Indices, proba: Floats) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    right = (proba > 0.5) == true
    n_labels = true.shape[1]
    if metric in ("f1_macro", "f1_micro"):
        has, predicted = true > 0, proba > 0.5
        counts = (has & predicted).astype(np.float64), has.astype(np.float64) + predicted
        return partial(_f1, *counts, metric == "f1_micro"), n_labels
    if metric in ("roc_auc", "average_precision"):
        curves = [
            (np.unique(scores, return_inverse=True)[1], has) for has, scores in _both(true, proba)
        ]
        of_curve = area if metric == "roc_auc" else _average_precision
        return partial(mean_area, curves, of_curve), 3 * n_labels
    if metric == "log_loss":
        return partial(weighted_mean, _losses(true, proba)), 1
    each = right.all(axis=1) if metric == "subset_accuracy" else right.mean(axis=1)
    return partial(weighted_mean, each.astype(np.float64)), 1


def _both(true: Indices, proba: Floats) -> Iterator[tuple[NDArray[np.bool_], Floats]]:
    """Yield what is true and the probabilities of each label that some have and others not."""
    for has, chance in zip(true.T > 0, proba.T, strict=True):
        if has.any() and not has.all():
            yield has, chance


def _losses(true: Indices, proba: Floats) -> Floats:
    """Return the binary cross-entropy of each sample in nats, the mean over the labels."""
    of_true = np.where(true > 0, proba, 1 - proba)
    losses: Floats = -np.log(np.clip(of_true, LEAST_PROBABILITY, 1.0)).mean(axis=1)
    return losses


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _f1(hits: Floats, counts: Floats, is_micro: bool, weights: Floats) -> float:
    """Return the F1 of labels whose hits count twice, and which are there or predicted."""
    found, total = weights @ hits, weights @ counts
    if is_micro:
        found, total = found.sum(keepdims=True), total.sum(keepdims=True)
    return float(np.divide(2 * found, total, out=np.zeros_like(found), where=total > 0).mean())


def _average_precision(ranks: Indices, has: NDArray[np.bool_], weights: Floats) -> float:
    """Return the mean of the precision at each rank, weighted by the increase of the recall."""
    ones = np.bincount(ranks, weights * has)[::-1]
    everything = np.bincount(ranks, weights)[::-1].cumsum()
    if not ones.any():
        return float("nan")
    is_reached = everything > 0
    precision = ones.cumsum()[is_reached] / everything[is_reached]
    return float(ones[is_reached] @ precision / ones.sum())


def label_scores(true: Indices, proba: Floats, weights: Floats | None = None) -> dict[str, float]:
    """Return the metrics by name.

    Args:
        true: ``(n,)`` class indices, or ``(n, labels)``, 1 where a sample has the label.
        proba: ``(n, n_outputs)`` probabilities.
        weights: ``(n,)`` weights of the samples; None if all count the same.
    """
    scores = class_scores if true.ndim == 1 else multilabel_scores
    return scores(true, proba, weights)


def label_statistic(metric: str, true: Indices, proba: Floats) -> tuple[Statistic, int]:
    """Return a metric as a function of weights, and the passes over the samples that it takes."""
    of_metric = class_statistic if true.ndim == 1 else multilabel_statistic
    return of_metric(metric, true, proba)
