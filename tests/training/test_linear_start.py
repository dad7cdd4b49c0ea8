"""Closed-form start of linear regressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch import nn

from optuna_dnc.data import Dataset, PreparedData, prepare
from optuna_dnc.nets import MLPFamily
from optuna_dnc.nets.mlp_config import MLPConfig
from optuna_dnc.training import TrainingConfig, new_network, train_network
from optuna_dnc.training.linear_start import start_linear_models

FAMILY = MLPFamily()
LINEAR = MLPConfig((), "relu", 0.0)


def collinear(n_folds: int = 1, *, weighted: bool = False) -> PreparedData:
    """Inputs of which two differ little, and two targets that depend on the difference."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)).astype(np.float32)
    x[:, 1] = x[:, 0] + 0.05 * x[:, 1]
    y = np.stack([20 * (x[:, 1] - x[:, 0]), x[:, 2]], axis=1) + 0.01 * rng.normal(size=(200, 2))
    weights = rng.uniform(0.1, 3, size=200) if weighted else None
    dataset = Dataset("x", x, y.astype(np.float32), x[:0], y[:0].astype(np.float32), "regression")
    if weights is not None:
        dataset = Dataset(
            "x", x, dataset.y_train, x[:0], dataset.y_test, "regression", weights=weights
        )
    return prepare(dataset, n_folds=n_folds)


def last_layer(network: nn.Module) -> nn.Linear:
    *_, last = network.children()
    assert isinstance(last, nn.Linear)
    return last


@pytest.mark.parametrize("weighted", [False, True])
def test_each_network_starts_at_the_ridge_regression_on_its_own_samples(weighted: bool) -> None:
    data = collinear(n_folds=4, weighted=weighted)
    networks = [new_network(FAMILY, LINEAR, data, seed=k) for k in range(4)]
    start_linear_models(networks, data)
    for network, fold in zip(networks, data.folds, strict=True):
        rows = np.setdiff1d(np.arange(len(data.pool)), fold.numpy())
        own = data.pool[torch.from_numpy(rows)]
        weights = None if own.weights is None else own.weights.numpy()
        expected = Ridge().fit(own.x.numpy(), own.y.numpy(), weights)
        last = last_layer(network)
        np.testing.assert_allclose(last.weight.detach(), expected.coef_, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(last.bias.detach(), expected.intercept_, rtol=1e-4, atol=1e-5)


def test_a_short_training_is_as_good_as_the_linear_model() -> None:
    data = collinear()
    training = TrainingConfig(epochs=10, lr=1e-3, batch_size=32)
    result = train_network(FAMILY, LINEAR, data, training, seed=0)
    ridge = Ridge().fit(data.train.x.numpy(), data.train.y.numpy())
    error = np.mean((ridge.predict(data.val.x.numpy()) - data.val.y.numpy()) ** 2)
    assert result.best is not None
    assert result.best.val_loss < 1.05 * error


@pytest.mark.parametrize("config", [MLPConfig((3,), "relu", 0.0), LINEAR])
def test_classifiers_and_networks_with_hidden_layers_stay_random(config: Any) -> None:
    data = collinear()
    if not config.widths:
        labels = (data.train.y[:, 0] > 0).long()
        x = data.train.x.numpy()
        data = prepare(
            Dataset("x", x, labels.numpy(), x[:0], labels.numpy()[:0], "classification")
        )
    network = new_network(FAMILY, config, data, seed=0)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    start_linear_models([network], data)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
