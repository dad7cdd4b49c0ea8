"""Metrics: scikit-learn's values, and the errors of the loss that they are turned into."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from sklearn import metrics as sk

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import (
    METRICS,
    Metric,
    Predictions,
    Score,
    Targets,
    described_metric,
    metric_named,
    metric_of,
    register_metric,
)

RNG = np.random.default_rng(0)
N = 60


def _classes(n_classes: int, *, weighted: bool) -> Predictions:
    y = np.arange(N) % n_classes
    raw = RNG.random((N, n_classes)) + np.eye(n_classes)[y] / 2
    weights = RNG.random(N) if weighted else None
    return Predictions(y, weights, n_classes, raw / raw.sum(axis=1, keepdims=True))


def _numbers(n_targets: int = 2, *, weighted: bool = False) -> Predictions:
    y = RNG.normal(size=(N, n_targets)) * np.arange(1, n_targets + 1) + 10
    weights = RNG.random(N) if weighted else None
    return Predictions(y, weights, 0, y + RNG.normal(size=y.shape))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_values_of_classifications_are_scikit_learns(n_classes: int, weighted: bool) -> None:
    p = _classes(n_classes, weighted=weighted)
    w = {"sample_weight": p.weights}
    area = p.outputs[:, 1] if n_classes == 2 else p.outputs
    expected = {
        "accuracy": sk.accuracy_score(p.y, p.labels, **w),
        "balanced_accuracy": sk.balanced_accuracy_score(p.y, p.labels, **w),
        "f1_macro": sk.f1_score(p.y, p.labels, average="macro", **w),
    }
    found = {name: METRICS[name].value(p) for name in expected}
    assert found == pytest.approx(expected)
    if not weighted:
        found_area = METRICS["roc_auc"].value(p)
        assert found_area == pytest.approx(sk.roc_auc_score(p.y, area, multi_class="ovr"))
    for name, value in found.items():
        assert METRICS[name].error(value, p, 1.0) == 1 - value


@pytest.mark.parametrize("weighted", [False, True])
def test_values_of_regressions_are_scikit_learns(weighted: bool) -> None:
    p = _numbers(weighted=weighted)
    w = {"sample_weight": p.weights}
    expected = {
        "rmse": sk.root_mean_squared_error(p.y, p.outputs, **w),
        "mae": sk.mean_absolute_error(p.y, p.outputs, **w),
        "mape": sk.mean_absolute_percentage_error(p.y, p.outputs, **w),
    }
    assert {name: METRICS[name].value(p) for name in expected} == pytest.approx(expected)


def test_a_class_that_no_sample_has_does_not_lower_the_balanced_accuracy() -> None:
    p = Predictions(np.array([0, 0, 1, 1]), None, 3, np.eye(3)[[0, 2, 1, 1]])
    assert METRICS["balanced_accuracy"].value(p) == 0.75


@pytest.mark.parametrize("weighted", [False, True])
def test_the_error_of_a_constant_guess_is_one_where_it_is_relative(weighted: bool) -> None:
    p = _numbers(weighted=weighted)
    w = np.ones(N) if p.weights is None else p.weights
    for name, guess in (
        ("mae", [_weighted_median(column, w) for column in p.y.T]),
        ("rmse", np.average(p.y, axis=0, weights=w)),
    ):
        z = p.y / np.std(p.y, axis=0)
        constant = z * 0 + np.array(guess) / np.std(p.y, axis=0)
        metric = METRICS[name]
        scale = metric.constant(Targets(z, p.weights, 0))
        given = Predictions(z, p.weights, 0, constant)
        assert metric.error(metric.value(given), given, scale) == pytest.approx(1.0)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    if np.ptp(weights) == 0:
        return float(np.median(values))
    below = np.cumsum(weights[order]) < weights.sum() / 2
    return float(values[order][below.sum()])


def test_the_log_loss_is_relative_to_that_of_the_class_shares() -> None:
    y = np.array([0, 0, 0, 1])
    guess = np.tile([0.75, 0.25], (4, 1))
    constant = METRICS["log_loss"].constant(Targets(y, None, 2))
    assert constant == pytest.approx(sk.log_loss(y, guess))
    weighted = METRICS["log_loss"].constant(Targets(y, np.array([1.0, 1.0, 1.0, 3.0]), 2))
    assert weighted == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("neg_log_loss", "log_loss"),
        ("neg_root_mean_squared_error", "rmse"),
        ("neg_mean_absolute_error", "mae"),
        ("neg_mean_absolute_percentage_error", "mape"),
        ("roc_auc_ovr", "roc_auc"),
    ],
)
def test_names_of_scikit_learns_scorers_are_known(given: str, name: str) -> None:
    assert metric_named(given).name == name


def test_wrong_names_and_wrong_tasks_are_told() -> None:
    with pytest.raises(InputError, match=r"metric 'acuracy' is unknown.*mean 'accuracy'"):
        metric_named("acuracy")
    with pytest.raises(InputError, match=r"'mae' is for regression.*roc_auc"):
        metric_of("mae", "classification")


def test_where_a_metric_makes_no_sense_the_samples_are_named() -> None:
    with pytest.raises(InputError, match="one class is missing from the test samples"):
        METRICS["roc_auc"].check(Targets(np.array([0, 1, 1]), None, 3), "test")
    with pytest.raises(InputError, match="2 of the training targets are 0"):
        METRICS["mape"].check(Targets(np.array([0.0, 1.0, 0.0]), None, 0), "training")


def test_the_resolution_is_that_of_one_mistake() -> None:
    # Of 9 and 3 samples: one wrong sample, the least of them, or one pair in the wrong order.
    targets = Targets(np.array([0] * 9 + [1] * 3), None, 2)
    compared = {name: METRICS[name].n_compared(targets) for name in METRICS}
    assert compared["accuracy"] == 12
    assert compared["balanced_accuracy"] == compared["f1_macro"] == 18
    assert compared["roc_auc"] == 27
    assert compared["log_loss"] is None
    wrong = Predictions(targets.y, None, 2, np.eye(2)[[1] + [0] * 8 + [1] * 3])
    assert 1 - METRICS["balanced_accuracy"].value(wrong) == pytest.approx(1 / 18)


class Kappa(Metric):
    name = "kappa"
    title = "Cohen's kappa"
    task = "classification"

    def value(self, predictions: Predictions) -> float:
        return float(sk.cohen_kappa_score(predictions.y, predictions.labels))


@pytest.fixture
def kappa() -> Iterator[None]:
    register_metric(Kappa())
    yield
    METRICS._loaded.pop("kappa")


@pytest.mark.usefixtures("kappa")
def test_own_metrics_are_registered_by_name() -> None:
    assert metric_of("kappa", "classification").title == "Cohen's kappa"
    with pytest.raises(InputError, match="already registered"):
        register_metric(type("R2", (Kappa,), {"name": "r2"})())
    with pytest.raises(InputError, match=r"must be an optuna_dnc\.objectives\.Metric"):
        METRICS.register("other", Kappa())


def test_a_metric_that_is_not_registered_is_still_shown() -> None:
    assert Score(0.3, "kappa", 0.7, 0.9).format() == "0.7"
    assert described_metric("<b>", "regression").title == "metric"


def test_scores_of_files_without_a_metric_are_those_of_the_default_one() -> None:
    values = {"val_error": 0.25, "val_accuracy": 0.75, "test_error": None}
    score = Score.read(values, "val", "classification")
    assert score == Score(0.25, "accuracy", 0.75, 0.75)
    assert Score.read(values, "test", "classification") is None
    assert Score.read({"val_error": 0.25}, "val", "regression") == Score(0.25, "r2", 0.75, None)


def test_scores_go_through_files_unchanged() -> None:
    score = Score(0.4, "f1_macro", 0.6, 0.8)
    values = Score.entries(score, "test") | {"metric": "f1_macro"}
    assert Score.read(values, "test", "classification") == score
