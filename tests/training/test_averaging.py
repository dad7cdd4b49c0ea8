"""Averages of the weights over the steps of a training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import CNNFamily
from optuna_dnc.nets.cnn_config import standard_config
from optuna_dnc.training import TrainingConfig, evaluate, fit, train_network
from optuna_dnc.training.optimizers import FusedAdam, WeightAverage
from tests.training.test_resuming import assert_same, settings

NORMALIZED = (CNNFamily(), standard_config((6, 8)))


@pytest.mark.parametrize("window", [4, 2.5, 0.3])
def test_it_is_a_mean_that_becomes_exponential_after_its_window(window: float) -> None:
    model = nn.Linear(3, 2)
    average = WeightAverage(model, window)
    expected = {name: torch.zeros_like(w) for name, w in model.state_dict().items()}
    for step in range(1, 10):
        with torch.no_grad():
            for weight in model.parameters():
                weight.copy_(torch.randn_like(weight))
        average.update()
        for name, weight in model.state_dict().items():
            expected[name] += (weight - expected[name]) / max(1, min(step, window))
        with average.in_use():
            for name, weight in model.state_dict().items():
                torch.testing.assert_close(weight, expected[name])


def test_over_its_first_window_it_is_the_plain_mean() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = WeightAverage(model, 4)
    for value in (1.0, 2.0, 6.0, 11.0):
        nn.init.constant_(model.weight, value)
        average.update()
    with average.in_use():
        assert model.weight.item() == 5.0
    assert model.weight.item() == 11.0  # the training goes on from its own weights


def test_statistics_of_batch_norm_are_averaged_and_batches_counted() -> None:
    model = nn.BatchNorm1d(2)
    average = WeightAverage(model, 10)
    means = []
    for _ in range(3):
        model(torch.randn(8, 2) + 5)
        average.update()
        means.append(model.running_mean.clone())
    with average.in_use():
        torch.testing.assert_close(model.running_mean, torch.stack(means).mean(0))
        assert model.num_batches_tracked == 3


def test_a_network_goes_back_to_its_own_weights_after_an_error() -> None:
    model = nn.Linear(2, 2)
    average = WeightAverage(model, 2)
    nn.init.zeros_(model.weight)
    with pytest.raises(RuntimeError), average.in_use():
        raise RuntimeError
    assert (model.weight == 0).all()


def test_a_training_returns_the_average_of_its_steps(
    flat: PreparedData, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, after_steps = nn.Linear(8, 3), []
    step = FusedAdam.step

    def noted(adam: FusedAdam) -> None:
        step(adam)
        after_steps.append(model.weight.detach().clone())

    monkeypatch.setattr(FusedAdam, "step", noted)
    # Four batches in an epoch, and a window of two epochs: all eight steps count alike.
    result = fit(
        model,
        flat,
        TrainingConfig(epochs=2, batch_size=60, lr=0.01, averaging=2.0, keep="last"),
        seed=0,
    )
    assert len(after_steps) == 8
    torch.testing.assert_close(result.weights["weight"], torch.stack(after_steps).mean(0))
    assert torch.equal(model.weight, after_steps[-1])


def test_the_average_is_validated_and_the_steps_are_those_without_it(
    digits: PreparedData,
) -> None:
    family, config = NORMALIZED
    averaged, plain = (
        train_network(family, config, digits, settings(averaging=averaging), seed=3)
        for averaging in (1.0, 0.0)
    )
    assert [e.train_loss for e in averaged.epochs] == [e.train_loss for e in plain.epochs]
    assert [e.val_loss for e in averaged.epochs] != [e.val_loss for e in plain.epochs]
    network = family.build(config, digits.input_shape, digits.n_outputs)
    network.load_state_dict(averaged.weights)
    assert averaged.best is not None
    measured = evaluate(network, digits.val, digits.task, digits.device)
    assert measured[:2] == (averaged.best.val_error, averaged.best.val_loss)


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_split_training_has_the_same_average(
    digits: PreparedData, tmp_path: Path, keep: str
) -> None:
    family, config = NORMALIZED
    training = settings(averaging=1.0, optimizer="adamw", schedule="constant", keep=keep)
    whole = train_network(family, config, digits, training, seed=3)
    for stop_at in (1, 3, 5):
        split = train_network(
            family, config, digits, training, seed=3, stop_at=stop_at, checkpoint=tmp_path
        )
    assert_same(split, whole)
