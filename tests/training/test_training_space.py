"""The training hyperparameters and their search space."""

from __future__ import annotations

import math
from typing import Any

import optuna
import pytest
from optuna.samplers import RandomSampler
from optuna.trial import FixedTrial

from optuna_dnc._errors import InputError
from optuna_dnc.training import TrainingConfig, TrainingSpace

BASE = TrainingConfig(epochs=7, patience=3, bf16=True)


@pytest.mark.parametrize(
    ("answer", "expected"), [(1e-6, 0.0), (9.9e-6, 0.0), (1e-5, 1e-5), (1e-3, 1e-3)]
)
def test_the_lowest_decade_of_weight_decay_stands_for_none(answer: float, expected: float) -> None:
    trial = FixedTrial({"lr": 0.01, "weight_decay": answer, "batch_size": 64})
    config = TrainingSpace().suggest(trial, BASE)
    assert config.weight_decay == expected
    assert (config.lr, config.batch_size) == (0.01, 64)


@pytest.mark.parametrize(("decay", "asked"), [(5e-4, 5e-4), ((1e-4, 1e-3), 2e-4)])
def test_a_range_of_no_more_than_a_decade_has_no_place_for_none(
    decay: float | tuple[float, float], asked: float
) -> None:
    trial = FixedTrial({"lr": 0.01, "weight_decay": asked, "batch_size": 64})
    assert TrainingSpace(weight_decay=decay).suggest(trial, BASE).weight_decay == asked


def test_what_is_not_searched_is_taken_from_the_base() -> None:
    trial = FixedTrial({"lr": 0.01, "weight_decay": 1e-4, "batch_size": 64})
    config = TrainingSpace().suggest(trial, BASE)
    assert (config.epochs, config.patience, config.bf16) == (7, 3, True)
    assert TrainingConfig(epochs=7, patience=3, bf16=True) == BASE


def test_suggestions_stay_within_the_ranges_and_are_logarithmic() -> None:
    space = TrainingSpace(lr=(1e-4, 1e-2), weight_decay=1e-4, batch_size=(3, 5))
    study = optuna.create_study(sampler=RandomSampler(seed=0))
    for _ in range(20):
        config = space.suggest(study.ask(), BASE)
        assert 1e-4 <= config.lr <= 1e-2
        assert config.batch_size in (3, 4, 5)
    distributions = study.ask().distributions or study.trials[0].distributions
    assert distributions["lr"].log
    assert distributions["weight_decay"].log
    assert not distributions["batch_size"].log


@pytest.mark.parametrize(
    ("model", "values", "reason"),
    [
        (TrainingConfig, {"epochs": 0}, "epochs must .*at least 1, got 0"),
        (TrainingConfig, {"epochs": 2.5}, "epochs must .*an int.*2.5"),
        (TrainingConfig, {"batch_size": 0}, "batch_size must .*got 0"),
        (TrainingConfig, {"lr": 0}, "lr must be above 0, got 0; change it"),
        (TrainingConfig, {"lr": math.nan}, "lr must be finite, got nan"),
        (TrainingConfig, {"weight_decay": -1e-3}, "weight_decay must .*got -0.001"),
        (TrainingConfig, {"weight_decay": math.inf}, "weight_decay must .*finite.*inf"),
        (TrainingConfig, {"patience": 0}, "patience must .*got 0"),
        (
            TrainingConfig,
            {"optimizer": "rmsprop"},
            "optimizer must .*'adam', 'adamw' or 'sgd'.*'rmsprop'",
        ),
        (TrainingConfig, {"momentum": 1}, "momentum must .*below 1, got 1"),
        (TrainingConfig, {"schedule": "linear"}, "schedule must .*'cosine-restarts'.*'linear'"),
        (TrainingConfig, {"restart_period": 0}, "restart_period must .*above 0"),
        (TrainingConfig, {"restart_factor": 0.5}, "restart_factor must .*at least 1, got 0.5"),
        (TrainingConfig, {"label_smoothing": 1}, "label_smoothing must .*below 1, got 1"),
        (TrainingConfig, {"mixup": -0.1}, "mixup must be at least 0, got -0.1"),
        (TrainingConfig, {"cutout": 2.5}, "cutout must .*an int.*2.5"),
        (TrainingConfig, {"cutout": -1}, "cutout must be at least 0, got -1"),
        (TrainingConfig, {"epoch": 3}, "'epoch' is unknown.*Did you mean 'epochs'"),
        (TrainingSpace, {"lr": (0.1, 0.01)}, "lr must have its lower bound first"),
        (TrainingSpace, {"lr": (0, 0.01)}, "lr must be at least"),
        (TrainingSpace, {"lr": (math.nan, 0.01)}, "lr .*finite.*nan"),
        (TrainingSpace, {"batch_size": (1, 5)}, "batch_size must be at least 2"),
    ],
)
def test_wrong_settings_are_refused_in_one_line_that_names_them(
    model: type[Any], values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        model(**values)
    assert "\n" not in str(caught.value)


def test_augment_false_is_false_also_as_a_word() -> None:
    # The original's --augment False parses as true.
    assert TrainingConfig(augment="False").augment is False


def test_settings_that_are_left_alone_do_not_rename_a_training() -> None:
    # A training is seeded by what model_dump gives: equal to what it was before they existed.
    assert TrainingConfig(epochs=4).model_dump() == {
        "epochs": 4,
        "batch_size": 256,
        "lr": 1e-3,
        "weight_decay": 0.0,
        "patience": None,
        "augment": False,
        "bf16": False,
    }
    config = TrainingConfig(optimizer="sgd", mixup=0.2)
    assert config.model_dump().items() >= {"optimizer": "sgd", "mixup": 0.2}.items()
    assert TrainingConfig(**config.model_dump()) == config
