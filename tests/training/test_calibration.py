"""Temperatures of the probabilities of trained classifiers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from optuna_dnc.data import Dataset, PreparedData, Samples, prepare
from optuna_dnc.nets import CNNFamily, MLPConfig, MLPFamily, NetworkFamily, ResNetFamily
from optuna_dnc.nets.cnn_config import standard_config
from optuna_dnc.nets.resnet_config import ResNetConfig
from optuna_dnc.training import TrainingConfig, new_network, train_network
from optuna_dnc.training.calibration import calibrated, temperature_of
from optuna_dnc.training.evaluation import outputs_of
from optuna_dnc.training.train import trained_network
from optuna_dnc.training.weights import Weights, save_weights
from optuna_dnc.training.weights_header import temperature_in

FAMILY, CONFIG = MLPFamily(), MLPConfig((8,), dropout=0.0)


def data_of(n: int, n_classes: int = 3, n_folds: int = 1) -> PreparedData:
    rng = np.random.default_rng(1)
    y = rng.integers(0, n_classes, n)
    x = (rng.normal(size=(n, 4)) + y[:, None]).astype(np.float32)
    return prepare(Dataset("blobs", x, y, x[:10], y[:10], "classification"), n_folds=n_folds)


def drawn(data: PreparedData, weights: Weights, temperature: float) -> PreparedData:
    """Return the data with validation labels drawn from ``softmax(outputs / temperature)``."""
    network = trained_network(FAMILY, CONFIG, data, weights)
    probabilities = (outputs_of(network, data.val.x, data.device) / temperature).softmax(1)
    generator = torch.Generator().manual_seed(0)
    labels = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
    return replace(data, val=Samples(data.val.x, labels))


def confident(data: PreparedData) -> Weights:
    """Return the weights of a network whose outputs spread widely."""
    weights = new_network(FAMILY, CONFIG, data, seed=0).state_dict()
    return {name: tensor * 2 for name, tensor in weights.items()}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_it_is_that_from_which_the_labels_were_drawn(temperature: float) -> None:
    data = data_of(20_000)
    weights = confident(data)
    found = temperature_of(FAMILY, CONFIG, drawn(data, weights, temperature), [weights])
    assert found == pytest.approx(temperature, rel=0.1)


def test_a_few_samples_change_little() -> None:
    data = data_of(20)
    weights = confident(data)
    outputs = outputs_of(trained_network(FAMILY, CONFIG, data, weights), data.val.x, data.device)
    # Every label is wrong: without a prior, the temperature would be infinite.
    wrong = replace(data, val=Samples(data.val.x, outputs.argmin(1)))
    assert 1 < temperature_of(FAMILY, CONFIG, wrong, [weights]) < 4
    # Every label is right: it would be 0.
    right = replace(data, val=Samples(data.val.x, outputs.argmax(1)))
    assert 0.25 < temperature_of(FAMILY, CONFIG, right, [weights]) < 1


def test_samples_count_as_their_weights() -> None:
    data = data_of(400)
    weights = confident(data)
    data = drawn(data, weights, 2.0)
    half, ones = len(data.val) // 2, torch.ones(len(data.val))
    ones[half:] = 0
    weighted = replace(data, val=replace(data.val, weights=ones))
    first = replace(data, val=data.val[:half])
    assert temperature_of(FAMILY, CONFIG, weighted, [weights]) == pytest.approx(
        temperature_of(FAMILY, CONFIG, first, [weights]), rel=1e-4
    )


def test_that_of_a_cross_validation_uses_the_network_of_each_fold() -> None:
    data = data_of(200, n_folds=4)
    training = TrainingConfig(epochs=30, batch_size=16, lr=0.03, averaging=1.0)
    result = train_network(FAMILY, CONFIG, data, training, seed=0)
    assert len(result.weights_of_folds) == 3
    every = [result.weights, *result.weights_of_folds]
    found = temperature_of(FAMILY, CONFIG, data, every)
    outputs = torch.cat(
        [
            outputs_of(trained_network(FAMILY, CONFIG, data, own), val.x, data.device)
            for own, val in zip(every, data.validated, strict=True)
        ]
    )
    y = torch.cat([val.y for val in data.validated])
    grid = np.geomspace(0.5, 2, 2001)
    losses = [
        nn.functional.cross_entropy(outputs / t, y, reduction="sum").item()
        + (math.log(t) / 0.35) ** 2 / 2
        for t in grid
    ]
    assert found == pytest.approx(grid[np.argmin(losses)], rel=2e-3)
    assert found != pytest.approx(temperature_of(FAMILY, CONFIG, data, every[:1]), rel=1e-3)


def test_several_labels_have_one_temperature() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 4)).astype(np.float32)
    y = (rng.random((3000, 2)) < 0.5).astype(int)
    data = prepare(Dataset("tags", x, y, x[:5], y[:5], "multilabel"))
    weights = new_network(FAMILY, CONFIG, data, seed=0).state_dict()
    outputs = outputs_of(trained_network(FAMILY, CONFIG, data, weights), data.val.x, data.device)
    labels = torch.bernoulli((outputs / 3).sigmoid(), generator=torch.Generator().manual_seed(0))
    spread = {name: tensor * 2 if "2." in name else tensor for name, tensor in weights.items()}
    drawn = replace(data, val=Samples(data.val.x, labels))
    found = [temperature_of(FAMILY, CONFIG, drawn, [own]) for own in (weights, spread)]
    assert found[0] > 1.5
    assert found[1] / found[0] == pytest.approx(2, rel=0.2)


def test_a_regression_has_none() -> None:
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    data = prepare(Dataset("line", x, x[:, 0], x[:5], x[:5, 0], "regression"))
    weights = new_network(FAMILY, CONFIG, data, seed=0).state_dict()
    assert temperature_of(FAMILY, CONFIG, data, [weights]) == 1.0


IMAGES = (CNNFamily(), standard_config((6, 8)))


@pytest.mark.parametrize(
    ("family", "config", "n_classes", "shape"),
    [
        (FAMILY, CONFIG, 3, (4,)),
        (FAMILY, MLPConfig((), dropout=0.0), 3, (4,)),
        (FAMILY, MLPConfig((8,), dropout=0.2, single_logit=True), 2, (4,)),
        (FAMILY, FAMILY.with_members(CONFIG, 3), 3, (4,)),
        (*IMAGES, 3, (1, 8, 8)),
        (ResNetFamily(), ResNetConfig((1, 1)), 3, (1, 8, 8)),
    ],
    ids=["MLP", "linear", "one output", "ensemble", "CNN", "ResNet"],
)
def test_the_outputs_are_divided(
    family: NetworkFamily, config: Any, n_classes: int, shape: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, *shape)).astype(np.float32), np.arange(60) % n_classes
    data = prepare(Dataset("noise", x, y, x[:5], y[:5], "classification"))
    weights = new_network(family, config, data, seed=0).state_dict()
    divided = calibrated(family, config, data, weights, 1.7)
    assert divided.keys() == weights.keys()
    before, after = (
        outputs_of(trained_network(family, config, data, own), data.test.x, data.device)
        for own in (weights, divided)
    )
    torch.testing.assert_close(after * 1.7, before)


class Doubled(nn.Sequential):
    """Network whose last layer is not what its outputs come from alone."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + x[:, :3]


class DoubledFamily(MLPFamily):
    def build(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        return Doubled(*super().build(config, input_shape, n_outputs).children())


def test_a_network_that_does_not_end_with_a_linear_layer_stays_as_it_is() -> None:
    data, family = data_of(60), DoubledFamily()
    weights = new_network(family, CONFIG, data, seed=0).state_dict()
    before = {name: tensor.clone() for name, tensor in weights.items()}
    assert calibrated(family, CONFIG, data, weights, 1.7) is weights
    for name, tensor in before.items():
        torch.testing.assert_close(weights[name], tensor, rtol=0, atol=0)


def test_it_is_read_from_the_file_of_the_weights(tmp_path: Path) -> None:
    path, weights = tmp_path / "w.safetensors", {"a": torch.zeros(2)}
    save_weights(path, weights, temperature=1.25)
    assert temperature_in(path) == 1.25
    path.write_bytes(path.read_bytes().replace(b"1.25", b"1.75"))
    assert temperature_in(path) is None
    save_weights(path, weights)
    assert temperature_in(path) is None
