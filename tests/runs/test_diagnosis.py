"""Sentences on the curves of a training, and silence where all is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optuna_dnc.objectives import Measurement
from optuna_dnc.runs import Record, diagnose, open_run
from optuna_dnc.runs.diagnosis import diagnose_best
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.training import TrainingConfig

CONSTANT = 2.3
EPOCHS = 20

WELL = [1.0, 0.5, 0.3, *[0.2] * (EPOCHS - 3)]
"""A validation loss that falls and stays."""


def record(
    val: list[float | None],
    train: list[float | None] | None = None,
    *,
    ratio: float | None = 3e-3,
    epochs: int = EPOCHS,
    **changes: Any,
) -> Record:
    """A training of the given curves, with a learning rate of 0.001."""
    measured = Measurement(
        error=0.1,
        val_accuracy=0.9,
        costs={"n_params": 10, "t_epoch": 0.1},
        epochs_run=len(val),
        best_epoch=4,
        train_seconds=1.0,
        eval_seconds=0.1,
    )
    curves = {
        "train_loss": val if train is None else train,
        "val_loss": val,
        "val_error": [0.1] * len(val),
        "update_ratio": [ratio] * len(val),
    }
    fields: dict[str, Any] = {
        "stage": "training",
        "trial_number": 1,
        "loss": -1.0,
        "config": {},
        "training": {"epochs": epochs, "lr": 1e-3},
        "description": "10 relu",
        "key": "a",
        "measured": measured,
        "reused_from": None,
        "seconds": 1.0,
        "epochs": curves,
    }
    return Record(**fields | changes)


def only(found: list[str]) -> str:
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("val", "train"),
    [
        (WELL, WELL),
        (WELL, [loss / 100 for loss in WELL]),  # dropout off: far below, and no harm
        ([*WELL[:-1], 0.24], [loss / 100 for loss in WELL]),  # a fiftieth of a constant guess
        ([0.9, *[0.85] * 19], [0.95, *[0.9] * 19]),  # noisy data, learnt in one epoch
        ([0.2], [0.3]),
        ([0.5, 0.2], [0.9, 0.6]),
    ],
    ids=["sound", "fitted", "noise", "noisy data", "one epoch", "two epochs"],
)
def test_sound_networks_are_told_nothing(val: list[float], train: list[float]) -> None:
    assert diagnose(record(val, train, epochs=len(val)), constant_loss=CONSTANT) == []


def test_overfitting_is_a_rising_validation_loss_far_above_the_training_loss() -> None:
    rising = [*WELL[:10], *np.linspace(0.2, 0.6, 10)]
    sentence = only(diagnose(record(rising, WELL), constant_loss=CONSTANT))
    for said in ("overfits", "from 0.2 in epoch 4 to 0.6", "fell to 0.2", "epoch 4 were kept"):
        assert said in sentence
    assert diagnose(record(rising, rising), constant_loss=CONSTANT) == []


def test_without_a_known_constant_guess_small_rises_are_still_no_overfitting() -> None:
    assert "overfits" in only(diagnose(record([*WELL[:10], *[0.6] * 10], WELL)))
    small = [loss / 10 for loss in WELL]
    assert diagnose(record([*small[:10], *[0.03] * 10], [0.01] * EPOCHS)) == []


FALLING = np.linspace(2.0, 1.0, EPOCHS).tolist()


def test_a_loss_that_still_falls_at_the_full_learning_rate_wants_more_epochs() -> None:
    sentence = only(diagnose(record(FALLING), constant_loss=CONSTANT))
    assert "still fell from 1.79 in epoch 5 to 1.53 in epoch 10" in sentence
    assert "more than 20 epochs, or at a learning rate above 0.001." in sentence


def test_at_a_constant_rate_all_epochs_count() -> None:
    training = {"epochs": EPOCHS, "lr": 1e-3, "schedule": "constant"}
    sentence = only(diagnose(record(FALLING, training=training), constant_loss=CONSTANT))
    assert "still fell from 1.53 in epoch 10 to 1 in epoch 20, the last." in sentence
    ended = [*FALLING[:10], *[FALLING[9]] * 10]
    assert diagnose(record(ended, training=training), constant_loss=CONSTANT) == []
    patient = training | {"epochs": 2 * EPOCHS}
    assert diagnose(record(FALLING, training=patient), constant_loss=CONSTANT) == []


@pytest.mark.parametrize(
    ("ratio", "advice"),
    [
        (1e-4, "only 0.0001 of their norm"),
        (2e-2, "Train for more than 20 epochs."),
        (None, "a learning rate above 0.001"),  # measured by no older version
    ],
)
def test_the_update_ratio_says_whether_a_higher_learning_rate_would_help(
    ratio: float | None, advice: str
) -> None:
    assert advice in only(diagnose(record(FALLING, ratio=ratio), constant_loss=CONSTANT))


@pytest.mark.parametrize(
    "changes",
    [
        {"train": [loss / 3 for loss in FALLING]},  # learnt the training samples already
        {"epochs": 40},  # patience ended it
        {"pruned": True},
    ],
    ids=["fitted", "patience", "stopped"],
)
def test_not_every_falling_loss_wants_more_epochs(changes: dict[str, Any]) -> None:
    assert diagnose(record(FALLING, **changes), constant_loss=CONSTANT) == []


@pytest.mark.parametrize("schedule", ["cosine", "cosine-restarts"])
def test_a_loss_that_falls_with_its_learning_rate_is_told_nothing(schedule: str) -> None:
    training = {"epochs": EPOCHS, "lr": 1e-3, "schedule": schedule}
    assert diagnose(record(FALLING, training=training), constant_loss=CONSTANT) == []


def test_small_steps_at_the_end_of_a_period_say_nothing_of_the_learning_rate() -> None:
    lr, period = 0.2, 4
    at_ends = {"epochs": EPOCHS, "lr": lr, "schedule": "cosine-restarts", "restart_factor": 1.0}
    every = record(WELL, ratio=5e-5, training={**at_ends, "restart_period": 1.0})
    assert diagnose(every, constant_loss=CONSTANT) == []
    training = {**at_ends, "restart_period": float(period)}
    shares = [TrainingConfig(**training).lr_after(n + 0.999999) / lr for n in range(EPOCHS)]
    usual = record(WELL, training=training)
    sound = {**usual.epochs, "update_ratio": [1e-2 * share for share in shares]}
    assert diagnose(replace(usual, epochs=sound), constant_loss=CONSTANT) == []
    tiny = {**usual.epochs, "update_ratio": [1e-5 * share for share in shares]}
    sentence = only(diagnose(replace(usual, epochs=tiny), constant_loss=CONSTANT))
    assert "at 0.2 a step changes the weights by only 1e-05" in sentence


def test_nothing_is_left_to_learn_without_errors() -> None:
    falling = record(FALLING)
    perfect = replace(falling, measured=replace(falling.measured, error=0.0))
    assert diagnose(perfect, constant_loss=CONSTANT) == []


@pytest.mark.parametrize(
    ("ratio", "advice"),
    [
        (1e-4, "Raise the learning rate: at 0.001"),
        (0.2, "Lower the learning rate: at 0.001 a step changes the weights by 0.2"),
        (3e-3, "Try other learning rates and larger networks"),
    ],
)
def test_a_training_loss_of_a_constant_guess_is_underfitting(ratio: float, advice: str) -> None:
    stuck = record([2.29] * EPOCHS, ratio=ratio)
    sentence = only(diagnose(stuck, constant_loss=CONSTANT))
    assert "learned almost nothing: the training cross-entropy is 2.29" in sentence
    assert "that of a constant prediction 2.3." in sentence
    assert advice in sentence
    assert diagnose(record([2.29] * EPOCHS)) == []  # what a constant guess has is not known


def test_what_does_not_carry_over_is_told() -> None:
    sentence = only(diagnose(record([2.3] * EPOCHS, [2.0] * EPOCHS), constant_loss=CONSTANT))
    assert "does not generalize" in sentence
    assert "optuna-dnc check" in sentence


@pytest.mark.parametrize(("ratio", "advice"), [(5e-5, "Raise"), (0.3, "Lower")])
def test_extreme_steps_are_told_whatever_the_losses(ratio: float, advice: str) -> None:
    sentence = only(diagnose(record(WELL, ratio=ratio), constant_loss=CONSTANT))
    assert sentence.startswith(f"{advice} the learning rate: at 0.001")


@pytest.mark.parametrize("pruned", [False, True])
def test_a_divergence_is_told_with_its_epoch(pruned: bool) -> None:
    before = record([1.0, None], pruned=pruned)
    diverged = replace(before, measured=replace(before.measured, status="diverged"))
    sentence = only(diagnose(diverged))
    assert "diverged in epoch 2" in sentence
    assert "Lower the learning rate, 0.001" in sentence


def test_the_best_network_is_judged_by_the_trial_that_trained_it() -> None:
    trained = record(FALLING, trial_number=3)
    taken_over = replace(
        record(FALLING), trial_number=1, loss=-1.5, reused_from="training/3", epochs={}
    )
    assert diagnose(taken_over) == []
    ledger = Ledger([taken_over, trained])
    assert ledger.best is taken_over
    assert "could learn more" in only(diagnose_best(ledger))
    assert diagnose_best(Ledger()) == []


def test_a_search_stores_what_it_takes_and_tells_it(search: Any) -> None:
    """Five epochs at a low learning rate: the curves of the best network still fall."""
    low = {"lr": 3e-4, "training_space": {"lr": 3e-4}, "epochs": 6, "n_startup_trials": 1}
    result = search(**low, n_steps=0, batch_size=32, recipe="deep-n-cheap").run()
    opened = open_run(result.path)
    assert opened.studies.constant_loss() == pytest.approx(np.log(3), abs=0.01)
    assert opened.diagnosis == result.summary["diagnosis"]
    assert "learning rate" in only(opened.diagnosis)
