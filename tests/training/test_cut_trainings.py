"""Trainings whose time is up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.training import Checkpoint, FitResult, evaluate, train_network
from tests.training.test_resuming import assert_same, settings

FAMILY, CONFIG = MLPFamily(), MLPConfig((20,))
BATCHES = 5
"""Of 100 of the 480 samples."""


def late_after(n_batches: int) -> Callable[[], bool]:
    """Time is up after so many batches; an epoch that ends then asks once more."""
    asked = 0

    def is_late() -> bool:
        nonlocal asked
        asked += 1
        return asked >= n_batches

    return is_late


def train(
    data: PreparedData, *, checkpoint: Path | None = None, every: int | None = None, late: int
) -> FitResult:
    return train_network(
        FAMILY,
        CONFIG,
        data,
        settings(averaging=1.0),
        seed=3,
        is_late=late_after(late),
        checkpoint=checkpoint,
        checkpoint_every=every,
    )


def test_it_ends_after_one_batch_with_a_validated_network(digits: PreparedData) -> None:
    result = train(digits, late=1)
    (epoch,) = result.epochs
    assert result.is_cut
    assert epoch.share == pytest.approx(100 / 480)
    assert result.best is epoch
    network = FAMILY.build(CONFIG, digits.input_shape, digits.n_outputs)
    network.load_state_dict(result.weights)
    measured = evaluate(network, digits.val, digits.task, digits.device)
    assert measured[:2] == (epoch.val_error, epoch.val_loss)


def test_its_seconds_are_those_of_a_whole_epoch(digits: PreparedData) -> None:
    result = train(digits, late=1)
    (epoch,) = result.epochs
    assert result.t_epoch == pytest.approx(epoch.train_seconds / epoch.share)


@pytest.mark.parametrize("every", [1, 2, None])
def test_a_part_of_an_epoch_leaves_no_checkpoint(
    digits: PreparedData, tmp_path: Path, every: int | None
) -> None:
    train(digits, checkpoint=tmp_path / "first", every=every, late=1)
    assert not Checkpoint(tmp_path / "first").exists()


def test_what_was_trained_before_a_part_of_an_epoch_is_resumed(
    digits: PreparedData, tmp_path: Path
) -> None:
    # An epoch asks after each batch and at its end.
    cut = train(digits, checkpoint=tmp_path, every=1, late=BATCHES + 1 + 2)
    assert [epoch.share < 1 for epoch in cut.epochs] == [False, True]
    never = 1_000
    assert_same(train(digits, checkpoint=tmp_path, late=never), train(digits, late=never))


def test_a_whole_epoch_is_kept_when_time_is_up_at_its_end(
    digits: PreparedData, tmp_path: Path
) -> None:
    cut = train(digits, checkpoint=tmp_path, late=BATCHES + 1)
    assert cut.is_cut
    assert [epoch.share for epoch in cut.epochs] == [1]
    never = 1_000
    assert_same(train(digits, checkpoint=tmp_path, late=never), train(digits, late=never))


def test_a_part_of_the_last_epoch_is_no_whole_training(digits: PreparedData) -> None:
    asked_before = 4 * (BATCHES + 1)
    result = train(digits, late=asked_before + 2)
    assert len(result.epochs) == settings().epochs
    assert result.epochs[-1].share < 1
    assert result.is_cut


def test_a_training_that_has_just_ended_is_not_cut(digits: PreparedData) -> None:
    asked_before = 4 * (BATCHES + 1)
    result = train(digits, late=asked_before + BATCHES)
    assert result.epochs[-1].share == 1
    assert not result.is_cut
