"""Defaults of the training, by preset, strategy and number of samples, and of older searches."""

from __future__ import annotations

from typing import Any

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.runs import SearchSettings
from optuna_dnc.runs.recipe import (
    PRESET_SECONDS,
    default_batch_size,
    default_epochs,
    of_this_version,
    settings_as_begun,
)
from optuna_dnc.training import ADAMW_RANGES, JointTrainingSpace, TrainingConfig, TrainingSpace

PUBLISHED = TrainingConfig(epochs=30, batch_size=256, lr=1e-3)
"""Of Deep-n-Cheap."""

OLD: dict[str, Any] = {
    "strategy": "staged",
    "preset": "default",
    "epochs": 30,
    "n_steps": 15,
    "batch_size": 256,
    "lr": 1e-3,
    "patience": None,
    "wc": 0.5,
}
"""Part of the settings that a search of a version without recipes has stored."""


def test_the_default_trains_by_adamw_at_a_constant_rate_with_averaged_weights() -> None:
    settings = SearchSettings().for_samples(1_000)
    assert settings.searches_lr
    assert settings.training(weight_decay=0.5) == TrainingConfig(
        epochs=60,
        batch_size=32,
        patience=10,
        optimizer="adamw",
        schedule="constant",
        averaging=1.0,
        weight_decay=1e-3,
    )
    assert settings.training_ranges() == TrainingSpace(**ADAMW_RANGES)


@pytest.mark.parametrize("given", [{"preset": "deep-n-cheap"}, {"recipe": "deep-n-cheap"}])
def test_the_published_recipe_is_that_of_the_paper(given: dict[str, Any]) -> None:
    settings = SearchSettings(**given).for_samples(1_000)
    assert not settings.searches_lr
    assert settings.is_published
    assert settings.scaling == "standard"
    assert settings.training() == PUBLISHED
    assert settings.training(1e-4) == PUBLISHED.model_copy(update={"weight_decay": 1e-4})
    assert settings.training_ranges() == TrainingSpace()


def test_what_is_given_wins_over_the_published_recipe() -> None:
    given: dict[str, Any] = {"epochs": 7, "patience": 3, "batch_size": 64, "lr": 0.01}
    training = SearchSettings(preset="deep-n-cheap", **given).for_samples(1_000).training()
    assert training == TrainingConfig(**given)


def test_the_published_sampler_can_have_the_default_recipe() -> None:
    settings = SearchSettings(preset="deep-n-cheap", recipe="default")
    assert settings.model_dump() == SearchSettings().model_dump() | {"preset": "deep-n-cheap"}


@pytest.mark.parametrize("recipe", ["default", "deep-n-cheap"])
def test_a_joint_search_trains_by_neither(recipe: Any) -> None:
    settings = SearchSettings(strategy="joint", recipe=recipe).for_samples(1_000)
    assert (settings.epochs, settings.patience) == (30, None)
    assert (settings.batch_size, settings.lr) == (None, None)
    assert not settings.searches_lr
    assert settings.training_ranges() == JointTrainingSpace()
    training = settings.training()
    assert (training.averaging, training.schedule) == (0, "cuts")


@pytest.mark.parametrize("preset", PRESET_SECONDS)
def test_presets_with_a_time_limit_are_the_default_otherwise(preset: Any) -> None:
    assert SearchSettings(preset=preset) == SearchSettings()


@pytest.mark.parametrize(
    ("n_train", "batch_size", "epochs"),
    [
        (2, 32, 60),
        (1_000, 32, 60),
        (10_000, 64, 60),
        (20_000, 64, 38),
        (60_000, 128, 26),
        (1_000_000, 256, 15),
    ],
)
def test_batches_and_epochs_follow_the_number_of_samples(
    n_train: int, batch_size: int, epochs: int
) -> None:
    assert default_batch_size(n_train) == batch_size
    assert default_epochs(n_train, batch_size) == epochs
    settings = SearchSettings().for_samples(n_train)
    assert (settings.batch_size, settings.epochs) == (batch_size, epochs)


def test_epochs_follow_the_batch_size_that_is_given_but_not_if_they_are_given() -> None:
    assert SearchSettings(batch_size=32).for_samples(20_000).epochs == 19
    assert SearchSettings(epochs=60).for_samples(20_000).epochs == 60
    assert SearchSettings(epochs=100).for_samples(1_000_000).epochs == 100


def test_settings_without_a_recipe_are_those_of_the_published_one() -> None:
    now = {
        "recipe": "deep-n-cheap",
        "scaling": "standard",
        "target_transform": "none",
        "n_folds": 1,
        "n_members": 1,
    }
    assert of_this_version(OLD) == OLD | now


@pytest.mark.parametrize("strategy", ["joint", "transfer"])
def test_rates_that_were_searched_then_have_no_default_now(strategy: str) -> None:
    now = of_this_version(OLD | {"strategy": strategy})
    assert (now["batch_size"], now["lr"]) == (None, None)


def test_settings_with_a_recipe_stay() -> None:
    now = SearchSettings(epochs=3).model_dump(mode="json")
    assert of_this_version(now) == now
    assert settings_as_begun(now, ()) == {}


def test_an_older_search_keeps_the_defaults_that_it_began_with() -> None:
    as_begun = settings_as_begun(OLD, ("wc",))
    settings = SearchSettings(wc=0.5).model_copy(update=as_begun).for_samples(1_000)
    assert settings.training() == PUBLISHED
    assert (settings.recipe, settings.n_steps, settings.scaling) == (
        "deep-n-cheap",
        15,
        "standard",
    )
    assert not settings.searches_lr


def test_what_is_given_is_compared_to_what_it_began_with() -> None:
    as_begun = settings_as_begun(OLD, ("epochs", "lr"))
    assert not {"epochs", "lr", "wc"} & set(as_begun)


def test_a_new_search_has_the_defaults_of_today() -> None:
    assert settings_as_begun({}, ()) == {}


@pytest.mark.parametrize(
    ("settings", "n_train", "stackable", "n_folds"),
    [
        ({}, 5_000, True, 5),
        ({}, 5_001, True, 1),
        ({}, 100, False, 1),
        ({"n_folds": 3}, 100_000, False, 3),
        ({"n_folds": 1}, 100, True, 1),
        ({"penalize": "t_epoch"}, 100, True, 1),
        ({"penalize": "ms"}, 100, True, 5),
        ({"preset": "deep-n-cheap"}, 100, True, 1),
        ({"preset": "deep-n-cheap", "n_folds": 5}, 100, True, 5),
        ({"strategy": "joint"}, 100, True, 5),
    ],
)
def test_trials_on_few_samples_are_cross_validations(
    settings: dict[str, Any], n_train: int, stackable: bool, n_folds: int
) -> None:
    assert SearchSettings(**settings).folds_for(n_train, stackable=stackable) == n_folds


def test_folds_are_refused_where_the_time_of_one_training_counts() -> None:
    with pytest.raises(InputError, match="n_folds must be 1 with penalize='t_epoch', got 5"):
        SearchSettings(n_folds=5, penalize="t_epoch").folds_for(100, stackable=True)


def test_no_more_folds_than_the_samples_give_are_accepted() -> None:
    assert SearchSettings(n_folds=10, val_fraction=0.1).n_folds == 10
    with pytest.raises(InputError, match=r"n_folds must be at most 5 with val_fraction 0\.2"):
        SearchSettings(n_folds=10)


def test_searches_before_folds_validate_on_one_set() -> None:
    before = SearchSettings().model_dump(mode="json")
    del before["n_folds"]
    assert settings_as_begun(before, ()) == {"n_folds": 1}
    assert settings_as_begun(before, ("n_folds",)) == {}


def test_searches_before_logarithms_learned_the_targets() -> None:
    assert of_this_version({"recipe": "default"})["target_transform"] == "none"
