"""The training hyperparameters of a joint search."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.samplers import RandomSampler

from optuna_dnc._errors import InputError
from optuna_dnc.space import CallbackTrial, highest_answer, lowest_answer
from optuna_dnc.training import JointTrainingSpace, TrainingConfig
from optuna_dnc.training.schedules import restarted_cosine_factor

BASE = TrainingConfig(epochs=27, augment=True, bf16=True)


def suggest(trial, space=None, *, task="classification", input_shape=(3, 32, 24), base=BASE):
    space = space or JointTrainingSpace()
    return space.suggest(trial, base, task=task, input_shape=input_shape)


def test_any_suggestion_is_valid_and_keeps_the_base() -> None:
    study = optuna.create_study(sampler=RandomSampler(seed=0))
    for _ in range(50):
        config = suggest(study.ask())
        assert TrainingConfig(**config.model_dump()) == config
        assert (config.epochs, config.augment, config.bf16) == (27, True, True)
        assert config.optimizer == "sgd"
        assert 1e-3 <= config.lr <= 1
        assert 32 <= config.batch_size <= 128
        assert config.cutout <= 15


def test_conditional_parameters_are_asked_only_where_they_apply() -> None:
    trial = CallbackTrial(lowest_answer)  # no restarts, no mixup, no cutout
    config = suggest(trial)
    assert set(trial.params) == {
        "lr",
        "momentum",
        "weight_decay",
        "batch_size",
        "schedule",
        "label_smoothing",
        "use_mixup",
        "use_cutout",
    }
    assert (config.schedule, config.mixup, config.cutout) == ("cosine", 0, 0)
    trial = CallbackTrial(highest_answer)
    config = suggest(trial)
    assert {"n_periods", "restart_factor", "mixup", "cutout"} < set(trial.params)
    assert (config.schedule, config.mixup, config.cutout) == ("cosine-restarts", 1, 15)


def test_flat_samples_have_no_cutout_and_numbers_no_label_smoothing() -> None:
    trial = CallbackTrial(highest_answer)
    config = suggest(trial, task="regression", input_shape=(8,))
    assert not {"use_cutout", "cutout", "label_smoothing"} & set(trial.params)
    assert (config.cutout, config.label_smoothing) == (0, 0)


@pytest.mark.parametrize("epochs", [1, 3, 27, 200])
def test_the_last_period_ends_with_the_training(epochs: int) -> None:
    config = suggest(CallbackTrial(highest_answer), base=TrainingConfig(epochs=epochs))
    nearly = epochs * (1 - 1e-6)
    assert restarted_cosine_factor(nearly, config.restart_period, config.restart_factor) < 1e-6


def test_the_costliest_training_has_small_batches_and_all_that_can_be_on() -> None:
    space = JointTrainingSpace(batch_size=(16, 64), use_cutout=False)
    config = space.costliest(BASE, task="classification", input_shape=(3, 32, 32))
    assert (config.batch_size, config.optimizer, config.cutout) == (16, "sgd", 0)
    assert config.mixup > 0


def test_cutout_that_is_on_erases_a_pixel_at_least() -> None:
    space = JointTrainingSpace(use_cutout=True, cutout=0.125)
    assert suggest(CallbackTrial(lowest_answer), space, input_shape=(1, 4, 4)).cutout == 1


def test_scales_are_the_papers() -> None:
    trial = CallbackTrial(lowest_answer)
    suggest(trial)
    logarithmic = {name for name, d in trial.distributions.items() if getattr(d, "log", False)}
    assert logarithmic == {"lr", "weight_decay", "batch_size"}


@pytest.mark.parametrize(
    ("ranges", "reason"),
    [
        ({"lr": (0, 1)}, "lr must be at least"),
        ({"momentum": (0.5, 1)}, "momentum must be below 1"),
        ({"schedule": "cuts"}, "schedule .*'cuts'"),
        ({"n_periods": (1, 3)}, "n_periods must be at least 2"),
        ({"restart_factor": (0.5, 2)}, "restart_factor must be at least 1"),
        ({"label_smoothing": (0, 1)}, "label_smoothing must be below 1"),
        ({"cutout": (0.5, 1.5)}, "cutout: a share of the image's side is at most 1"),
        ({"mixups": True}, "'mixups' is unknown.*Did you mean"),
    ],
)
def test_wrong_ranges_are_refused_in_one_line_that_names_them(
    ranges: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        JointTrainingSpace(**ranges)
    assert "\n" not in str(caught.value)
