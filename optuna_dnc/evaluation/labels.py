"""Metrics of probabilities of labels: of one class a sample, or of several yes/no labels."""

from __future__ import annotations

from optuna_dnc.evaluation.bootstrap import Statistic
from optuna_dnc.evaluation.classification import Floats, Indices, class_scores, class_statistic
from optuna_dnc.evaluation.multilabel import multilabel_scores, multilabel_statistic


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
