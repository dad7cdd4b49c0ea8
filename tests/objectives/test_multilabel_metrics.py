"""Metrics of several yes/no labels, against scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from optuna_dnc import InputError
from optuna_dnc.objectives import Measurement, Predictions, Targets, metric_of, recorded_metric

N = 80
RNG = np.random.default_rng(0)
Y = (RNG.random((N, 3)) < [0.2, 0.5, 0.7]).astype(np.int64)
PROBA = np.clip(0.6 * Y + 0.4 * RNG.random((N, 3)) + 0.2 * RNG.normal(size=(N, 3)), 0.01, 0.99)
WEIGHTS = RNG.random(N)
LABELS = (PROBA > 0.5).astype(int)


def _average_precision(weights: Any) -> float:
    return float(metrics.average_precision_score(Y, PROBA, sample_weight=weights))


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("subset_accuracy", lambda w: metrics.accuracy_score(Y, LABELS, sample_weight=w)),
        ("hamming_accuracy", lambda w: 1 - metrics.hamming_loss(Y, LABELS, sample_weight=w)),
        ("f1_macro", lambda w: metrics.f1_score(Y, LABELS, average="macro", sample_weight=w)),
        ("f1_micro", lambda w: metrics.f1_score(Y, LABELS, average="micro", sample_weight=w)),
        ("roc_auc", lambda w: metrics.roc_auc_score(Y, PROBA, sample_weight=w)),
        (
            "average_precision",
            lambda w: metrics.average_precision_score(Y, PROBA, sample_weight=w),
        ),
    ],
)
def test_metrics_are_those_of_scikit_learn(
    name: str, score: Callable[[Any], float], weights: Any
) -> None:
    value = metric_of(name, "multilabel").value(Predictions(Y, weights, 3, PROBA))
    assert value == pytest.approx(score(weights))


def test_log_loss_is_relative_to_the_shares_of_the_labels() -> None:
    metric, given = metric_of("log_loss", "multilabel"), Predictions(Y, None, 3, PROBA)
    losses = [metrics.log_loss(y, p) for y, p in zip(Y.T, PROBA.T, strict=True)]
    assert given.losses.mean() == pytest.approx(np.mean(losses))
    shares = Y.mean(axis=0)
    floors = [metrics.log_loss(y, np.full(N, s)) for y, s in zip(Y.T, shares, strict=True)]
    assert metric.constant(given) == pytest.approx(np.mean(floors))


@pytest.mark.parametrize("alias", ["hamming_loss", "binary_accuracy", None])
def test_the_default_metric_is_the_hamming_accuracy(alias: str | None) -> None:
    assert metric_of(alias, "multilabel").name == "hamming_accuracy"


def test_a_metric_of_classes_is_refused_with_those_of_labels() -> None:
    with pytest.raises(InputError, match=r"for classification, but the task is multilabel; .*f1_"):
        metric_of("balanced_accuracy", "multilabel")


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_curves_need_both_values_of_each_label(name: str) -> None:
    y = Y.copy()
    y[:, 1] = 1
    with pytest.raises(InputError, match="1 of the 3 labels is the same in all validation"):
        metric_of(name, "multilabel").check(Targets(y, None, 3), "validation")


@pytest.mark.parametrize(
    ("name", "steps"), [("hamming_accuracy", 3 * N), ("subset_accuracy", N), ("log_loss", None)]
)
def test_one_mistake_changes_the_error_by_a_step(name: str, steps: int | None) -> None:
    assert metric_of(name, "multilabel").n_compared(Targets(Y, None, 3)) == steps


def test_records_name_the_default_metric() -> None:
    assert recorded_metric(None, "multilabel") == "hamming_accuracy"
    assert recorded_metric(None, "classification") is None
    measured = Measurement(
        error=0.1,
        val_accuracy=0.9,
        costs={"n_params": 1.0, "t_epoch": 1.0},
        epochs_run=1,
        best_epoch=1,
        train_seconds=1.0,
        eval_seconds=1.0,
        metric="hamming_accuracy",
        val_metric=0.9,
    )
    again = Measurement.from_attributes(measured.to_attributes())
    assert again.score.described.title == "Hamming accuracy"
