"""A training that is split is the training at once, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.nets import (
    CNNFamily,
    MLPConfig,
    MLPFamily,
    ResNetConfig,
    ResNetFamily,
)
from optuna_dnc.nets.cnn_config import standard_config
from optuna_dnc.training import Checkpoint, CheckpointError, TrainingConfig, fit, train_network
from tests.processes import exit_code, fork, needs_fork

MLP = (MLPFamily(), MLPConfig((20,), dropout=0.3))
CNN = (CNNFamily(), standard_config((6, 8)))
SHAKEN = ResNetConfig((1, 1), channels=4, regulariser="shake-drop", dropout=0.2)
BLENDED = ResNetConfig((1, 1), channels=4, regulariser="shake-shake")
EVERYTHING = {
    "optimizer": "sgd",
    "schedule": "cosine-restarts",
    "restart_period": 2,
    "augment": True,
    "cutout": 3,
    "mixup": 0.5,
    "label_smoothing": 0.1,
}

CASES: dict[str, Any] = {
    "adam": (*MLP, {}),
    "adam, augmented": (*CNN, {"augment": True, "weight_decay": 1e-4}),
    "sgd": (*MLP, {"optimizer": "sgd", "lr": 0.05}),
    "sgd, no momentum": (*MLP, {"optimizer": "sgd", "momentum": 0.0}),
    "cosine": (*CNN, {"schedule": "cosine", "cutout": 3}),
    "mixup": (*MLP, {"mixup": 0.4}),
    "bf16": (*CNN, {"bf16": True}),
    "everything": (ResNetFamily(), SHAKEN, EVERYTHING),
    "shake-shake": (ResNetFamily(), BLENDED, EVERYTHING),
}


def settings(**changes):
    return TrainingConfig(**{"epochs": 5, "batch_size": 100, "lr": 0.01} | changes)


def metrics(result):
    return [epoch[:4] for epoch in result.epochs]


def assert_same(split, whole):
    assert metrics(split) == metrics(whole)
    assert split.best[:4] == whole.best[:4]
    assert split.best is split.epochs[split.best.number - 1]
    assert split.weights.keys() == whole.weights.keys()
    for name, weight in whole.weights.items():
        assert torch.equal(split.weights[name], weight), name


@pytest.mark.parametrize("name", CASES)
def test_a_split_training_is_the_whole_one_to_the_last_bit(
    digits: PreparedData, tmp_path: Path, name: str
) -> None:
    family, config, changes = CASES[name]
    training = settings(**changes)
    whole = train_network(family, config, digits, training, seed=3)
    for stop_at in (2, 3, 5):
        torch.manual_seed(stop_at)  # whatever happens in between
        split = train_network(
            family, config, digits, training, seed=3, stop_at=stop_at, checkpoint=tmp_path
        )
        assert len(split.epochs) == stop_at
    assert_same(split, whole)


def test_the_weights_of_the_last_epoch_are_the_same_too(
    digits: PreparedData, tmp_path: Path
) -> None:
    def train(stops):
        for stop_at in stops:
            torch.manual_seed(0)
            model = nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.Dropout(0.5), nn.ReLU())
            place = Checkpoint(tmp_path / str(len(stops)))
            fit(model, digits, settings(), seed=1, stop_at=stop_at, checkpoint=place)
        return model.state_dict()

    whole, split = train([5]), train([1, 4, 5])
    assert all(torch.equal(whole[name], split[name]) for name in whole)


def test_regressions_split_too(regression: PreparedData, tmp_path: Path) -> None:
    training = settings(mixup=1.0)
    whole = train_network(*MLP, regression, training, seed=0)
    for stop_at in (1, 5):
        split = train_network(
            *MLP, regression, training, seed=0, stop_at=stop_at, checkpoint=tmp_path
        )
    assert_same(split, whole)


@needs_fork
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_another_process_can_begin(digits: PreparedData, tmp_path: Path) -> None:
    training = settings(optimizer="sgd", schedule="cosine")

    def begin() -> None:
        train_network(*MLP, digits, training, seed=3, stop_at=2, checkpoint=tmp_path)

    assert exit_code(fork(begin)) == 0
    assert Checkpoint(tmp_path).exists()
    split = train_network(*MLP, digits, training, seed=3, checkpoint=tmp_path)
    assert_same(split, train_network(*MLP, digits, training, seed=3))


def train(data, folder, *, seed=3, network=MLP, stop_at=None, every=None, hook=None, **changes):
    family, config = network
    return train_network(
        family,
        config,
        data,
        settings(**changes),
        seed=seed,
        stop_at=stop_at,
        checkpoint=folder,
        checkpoint_every=every,
        on_epoch=hook,
    )


def test_no_epoch_is_trained_or_reported_twice(digits: PreparedData, tmp_path: Path) -> None:
    seen = []

    def hook(so_far):
        seen.append((so_far.epochs[-1].number, len(so_far.epochs)))

    for stop_at in (2, 2, 5, 5):
        result = train(digits, tmp_path, stop_at=stop_at, hook=hook)
    assert seen == [(n, n) for n in range(1, 6)]
    assert len(result.epochs) == 5
    assert result.measurement({"n_params": 1, "t_epoch": 0.5}).epochs_run == 5


def test_the_best_epoch_may_lie_before_the_checkpoint(
    regression: PreparedData, tmp_path: Path
) -> None:
    class Worsens(nn.Module):
        """Errs more in every evaluation."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))
            self.validated: Any
            self.register_buffer("validated", torch.zeros((), dtype=torch.int64))

        def forward(self, x):
            if not self.training:
                self.validated += 1
            return (self.weight * 0 + self.validated).expand(len(x), 1)

    place = Checkpoint(tmp_path)
    for stop_at in (2, 3):
        model = Worsens()
        result = fit(model, regression, settings(), seed=0, stop_at=stop_at, checkpoint=place)
    assert result.best.number == 1
    assert result.weights["validated"] == 1
    assert model.validated == 3


def test_a_killed_training_goes_on_from_its_last_checkpoint(
    digits: PreparedData, tmp_path: Path
) -> None:
    def die(so_far):
        if len(so_far.epochs) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(digits, tmp_path, every=2, hook=die)
    seen = []
    split = train(
        digits, tmp_path, every=2, hook=lambda so_far: seen.append(so_far.epochs[-1].number)
    )
    assert seen == [3, 4, 5]
    assert_same(split, train(digits, None))


def test_a_pruned_training_leaves_no_checkpoint(digits: PreparedData, tmp_path: Path) -> None:
    def prune(_):
        raise optuna.TrialPruned

    with pytest.raises(optuna.TrialPruned):
        train(digits, tmp_path / "a", hook=prune)
    assert not Checkpoint(tmp_path / "a").exists()


def test_patience_and_divergence_end_a_continued_training_as_well(
    digits: PreparedData, tmp_path: Path
) -> None:
    patient = train(digits, tmp_path / "a", patience=1, lr=1e-12, stop_at=2)
    assert len(train(digits, tmp_path / "a", patience=1, lr=1e-12).epochs) == len(patient.epochs)
    broken = train(digits, tmp_path / "b", lr=1e30)
    again = train(digits, tmp_path / "b", lr=1e30)
    assert len(again.epochs) == len(broken.epochs) < 5
    assert again.measurement({"n_params": 1, "t_epoch": 0.5}).status == "diverged"


def test_the_global_random_state_is_untouched(digits: PreparedData, tmp_path: Path) -> None:
    state = torch.get_rng_state()
    for stop_at in (1, 2):
        train(digits, tmp_path, stop_at=stop_at)
    assert torch.equal(torch.get_rng_state(), state)


def other_targets(data):
    return replace(data, train=Samples(data.train.x, data.train.y.flip(0)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lr": 0.02}, "its training.lr is 0.01, not 0.02"),
        ({"epochs": 6}, "its training.epochs is 5, not 6"),
        ({"optimizer": "sgd"}, "its training.optimizer is None, not 'sgd'"),
        ({"seed": 4}, "its seed is 3, not 4"),
        ({"network": (MLP[0], MLPConfig((20,), dropout=0.2))}, "its owner.config.dropout is 0.3"),
        ({"network": (MLP[0], MLPConfig((21,), dropout=0.3))}, "its owner.config.widths"),
        ({"network": CNN}, "its owner.config"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    digits: PreparedData, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    train(digits, tmp_path, stop_at=1)
    with pytest.raises(CheckpointError, match=reason) as caught:
        train(digits, tmp_path, **changes)
    assert "belongs to other training settings" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_other_data_is_refused(
    digits: PreparedData, flat: PreparedData, tmp_path: Path
) -> None:
    train(digits, tmp_path, stop_at=1)
    with pytest.raises(CheckpointError, match=r"its data\.targets is"):
        train(other_targets(digits), tmp_path)
    with pytest.raises(CheckpointError, match=r"its data\.\w+ is"):
        train(flat, tmp_path)


def test_a_checkpoint_of_another_module_is_refused(flat: PreparedData, tmp_path: Path) -> None:
    place = Checkpoint(tmp_path)
    fit(nn.Linear(8, 3), flat, settings(), seed=0, stop_at=1, checkpoint=place)
    for other in (
        nn.Sequential(nn.Linear(8, 3)),
        nn.Linear(8, 3, bias=False),
        nn.Linear(8, 3, dtype=torch.float64),
        nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 3)),
    ):
        with pytest.raises(
            CheckpointError, match=r"belongs to another network: '(model|opti)\S+' differs"
        ):
            fit(other, flat, settings(), seed=0, checkpoint=place)


def test_a_damaged_checkpoint_is_refused_and_can_be_deleted(
    digits: PreparedData, tmp_path: Path
) -> None:
    train(digits, tmp_path, stop_at=1)
    place = Checkpoint(tmp_path)
    place.path.write_bytes(place.path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match="is damaged"):
        train(digits, tmp_path)
    place.delete()
    assert len(train(digits, tmp_path).epochs) == 5


def test_a_checkpoint_past_the_stop_is_refused(digits: PreparedData, tmp_path: Path) -> None:
    train(digits, tmp_path, stop_at=3)
    with pytest.raises(CheckpointError, match="has 3 epochs already, more than stop_at, 2"):
        train(digits, tmp_path, stop_at=2)


@pytest.mark.parametrize("stop_at", [0, -1, 6])
def test_a_stop_outside_the_training_is_refused(digits: PreparedData, stop_at: int) -> None:
    with pytest.raises(InputError, match=f"stop_at must be from 1 to the 5 epochs.*{stop_at}"):
        train(digits, None, stop_at=stop_at)


def test_a_stop_needs_no_checkpoint(digits: PreparedData) -> None:
    whole, part = train(digits, None), train(digits, None, stop_at=2)
    assert metrics(part) == metrics(whole)[:2]
