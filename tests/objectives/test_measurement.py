"""What a trial records, and what it costs relative to a baseline."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import optuna
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import (
    CostNormalizer,
    Measurement,
    metric_of,
    penalized_loss,
    unusable,
)

COSTS = {"n_params": 1000, "t_epoch": 0.0}

CLASSIFICATION = Measurement(
    error=0.25,
    val_accuracy=0.75,
    costs={"n_params": 1000, "t_epoch": 0.5, "macs": 960},
    epochs_run=10,
    best_epoch=7,
    train_seconds=5.0,
    eval_seconds=1.0,
    val_loss=0.7,
)
REGRESSION = dataclasses.replace(CLASSIFICATION, val_accuracy=None, status="diverged")
MEASUREMENTS = [CLASSIFICATION, REGRESSION, unusable("regression", COSTS, "out-of-memory")]


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_it_survives_a_storage_among_other_attributes(
    measurement: Measurement, tmp_path: Path
) -> None:
    study = optuna.create_study(storage=f"sqlite:///{tmp_path}/study.db")
    trial = study.ask()
    trial.set_user_attr("stage", "1-core-architecture")
    for name, value in measurement.to_attributes().items():
        trial.set_user_attr(name, value)
    study.tell(trial, 0.0)
    assert Measurement.from_attributes(study.trials[0].user_attrs) == measurement


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_every_attribute_but_the_costs_is_a_json_scalar(measurement: Measurement) -> None:
    attributes = measurement.to_attributes()
    json.dumps(attributes, allow_nan=False)
    assert attributes.pop("costs") == measurement.costs
    assert all(isinstance(value, str | int | float | None) for value in attributes.values())


def test_the_validation_loss_tells_apart_networks_of_equal_error() -> None:
    better = dataclasses.replace(CLASSIFICATION, val_loss=0.6)
    assert better.tie_breaker < CLASSIFICATION.tie_breaker < MEASUREMENTS[-1].tie_breaker


def test_a_trial_that_did_not_record_it_loses_ties() -> None:
    attributes = CLASSIFICATION.to_attributes()
    del attributes["val_loss"]
    before = Measurement.from_attributes(attributes)
    assert before == dataclasses.replace(CLASSIFICATION, val_loss=None)
    assert before.tie_breaker == math.inf


def test_two_costs_are_attributes_of_their_own() -> None:
    attributes = CLASSIFICATION.to_attributes()
    assert (attributes["n_params"], attributes["t_epoch"]) == (1000, 0.5)


def test_attributes_of_a_version_without_other_costs_are_read() -> None:
    attributes = CLASSIFICATION.to_attributes()
    del attributes["costs"]
    assert Measurement.from_attributes(attributes).costs == {"n_params": 1000, "t_epoch": 0.5}


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_an_unusable_training_has_the_worst_error_and_a_finite_loss(task: str) -> None:
    measurement = unusable(task, COSTS, "out-of-memory")
    assert measurement.error == metric_of(None, task).worst
    assert measurement.best_epoch == measurement.epochs_run == 0
    assert measurement.status == "out-of-memory"
    assert measurement.val_accuracy == (0.0 if task == "classification" else None)
    assert math.isfinite(penalized_loss(measurement.error, 1.0, 0.1, n_val=10))


@pytest.mark.parametrize(
    ("penalize", "value", "expected"),
    [("t_epoch", 2.0, 0.25), ("n_params", 4000, 0.25), ("macs", 96, 10.0)],
)
def test_complexity_is_the_cost_over_the_baselines(
    penalize: str, value: float, expected: float
) -> None:
    assert CostNormalizer(penalize, value).complexity(CLASSIFICATION) == expected


@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf])
def test_a_baseline_that_is_no_cost_is_refused(value: float) -> None:
    with pytest.raises(InputError, match=f"baseline must be .*above 0, got {value}"):
        CostNormalizer("t_epoch", value)
