"""What is said of a network beside simple models."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from optuna_dnc.evaluation import Comparison, EvaluationPanel, Floor
from optuna_dnc.evaluation.comparison import (
    BOOSTING,
    CONSTANT,
    LINEAR,
    NO_TIME,
    SMALL_BOOSTING,
    TOO_SHORT,
)
from optuna_dnc.evaluation.floor_times import (
    FloorTimes,
    fits_judgement,
    judging_seconds,
    seconds_without_limit,
)
from optuna_dnc.evaluation.floors import FloorData, FloorSplit, floors_on


def compared(value: float, floors: dict[str, float], **changes: Any) -> Comparison:
    """A network of this accuracy, or RMSE with ``metric="rmse"``, beside simple models."""
    metric = changes.pop("metric", "accuracy")
    panel = EvaluationPanel(
        task="classification",
        n_samples=100,
        metric=metric,
        interval=(value * 0.99, value * 1.01),
        scores={metric: value},
    )
    models = tuple(Floor(name, {metric: score}, 0.1) for name, score in floors.items())
    known: dict[str, Any] = {"part": "test", "n_train": 80, "panel": panel, "floors": models}
    return Comparison(**known | changes)


ALL = {CONSTANT: 0.764, LINEAR: 0.753, BOOSTING: 0.8}


def test_the_headline_names_all_with_the_interval() -> None:
    assert compared(0.855, ALL).headline == (
        "Test accuracy 85.5 % (84.6 to 86.4); linear model 75.3 %, constant guess 76.4 %, "
        "gradient boosting 80.0 %."
    )
    assert compared(3.25, {LINEAR: 4.5}, metric="rmse", part="validation").headline == (
        "Validation RMSE 3.25 (3.217 to 3.283); linear model 4.5."
    )


def test_a_network_that_is_better_than_all_needs_no_advice() -> None:
    assert compared(0.855, ALL).verdict(0.1) == []
    assert compared(3.25, {LINEAR: 4.5, CONSTANT: 9.0}, metric="rmse").verdict(0.1) == []


@pytest.mark.parametrize(
    ("floors", "said"),
    [
        (ALL | {BOOSTING: 0.874}, "behind gradient boosting (87.4 %)"),
        (ALL | {BOOSTING: 0.874, LINEAR: 0.87}, "behind linear model (87.0 %) and gradient"),
        (ALL | {LINEAR: 0.853}, "not clearly better than a linear model"),
        (ALL | {BOOSTING: 0.86}, "not clearly better than gradient boosting"),
        (ALL | {CONSTANT: 0.853}, "no better than a constant guess"),
        (ALL | {CONSTANT: 0.9}, "no better than a constant guess"),
    ],
)
def test_a_network_that_is_not_better_is_told_so(floors: dict[str, float], said: str) -> None:
    (sentence,) = compared(0.855, floors).verdict(0.1)
    assert said in sentence


def test_a_lower_weight_of_the_cost_is_advised_where_there_is_one() -> None:
    behind = compared(0.855, ALL | {BOOSTING: 0.9})
    assert "wc is 0.1" in behind.verdict(0.1)[0]
    assert "wc" not in behind.verdict(0.0)[0]


def test_a_lower_error_is_better() -> None:
    assert "behind linear model (3)" in compared(3.5, {LINEAR: 3.0}, metric="rmse").verdict(0)[0]


def test_what_was_left_out_is_said_once_for_each_reason() -> None:
    skipped = {LINEAR: "it was late", BOOSTING: "it was late", CONSTANT: "it was refused"}
    assert compared(0.9, {}, skipped=skipped).gaps == [
        "Not compared with linear model and gradient boosting: it was late.",
        "Not compared with constant guess: it was refused.",
    ]


def test_more_time_may_make_up_for_what_was_left_out() -> None:
    assert compared(0.9, {}, skipped={BOOSTING: NO_TIME}).lacks_time
    assert compared(0.9, {}, skipped={BOOSTING: TOO_SHORT}).lacks_time
    assert not compared(0.9, {}, skipped={BOOSTING: "it was refused"}).lacks_time


def test_more_models_or_a_panel_are_more() -> None:
    less, more = compared(0.9, {}), compared(0.9, ALL)
    assert more.has_more_than(less)
    assert not less.has_more_than(less)
    assert less.has_more_than(compared(0.9, {}, panel=None))
    assert not compared(0.9, {}, panel=None).has_more_than(more)


def test_it_goes_through_json() -> None:
    for comparison in (compared(0.9, ALL), compared(0.9, {}, panel=None)):
        stored = json.loads(json.dumps(comparison.to_dict()))
        assert Comparison.of({"evaluation": stored}) == comparison
    assert Comparison.of(None) is None
    assert Comparison.of({"evaluation": None}) is None


def blobs(n_classes: int | None) -> FloorData:
    """Samples of which a linear model knows most."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3)).astype(np.float32)
    y = x[:, 0] + 0.1 * rng.normal(size=120)
    if n_classes is None:
        targets = np.stack([y, -y], axis=1)
        split = FloorSplit(x[:80], targets[:80], x[80:])
        return FloorData([split], 7 * targets[80:], None, lambda z: 7 * z)
    labels = np.digitize(y, [0.0, 1.0][: n_classes - 1])
    split = FloorSplit(x[:80], labels[:80], x[80:])
    return FloorData([split], labels[80:], n_classes, lambda z: z)


@pytest.mark.parametrize(("n_classes", "metric"), [(2, "accuracy"), (3, "accuracy"), (None, "r2")])
def test_simple_models_are_trained_and_measured(n_classes: int | None, metric: str) -> None:
    floors, skipped = floors_on(blobs(n_classes), lambda: 60.0, "no time")
    assert skipped == {}
    values = {floor.name: floor.scores[metric] for floor in floors}
    assert list(values) == [CONSTANT, LINEAR, BOOSTING]
    assert values[CONSTANT] < values[BOOSTING]
    assert values[CONSTANT] < 0.7 < values[LINEAR]


def test_targets_are_measured_in_their_unit() -> None:
    data = blobs(None)
    constant = floors_on(data, lambda: 60.0, "no time")[0][0]
    expected = np.sqrt(((data.true - 7 * data.splits[0].y.mean(axis=0)) ** 2).mean(axis=0)).mean()
    assert constant.scores["rmse"] == pytest.approx(expected)


@pytest.mark.parametrize("n_classes", [3, None])
def test_each_fold_is_predicted_by_models_of_the_others(n_classes: int | None) -> None:
    """A fold whose training samples all have one target is guessed as that."""
    data = blobs(n_classes)
    (split,) = data.splits
    shifted = replace(split, y=np.full_like(split.y, 2), x_test=split.x_test[:30])
    other = replace(split, x_test=split.x_test[30:])
    constant = floors_on(replace(data, splits=[shifted, other]), lambda: 60.0, "no time")[0][0]
    guess = 2.0 if n_classes else 14.0
    mean = np.bincount(split.y).argmax() if n_classes else 7 * split.y.mean(axis=0)
    if n_classes:
        right = np.concatenate([data.true[:30] == guess, data.true[30:] == mean])
        assert constant.scores["accuracy"] == pytest.approx(right.mean())
    else:
        off = np.concatenate([data.true[:30] - guess, data.true[30:] - mean])
        assert constant.scores["mae"] == pytest.approx(np.abs(off).mean())


def test_the_constant_guess_of_logarithms_is_the_mean_in_the_unit_of_the_target() -> None:
    linear = blobs(None)
    data = replace(linear, true=np.exp(linear.true / 7), decode=np.exp)
    constant = floors_on(data, lambda: 60.0, "no time")[0][0]
    expected = np.sqrt(
        ((data.true - np.exp(data.splits[0].y).mean(axis=0)) ** 2).mean(axis=0)
    ).mean()
    assert constant.scores["rmse"] == pytest.approx(expected)


@pytest.mark.parametrize("slowdown", [1.0, 8.0])
def test_models_for_which_there_is_no_time_are_left_out(slowdown: float) -> None:
    data = blobs(2)
    left = slowdown * (data.times.of(LINEAR) + data.times.of(SMALL_BOOSTING)) / 2
    floors, skipped = floors_on(data, lambda: left, "no time", slowdown)
    assert [floor.name for floor in floors] == [CONSTANT, LINEAR]
    assert skipped == {BOOSTING: "no time"}


def test_boosting_that_turns_out_to_be_slow_is_given_up() -> None:
    seconds = chain([60.0, 60.0, 60.0], repeat(0.0))  # nothing is left after some iterations
    floors, skipped = floors_on(blobs(2), lambda: next(seconds), "no time")
    assert [floor.name for floor in floors] == [CONSTANT, LINEAR]
    assert skipped == {BOOSTING: "no time"}


def test_fewer_iterations_of_boosting_fit_into_less_time() -> None:
    data = blobs(2)
    seconds = chain([60.0, 60.0, 0.0], repeat(60.0))  # too few for the model with 100
    floors, skipped = floors_on(data, lambda: next(seconds), "no time")
    assert [floor.name for floor in floors] == [CONSTANT, LINEAR, SMALL_BOOSTING]
    assert skipped == {}
    before = data.times.of(CONSTANT) + data.times.of(LINEAR)
    small = data.times.of(SMALL_BOOSTING)
    assert data.times.affordable(before + 1.1 * small) == pytest.approx(before + small)


@pytest.mark.parametrize("n_codes", [(), (5,)])
def test_samples_count_what_they_weigh(n_codes: tuple[int, ...]) -> None:
    """Of two contradictory halves, the one with weights decides, also for a pipeline."""
    rng = np.random.default_rng(0)
    x = np.stack([rng.normal(size=200), np.arange(200) % 5], axis=1).astype(np.float32)
    is_first, positive = np.arange(200) < 100, x[:, 0] > 0
    y = (positive == is_first).astype(np.int64)
    weights = np.where(is_first, 1.0, 0.0)
    split = FloorSplit(x, y, x, weights, weights)
    data = FloorData([split], positive.astype(np.int64), 2, lambda z: z, n_codes)
    floors, _ = floors_on(data, lambda: 60.0, "no time")
    scores = {floor.name: floor.scores["accuracy"] for floor in floors}
    assert scores[LINEAR] > 0.9
    assert scores[BOOSTING] > 0.9


def test_constant_guesses_ignore_weights_of_classes() -> None:
    data = blobs(2)
    (split,) = data.splits
    rare = np.where(split.y == 0, 1.0, 1e-3)
    of_classes = np.where(split.y == 0, 1e-3, 1.0)
    weighted = replace(data, splits=[replace(split, weights=of_classes, sample_weights=rare)])
    constant = floors_on(weighted, lambda: 60.0, "no time")[0][0]
    assert constant.scores["accuracy"] == pytest.approx((data.true == 0).mean())


def test_the_constant_guess_of_a_regression_is_the_weighted_mean() -> None:
    data = blobs(None)
    (split,) = data.splits
    weights = np.arange(len(split.y), dtype=np.float64)
    weighted = replace(data, splits=[replace(split, sample_weights=weights)])
    constant = floors_on(weighted, lambda: 60.0, "no time")[0][0]
    mean = 7 * np.average(split.y, axis=0, weights=weights)
    expected = np.sqrt(((data.true - mean) ** 2).mean(axis=0)).mean()
    assert constant.scores["rmse"] == pytest.approx(expected)


def test_data_that_a_model_refuses_are_told() -> None:
    data = blobs(2)
    data.splits[0].x[0, 0] = np.nan  # which only gradient boosting can take
    floors, skipped = floors_on(data, lambda: 60.0, "no time")
    assert [floor.name for floor in floors] == [CONSTANT, BOOSTING]
    assert "scikit-learn refused the data" in skipped[LINEAR]


def test_a_linear_model_takes_codes_of_categories_one_by_one() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, 200)
    x = np.stack([rng.normal(size=200), codes], axis=1).astype(np.float32)
    y = codes % 2  # no line through the codes tells these apart
    split = FloorSplit(x[:150], y[:150], x[150:])
    data = FloorData([split], y[150:], 2, lambda z: z, n_codes=(5,))
    floors, _ = floors_on(data, lambda: 60.0, "no time")
    assert {floor.name: floor.scores["accuracy"] for floor in floors}[LINEAR] == 1.0


def test_estimates_grow_with_the_data() -> None:
    small = FloorTimes(1_000, 100, 10, 2, "classification")
    for larger in (
        FloorTimes(100_000, 100, 10, 2, "classification"),
        FloorTimes(1_000, 100, 1_000, 2, "classification"),
        FloorTimes(1_000, 100, 10, 200, "classification"),
    ):
        for name in (CONSTANT, LINEAR, BOOSTING):
            assert larger.of(name) >= small.of(name)
        assert larger.of(BOOSTING) > 2 * small.of(BOOSTING)


def test_only_models_that_fit_are_reserved_for() -> None:
    times = FloorTimes(60_000, 10_000, 784, 10, "classification")
    assert times.affordable(0.0) == 0.0
    first = times.of(CONSTANT)
    assert times.affordable(first + times.of(LINEAR)) == pytest.approx(first + times.of(LINEAR))
    assert times.of(BOOSTING) > 100


def test_seconds_follow_the_search_within_bounds() -> None:
    assert seconds_without_limit(0.0) < seconds_without_limit(100.0) == pytest.approx(12.0)
    assert seconds_without_limit(1e6) == 60.0


def test_short_limits_and_none_reserve_nothing() -> None:
    limits = (1.0, 10.0, 60.0, float("inf"))
    assert [fits_judgement(limit) for limit in limits] == [False, True, True, False]
    assert judging_seconds(None, 5.0) == judging_seconds(None, float("inf")) == 0.0
    assert judging_seconds(None, 60.0, slowdown=8.0) == 0.0  # as 7.5 s on a quiet machine


def test_a_busy_machine_needs_more_time_for_as_much() -> None:
    data: Any = SimpleNamespace(
        n_train=100, n_val=20, n_test=20, input_shape=(5,), n_outputs=2, task="classification"
    )
    quiet = judging_seconds(data, 20.0)
    assert 0 < judging_seconds(data, 60.0, slowdown=3.0) == pytest.approx(3 * quiet)
