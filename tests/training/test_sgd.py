"""Our SGD takes the very steps of torch's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from optuna_dnc.training import TrainingConfig
from optuna_dnc.training.optimizers import FusedAdam, FusedSGD, new_optimizer
from tests.training.steps import assert_same_steps


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_steps_are_those_of_torch(momentum: float, weight_decay: float) -> None:
    settings: dict[str, Any] = {"lr": 0.01, "momentum": momentum, "weight_decay": weight_decay}
    assert_same_steps(
        lambda parameters: FusedSGD(parameters, **settings),
        lambda parameters: torch.optim.SGD(
            parameters, **settings, nesterov=momentum > 0, fused=True
        ),
    )


def test_frozen_and_unused_parameters_are_left_alone() -> None:
    used, unused, frozen = (nn.Parameter(torch.ones(3)) for _ in range(3))
    frozen.requires_grad_(False)
    sgd = FusedSGD([used, unused, frozen], lr=0.1, momentum=0.9, weight_decay=0.0)
    used.sum().backward()
    sgd.step()
    assert (used < 1).all()
    assert (unused == 1).all()
    assert (frozen == 1).all()


def test_the_config_names_the_optimizer_and_its_settings() -> None:
    weights = [torch.ones(3, requires_grad=True)]
    assert isinstance(new_optimizer(TrainingConfig(), weights), FusedAdam)
    config = TrainingConfig(optimizer="sgd", lr=0.2, momentum=0.7, weight_decay=0.01)
    sgd = new_optimizer(config, weights)
    assert isinstance(sgd, FusedSGD)
    assert (sgd.lr, sgd.momentum, sgd.weight_decay) == (0.2, 0.7, 0.01)
