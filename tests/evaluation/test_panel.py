"""Metrics of a panel, their intervals, and how they are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from optuna_dnc import InputError
from optuna_dnc.evaluation import EvaluationPanel, panel_of
from optuna_dnc.evaluation.bootstrap import bootstrap_interval
from optuna_dnc.evaluation.classification import calibration_error, class_scores, class_statistic
from optuna_dnc.evaluation.panel import most_confused
from optuna_dnc.evaluation.prediction_panel import target_statistic

Arrays = tuple[np.ndarray, np.ndarray]


def probabilities(n: int, n_classes: int) -> Arrays:
    """True classes, and probabilities that are right more often than not; some are equal."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, n_classes, n)
    scores = rng.normal(size=(n, n_classes)).round(1)
    scores[np.arange(n), true] += 1.5
    proba = np.exp(scores)
    return true, proba / proba.sum(axis=1, keepdims=True)


def values(n: int = 300, n_targets: int = 2) -> Arrays:
    rng = np.random.default_rng(0)
    true = rng.normal(20, 3, size=(n, n_targets))
    return true, true + rng.normal(size=true.shape)


def weighted(metric: str, true: np.ndarray, proba: np.ndarray, weights: np.ndarray) -> float:
    """The metric by scikit-learn, with weights."""
    by_label: dict[str, Callable[..., float]] = {
        "accuracy": metrics.accuracy_score,
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "f1_macro": lambda *a, **k: metrics.f1_score(*a, average="macro", **k),
    }
    if metric in by_label:
        return by_label[metric](true, proba.argmax(axis=1), sample_weight=weights)
    if metric == "log_loss":
        return metrics.log_loss(true, proba, sample_weight=weights)
    if proba.shape[1] == 2:
        return metrics.roc_auc_score(true, proba[:, 1], sample_weight=weights)
    return metrics.roc_auc_score(true, proba, multi_class="ovr", sample_weight=weights)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    "metric", ["accuracy", "balanced_accuracy", "f1_macro", "log_loss", "roc_auc"]
)
def test_metrics_and_their_resamples_are_those_of_scikit_learn(
    metric: str, n_classes: int
) -> None:
    true, proba = probabilities(200, n_classes)
    statistic, _ = class_statistic(metric, true, proba)
    weights = np.random.default_rng(1).integers(0, 4, 200).astype(float)
    assert class_scores(true, proba)[metric] == pytest.approx(
        weighted(metric, true, proba, np.ones(200))
    )
    expected = pytest.approx(weighted(metric, true, proba, weights))
    assert statistic(weights) == expected
    assert (
        panel_of(true, proba, tuple(range(n_classes)), metric, weights=weights).value == expected
    )


@pytest.mark.parametrize(
    ("metric", "function"),
    [
        ("rmse", metrics.root_mean_squared_error),
        ("mae", metrics.mean_absolute_error),
        ("r2", metrics.r2_score),
        ("mape", metrics.mean_absolute_percentage_error),
    ],
)
def test_errors_and_their_resamples_are_those_of_scikit_learn(
    metric: str, function: Callable[..., float]
) -> None:
    true, predicted = values()
    panel = panel_of(true, predicted, None, metric)
    weights = np.random.default_rng(1).integers(0, 4, len(true)).astype(float)
    statistic, _ = target_statistic(metric, true, predicted)
    assert panel.metric == metric
    assert panel.value == pytest.approx(function(true, predicted))
    assert panel.by_target[1][metric] == pytest.approx(function(true[:, 1], predicted[:, 1]))
    expected = pytest.approx(function(true, predicted, sample_weight=weights))
    assert statistic(weights) == expected
    assert panel_of(true, predicted, None, metric, weights=weights).value == expected


def test_the_interval_has_the_width_that_theory_gives() -> None:
    true, proba = probabilities(2_000, 3)
    panel = panel_of(true, proba, (0, 1, 2))
    assert panel.interval is not None
    half = 1.96 * np.sqrt(panel.value * (1 - panel.value) / 2_000)
    assert panel.interval == pytest.approx((panel.value - half, panel.value + half), abs=0.003)
    assert panel == panel_of(true, proba, (0, 1, 2))  # the seed is fixed


def test_samples_without_weight_are_as_if_they_were_not_there() -> None:
    true, proba = probabilities(400, 3)
    weights = np.repeat([2.0, 0.0], 200)
    panel = panel_of(true, proba, (0, 1, 2), weights=weights)
    half = panel_of(true[:200], proba[:200], (0, 1, 2))
    assert panel.scores == pytest.approx(half.scores)
    assert panel.interval == pytest.approx(half.interval, abs=0.02)
    assert (panel.is_weighted, half.is_weighted) == (True, False)
    assert str(panel).startswith("400 samples, which count by their weights\n")


def test_many_samples_are_drawn_less_often() -> None:
    drawn = []

    def statistic(weights: np.ndarray) -> float:
        drawn.append(len(weights))
        return float(weights[0])

    bootstrap_interval(statistic, 10)
    few = len(drawn)
    bootstrap_interval(statistic, 10, work=100_000)
    assert (few, len(drawn) - few) == (1_000, 200)


def test_calibration_error_is_the_distance_of_accuracy_and_confidence() -> None:
    # Two bins: 0.9 is right half of the time, 0.6 always.
    proba = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    assert calibration_error(np.array([0, 1, 1, 1]), proba) == pytest.approx(0.4)


def test_what_samples_do_not_define_is_missing() -> None:
    _, proba = probabilities(5, 3)
    alone = panel_of(np.zeros(5, dtype=np.int64), proba, ("a", "b", "c"), "roc_auc")
    assert "roc_auc" not in alone.scores
    assert alone.metric == "accuracy"
    true, predicted = values(n_targets=1)
    true[0] = 0.0
    assert "mape" not in panel_of(true, predicted, None).scores
    one = panel_of(true[1:2], predicted[1:2], None)
    assert one.interval is None
    assert "r2" not in one.scores


def test_classes_that_the_samples_lack_count_in_no_mean() -> None:
    true, proba = probabilities(200, 3)
    there = true < 2
    scores = class_scores(true[there], proba[there])
    areas = [metrics.roc_auc_score(true[there] == index, proba[there, index]) for index in (0, 1)]
    assert scores["roc_auc"] == pytest.approx(np.mean(areas))


def test_main_metrics_without_a_choice() -> None:
    assert panel_of(*probabilities(20, 2), (0, 1)).metric == "accuracy"
    assert panel_of(*values(n_targets=1), None).metric == "rmse"
    assert panel_of(*values(n_targets=2), None).metric == "r2"


def test_no_samples_are_refused() -> None:
    with pytest.raises(InputError, match="x has no samples; give at least one"):
        panel_of(np.zeros(0, dtype=np.int64), np.zeros((0, 2)), (0, 1))


@pytest.mark.parametrize(
    ("arrays", "classes"),
    [
        (probabilities(50, 3), ("setosa", "versicolor", "a label that is longer than others")),
        (probabilities(500, 26), tuple(range(26))),
        (values(n_targets=1), None),
        (values(n_targets=3), None),
    ],
)
def test_a_panel_fits_60_columns_and_goes_through_json(
    arrays: Arrays, classes: tuple[Any, ...] | None
) -> None:
    panel = panel_of(*arrays, classes)
    lines = str(panel).splitlines()
    assert max(map(len, lines)) <= 60
    assert f"{panel.n_samples} samples" in lines[0]
    assert sum("(" in line and " to " in line for line in lines) == 1
    assert EvaluationPanel.from_dict(json.loads(json.dumps(panel.to_dict()))) == panel


def test_points_are_bounded() -> None:
    panel = panel_of(*values(1_000, 6), None)
    assert [len(points) for points in panel.points] == [300] * 4
    few = panel_of(*values(7, 1), None)
    assert len(few.points[0]) == 7


def test_the_most_frequent_confusions_come_first() -> None:
    assert most_confused(((9, 2, 0), (1, 9, 5), (0, 0, 9)))[:2] == [(5, 1, 2), (2, 0, 1)]
