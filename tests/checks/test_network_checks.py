"""What a network says of data and of itself, before and in its first steps."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from optuna.trial import BaseTrial
from torch import nn

from optuna_dnc.checks import learning
from optuna_dnc.checks.candidate import Candidate
from optuna_dnc.checks.learning import check_inputs_matter, check_learns_by_heart
from optuna_dnc.checks.report import Finding
from optuna_dnc.checks.untrained import check_first_loss, check_gradients, check_independence
from optuna_dnc.data import PreparedData, load_dataset, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily, NetworkFamily, ResNetFamily
from optuna_dnc.nets.resnet_config import ResNetConfig
from optuna_dnc.training import TrainingConfig


class Own(NetworkFamily):
    """A family that builds whatever module a test wants."""

    name: ClassVar[str] = "own"
    config_type: ClassVar[type[Any]] = MLPConfig
    module: Any

    def suggest_core(self, trial: BaseTrial) -> MLPConfig:
        return MLPConfig()

    def build(self, config: Any, input_shape: tuple[int, ...], n_outputs: int) -> nn.Module:
        return self.module(input_shape[0], n_outputs)


def data(n: int = 500, noise: float = 0.0, task: Any = "classification") -> PreparedData:
    """Six features, of which the first decides but for a share of noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 6))
    y: np.ndarray = x[:, 0] * 5 + 20
    if task == "classification":
        y = np.digitize(x[:, 0], [-0.5, 0.5])
    shuffled = rng.random(n) < noise
    y[shuffled] = rng.permutation(y[shuffled])
    return prepare(load_dataset((x, y), task=task))


def candidate(prepared: PreparedData, module: Any = None) -> Candidate:
    return Candidate.of(MLPFamily() if module is None else Own(module=module), prepared, seed=0)


TASKS = ("classification", "regression")


def test_the_network_is_in_the_middle_of_its_space_or_small_if_convolutional() -> None:
    prepared = data()
    assert candidate(prepared).config == MLPConfig((210,), dropout=0.2)
    smallest = Candidate.of(ResNetFamily(), prepared, seed=0).config
    assert isinstance(smallest, ResNetConfig)
    assert smallest.blocks == (1, 1, 1)


@pytest.mark.parametrize("task", TASKS)
def test_the_first_loss_is_a_little_above_that_of_a_guess(task: str) -> None:
    found = check_first_loss(candidate(data(task=task)))
    expected = math.log(3) if task == "classification" else 1.0
    assert found.status == "ok"
    assert found.details["expected"] == pytest.approx(expected)
    assert expected < found.details["loss"] < 5 * expected


class Scaled(nn.Linear):
    """Outputs that are too large."""

    factor = 30.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * self.factor


class Overflowing(Scaled):
    factor = math.inf


def test_outputs_that_are_too_large_at_the_start_are_told() -> None:
    assert check_first_loss(candidate(data(), Scaled)).status == "warning"
    found = check_first_loss(candidate(data(), Overflowing))
    assert (found.status, found.details["loss"]) == ("failure", None)


class Unused(nn.Linear):
    """Has a parameter that is used for nothing."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(n_in, n_out)
        self.forgotten = nn.Parameter(torch.ones(3))


class Dead(nn.Sequential):
    """Has only units that are never active."""

    def __init__(self, n_in: int, n_out: int) -> None:
        first = nn.Linear(n_in, 4)
        super().__init__(first, nn.ReLU(), nn.Linear(4, n_out))
        nn.init.constant_(first.bias, -1e3)


@pytest.mark.parametrize("task", TASKS)
def test_a_gradient_reaches_every_parameter(task: str) -> None:
    assert check_gradients(candidate(data(task=task))).status == "ok"


@pytest.mark.parametrize(
    ("module", "without"),
    [(Unused, ["forgotten"]), (Dead, ["0.weight", "0.bias", "2.weight"])],
)
def test_parameters_without_a_gradient_are_named(module: Any, without: list[str]) -> None:
    found = check_gradients(candidate(data(), module))
    assert found.status == "failure"
    assert found.details["without"] == without
    assert without[0] in found.advice


class Mixing(nn.Linear):
    """Normalises by the batch also in evaluation."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x - x.mean(dim=0))


def test_samples_that_depend_on_their_batch_are_found() -> None:
    assert check_independence(candidate(data())).status == "ok"
    found = check_independence(candidate(data(), Mixing))
    assert found.status == "failure"
    assert found.details["difference"] > 0.01


def test_batch_norm_is_frozen_in_evaluation() -> None:
    digits = prepare(load_dataset("digits", max_train=100))
    assert (
        check_independence(Candidate.of(ResNetFamily(n_stages=1), digits, seed=0)).status == "ok"
    )


@pytest.mark.parametrize("task", TASKS)
def test_a_few_samples_can_be_learnt_by_heart(task: str) -> None:
    found = check_learns_by_heart(candidate(data(task=task)))
    assert (found.status, found.check) == ("ok", "64 samples memorized")
    assert 0 < found.details["steps"] < 500


class Constant(nn.Module):
    """Never looks at its inputs."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bias.expand(len(x), -1)


def test_what_cannot_be_learnt_by_heart_is_a_failure_and_half_learnt_a_warning() -> None:
    blind = check_learns_by_heart(candidate(data(), Constant))
    assert (blind.status, blind.details["steps"]) == ("failure", 500)
    linear = check_learns_by_heart(candidate(data(noise=0.3), nn.Linear))
    assert linear.status == "warning"
    assert 0 < linear.details["error"] < linear.details["floor"] / 2


def test_equal_samples_with_other_labels_are_left_out() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(50, 6)), 4, axis=0)
    found = check_learns_by_heart(candidate(prepare(load_dataset((x, np.arange(200) % 2)))))
    assert (found.status, found.check) == ("ok", "50 samples memorized")


def inputs(found: Finding) -> tuple[str, bool]:
    informed, blind = (found.details[name] for name in ("loss", "loss_without_inputs"))
    return found.status, informed < blind


def test_samples_that_lie_sorted_by_class_are_as_good_as_mixed_ones() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 4000)
    x = rng.normal(size=(len(y), 6)) + 3 * y[:, None]
    assert check_inputs_matter(candidate(prepare(load_dataset((x, y))))).status == "ok"


def test_a_handful_of_samples_is_checked_in_few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    epochs: list[int] = []
    fit = learning.fit

    def watched(model: nn.Module, data: Any, config: TrainingConfig, **options: Any) -> Any:
        epochs.append(config.epochs)
        return fit(model, data, config, **options)

    monkeypatch.setattr(learning, "fit", watched)
    check_inputs_matter(candidate(data(5, task="regression")))
    assert epochs == [learning.MOST_EPOCHS] * 2


@pytest.mark.parametrize("task", TASKS)
def test_inputs_help_unless_labels_are_shuffled(task: str) -> None:
    assert inputs(check_inputs_matter(candidate(data(noise=0.3, task=task)))) == ("ok", True)
    shuffled = check_inputs_matter(candidate(data(noise=1.0, task=task)))
    assert inputs(shuffled)[0] == "failure"
    assert "every label belongs to its sample" in shuffled.advice
