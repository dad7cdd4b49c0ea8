"""Training of an ensemble: of each of its networks by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from optuna_dnc.data import Dataset, PreparedData, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.nets.stacking import NetworkStack, members_of, trainable
from optuna_dnc.training import TrainingConfig, evaluate, fit, new_network, train_network
from optuna_dnc.training.all_samples import train_on_all
from optuna_dnc.training.samples import StackSamples

FAMILY, CONFIG = MLPFamily(), MLPConfig((8,), members=3)
ONE_BATCH = TrainingConfig(epochs=5, batch_size=1000, lr=0.01, averaging=1.0)
"""With a single batch, the order of the samples has no effect."""


@pytest.fixture
def data() -> PreparedData:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 103)
    x = (rng.normal(size=(103, 4)) + y[:, None]).astype(np.float32)
    return prepare(Dataset("blobs", x, y, x[:10], y[:10], "classification"))


def test_each_network_is_trained_as_if_it_were_alone(data: PreparedData) -> None:
    ensemble, alone = (new_network(FAMILY, CONFIG, data, seed=4) for _ in range(2))
    fit(trainable([ensemble]), data, ONE_BATCH, seed=0)
    for trained, member in zip(members_of(ensemble), members_of(alone), strict=True):
        fit(member, data, ONE_BATCH, seed=0)
        for mine, its in zip(trained.parameters(), member.parameters(), strict=True):
            torch.testing.assert_close(mine, its, rtol=1e-4, atol=1e-6)


def test_each_network_has_an_order_of_samples_of_its_own(data: PreparedData) -> None:
    stack = NetworkStack([new_network(FAMILY, CONFIG, data, seed=0)])
    samples = StackSamples(stack, data)
    batches = list(samples.batches(16, torch.Generator().manual_seed(0)))
    orders = torch.cat([x.view(3, -1, 4) for x, _, _ in batches], dim=1)
    assert not torch.equal(orders[0], orders[1])
    for order in orders:
        assert {tuple(x) for x in order.tolist()} == {tuple(x) for x in data.train.x.tolist()}


def test_its_error_is_that_of_the_mean_of_the_outputs(data: PreparedData) -> None:
    result = train_network(FAMILY, CONFIG, data, ONE_BATCH, seed=0)
    network = new_network(FAMILY, CONFIG, data, seed=0)
    network.load_state_dict(result.weights)
    measured = evaluate(network, data.val, data.task, data.device)
    assert result.best is not None
    assert (measured.error, measured.loss) == pytest.approx(
        (result.best.val_error, result.best.val_loss)
    )


def test_the_final_training_gives_the_whole_ensemble(data: PreparedData) -> None:
    network, result = train_on_all(FAMILY, CONFIG, data, ONE_BATCH, seed=0)
    assert len({member[0].weight.sum().item() for member in members_of(network)}) == 3
    assert result.weights.keys() == network.state_dict().keys()


def test_folds_and_members_are_trained_together(data: PreparedData) -> None:
    rows = torch.arange(len(data.pool)).chunk(2)
    folded = replace(data, folds=rows)
    stack = NetworkStack([new_network(FAMILY, CONFIG, folded, seed=seed) for seed in range(2)])
    x, y, _ = next(StackSamples(stack, folded).batches(1000, torch.Generator().manual_seed(0)))
    assert len(x) == len(y) == 2 * 3 * max(len(data.pool) - len(fold) for fold in rows)
    assert StackSamples(stack, folded).validate().error <= 1
