"""How far the last step of an epoch moves the weights."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.training import Checkpoint, TrainingConfig, fit, train_network
from optuna_dnc.training.trainer import update_ratio, weight_matrices


def moved_by(weights, *factors):
    """A step that multiplies each weight."""

    @torch.no_grad()
    def step() -> None:
        for weight, factor in zip(weights, factors, strict=True):
            weight.mul_(factor)

    return step


def test_the_norm_of_the_change_over_the_norm_before_median_of_the_layers() -> None:
    weights = [torch.randn(4, 3), torch.randn(5, 4), torch.randn(2, 5)]
    assert update_ratio(weights, moved_by(weights, 1.5, 1.001, 0.99)) == pytest.approx(0.01, 1e-3)


def test_biases_and_frozen_weights_do_not_count() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
    model[3].weight.requires_grad_(False)
    assert weight_matrices(model) == [model[0].weight]


@pytest.mark.parametrize("factor", [math.inf, math.nan])
def test_weights_that_are_not_finite_have_no_ratio(factor: float) -> None:
    weights = [torch.randn(4, 3), torch.randn(4, 3), torch.randn(4, 3)]
    assert math.isnan(update_ratio(weights, moved_by(weights, 1.1, factor, 1.1)))


def test_without_matrices_the_step_is_taken_all_the_same() -> None:
    bias = torch.ones(3)
    assert math.isnan(update_ratio([], moved_by([bias], 2)))
    assert torch.equal(bias, torch.full((3,), 2.0))


def test_each_epoch_records_the_ratio_of_its_last_step(flat: PreparedData) -> None:
    """SGD without momentum: the change is the learning rate times the gradient."""
    model = nn.Linear(8, 3)
    start = model.weight.detach().clone()
    training = TrainingConfig(epochs=1, batch_size=240, lr=0.1, optimizer="sgd", momentum=0.0)
    result = fit(model, flat, training, seed=0)
    change = (model.weight.detach() - start).norm() / start.norm()
    assert result.by_epoch()["update_ratio"] == [pytest.approx(change.item(), rel=1e-5)]


def test_it_grows_with_the_learning_rate(digits: PreparedData) -> None:
    def ratio(lr):
        training = TrainingConfig(epochs=1, batch_size=100, lr=lr)
        config = MLPConfig((20,))
        return train_network(MLPFamily(), config, digits, training, seed=0).epochs[0].update_ratio

    assert ratio(1e-2) > 5 * ratio(1e-3) > 0


def test_checkpoints_that_lack_it_are_continued(digits: PreparedData, tmp_path: Path) -> None:
    """As written by versions that did not measure it: epochs of six numbers."""

    def train(stop_at):
        training = TrainingConfig(epochs=4, batch_size=100)
        return train_network(
            MLPFamily(), MLPConfig((20,)), digits, training, seed=0, stop_at=stop_at,
            checkpoint=tmp_path,
        )  # fmt: skip

    train(2)
    place = Checkpoint(tmp_path)
    tensors, facts = place.read()
    place.write(tensors | {"epochs": tensors["epochs"][:, :6]}, facts)
    ratios = train(4).by_epoch()["update_ratio"]
    assert ratios[:2] == [None, None]
    assert all(ratio > 0 for ratio in ratios[2:])
