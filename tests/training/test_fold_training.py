"""Training of networks on the folds of a cross-validation, all at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from optuna_dnc.data import Dataset, PreparedData, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.nets.stacking import NetworkStack
from optuna_dnc.training import TrainingConfig, evaluate, new_network, time_epoch, train_network
from optuna_dnc.training.samples import StackSamples
from optuna_dnc.training.trainer import Trainer

FAMILY, CONFIG = MLPFamily(), MLPConfig((8,), dropout=0.2)
TRAINING = TrainingConfig(epochs=4, batch_size=16, lr=0.01, averaging=1.0)


def dataset(n: int = 103, **more: object) -> Dataset:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, n)
    x = (rng.normal(size=(n, 4)) + y[:, None]).astype(np.float32)
    return Dataset("blobs", x, y, x[:10], y[:10], "classification", **more)  # type: ignore[arg-type]


@pytest.fixture
def data() -> PreparedData:
    return prepare(dataset(), n_folds=5)


def stack_on(data: PreparedData, config: MLPConfig = CONFIG) -> NetworkStack:
    networks = [new_network(FAMILY, config, data, seed=seed) for seed in range(len(data.folds))]
    return NetworkStack(networks)


def test_each_network_sees_all_samples_but_those_of_its_fold(data: PreparedData) -> None:
    samples = StackSamples(stack_on(data), data)
    batches = samples.batches(16, torch.Generator().manual_seed(0))
    seen = [x.view(5, -1, 4) for x, _, _ in batches]
    rows = torch.cat(seen, dim=1)
    assert {len(batch[0]) for batch in seen[:-1]} == {16}
    for fold, of_network in zip(data.folds, rows, strict=True):
        held_out = {tuple(x) for x in data.pool.x[fold].tolist()}
        known = [tuple(x) for x in of_network.tolist()]
        assert not held_out & set(known)
        assert len(set(known)) == len(data.pool) - len(fold)


def test_the_error_is_that_of_all_folds_together(data: PreparedData) -> None:
    stack = stack_on(data)
    n_wrong = 0
    for network, fold in zip(stack.networks, data.folds, strict=True):
        x, y = data.pool.x[fold], data.pool.y[fold]
        n_wrong += int((network.eval()(x).argmax(1) != y).sum())
    error = StackSamples(stack, data).validate().error
    assert error == pytest.approx(n_wrong / len(data.pool))


def test_the_weights_are_those_of_the_network_that_validates_on_the_first_fold(
    data: PreparedData,
) -> None:
    result = train_network(FAMILY, CONFIG, replace(data, folds=data.folds[:1]), TRAINING, seed=3)
    network = new_network(FAMILY, CONFIG, data, seed=0)
    network.load_state_dict(result.weights)
    assert result.best is not None
    assert result.best.val_error == evaluate(network, data.val, data.task, data.device).error


def test_a_resumed_training_is_that_at_once(data: PreparedData, tmp_path: Path) -> None:
    at_once = train_network(FAMILY, CONFIG, data, TRAINING, seed=0)
    train_network(FAMILY, CONFIG, data, TRAINING, seed=0, stop_at=2, checkpoint=tmp_path / "c")
    resumed = train_network(FAMILY, CONFIG, data, TRAINING, seed=0, checkpoint=tmp_path / "c")
    assert [e.val_error for e in resumed.epochs] == [e.val_error for e in at_once.epochs]
    for name, tensor in at_once.weights.items():
        torch.testing.assert_close(resumed.weights[name], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_step_is_that_of_each_network_alone(weighted: bool) -> None:
    weights = np.linspace(0.5, 2, 103) if weighted else None
    data = prepare(dataset(weights=weights), n_folds=5)
    config = MLPConfig((8,))
    stack = stack_on(data, config)
    # Momentum of 0: the step is the gradient's.
    training = TRAINING.model_copy(
        update={"optimizer": "sgd", "momentum": 0.0, "batch_size": 200, "averaging": 0.0}
    )
    Trainer(stack, data, training, seed=0).epoch(0)
    pool_weights = replace(data, train=data.pool).training_weights
    for k, fold in enumerate(data.folds):
        alone = new_network(FAMILY, config, data, seed=k)
        rows = torch.ones(len(data.pool), dtype=torch.bool)
        rows[fold] = False
        losses = torch.nn.functional.cross_entropy(
            alone(data.pool.x[rows]), data.pool.y[rows], reduction="none"
        )
        if pool_weights is not None:
            losses = losses * pool_weights[rows]
        losses.mean().backward()
        for expected, found in zip(
            alone.parameters(), stack.networks[k].parameters(), strict=True
        ):
            step = expected - training.lr * expected.grad
            torch.testing.assert_close(found, step, rtol=1e-4, atol=2e-4)


def test_mixup_mixes_no_samples_of_different_networks(data: PreparedData) -> None:
    training = TRAINING.model_copy(update={"mixup": 1.0})
    trainer = Trainer(stack_on(data), data, training, seed=0)
    marks = torch.arange(5.0).repeat_interleave(6)[:, None].expand(30, 4)
    x, _, _ = trainer._each_changed(marks, torch.zeros(30, dtype=torch.int64), None)
    torch.testing.assert_close(x, marks)


def test_an_epoch_is_timed_with_as_many_networks(
    data: PreparedData, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    plain = Trainer.epoch

    def noted(self: Trainer, done: int) -> object:
        sizes.append((len(self.samples.networks), self.samples.n_train))
        return plain(self, done)

    monkeypatch.setattr(Trainer, "epoch", noted)
    assert time_epoch(FAMILY, CONFIG, data, TRAINING, n_batches=2) > 0
    assert set(sizes) == {(5, 32)}
