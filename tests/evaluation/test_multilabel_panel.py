"""Panel and simple models of several yes/no labels."""

from __future__ import annotations

import numpy as np
import pytest

from optuna_dnc.evaluation import EvaluationPanel, panel_of
from optuna_dnc.evaluation.classification import multilabel_scores, multilabel_statistic
from optuna_dnc.evaluation.floors import FloorData, FloorSplit, floors_on

N = 150
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4)).astype(np.float32)
Y = (X[:, :3] + 0.5 * RNG.normal(size=(N, 3)) > [0.5, 0.0, -0.5]).astype(np.int64)
PROBA = 1 / (1 + np.exp(-2 * X[:, :3] + RNG.normal(size=(N, 3))))
NAMES = ("spam", "rude", "off_topic")


def test_intervals_are_of_the_metrics_that_are_shown() -> None:
    ones = np.ones(N)
    for name, value in multilabel_scores(Y, PROBA).items():
        statistic, _ = multilabel_statistic(name, Y, PROBA)
        assert statistic(ones) == pytest.approx(value), name


@pytest.mark.parametrize("name", ["f1_macro", "f1_micro", "roc_auc", "average_precision"])
def test_weights_count_samples_several_times(name: str) -> None:
    statistic, _ = multilabel_statistic(name, Y, PROBA)
    times = RNG.integers(0, 4, N)
    rows = np.repeat(np.arange(N), times)
    repeated = multilabel_scores(Y[rows], PROBA[rows])[name]
    assert statistic(times.astype(float)) == pytest.approx(repeated)


def test_the_panel_counts_samples_by_their_weights() -> None:
    times = np.arange(N) % 4
    rows = np.repeat(np.arange(N), times)
    panel, repeated = (
        panel_of(Y, PROBA, NAMES, weights=times.astype(float)),
        panel_of(Y[rows], PROBA[rows], NAMES),
    )
    assert panel.scores == pytest.approx(repeated.scores)
    for scores, expected in zip(panel.by_target, repeated.by_target, strict=True):
        assert scores == pytest.approx(expected)


def test_a_panel_has_a_row_for_each_label() -> None:
    panel = panel_of(Y, PROBA, NAMES)
    assert (panel.task, panel.metric, panel.confusion) == (
        "multilabel",
        "hamming_accuracy",
        None,
    )
    text = str(panel)
    assert max(map(len, text.splitlines())) <= 60
    heading, *rows = panel.target_table()
    assert heading == ["label", "share", "precision", "recall", "F1", "ROC AUC"]
    assert [row[0] for row in rows] == list(NAMES)
    assert EvaluationPanel.from_dict(panel.to_dict()) == panel


def test_a_label_that_all_samples_have_has_no_curve() -> None:
    y = Y.copy()
    y[:, 1] = 1
    panel = panel_of(y, PROBA, NAMES, "f1_micro")
    assert panel.metric == "f1_micro"
    assert panel.target_table()[2][-1] == ""
    assert "rude" in str(panel)


def test_simple_models_have_one_model_for_each_label() -> None:
    y = Y.astype(np.float32)
    y[:, 2] = 1.0  # as in a part of the rows
    data = FloorData([FloorSplit(X, y, X)], Y, 3, decode=lambda values: values)
    floors, skipped = floors_on(data, lambda: 60.0, "too long")
    assert not skipped
    constant, linear, boosting = (floor.scores["hamming_accuracy"] for floor in floors)
    assert constant < linear < boosting
