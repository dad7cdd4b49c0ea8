"""Our Adam and AdamW take the very steps of torch's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from optuna_dnc.training import TrainingConfig
from optuna_dnc.training.optimizers import FusedAdam, new_optimizer
from tests.training.steps import assert_same_steps


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_the_steps_are_those_of_torch(weight_decay: float) -> None:
    settings: dict[str, Any] = {"lr": 0.01, "weight_decay": weight_decay}
    assert_same_steps(
        lambda parameters: FusedAdam(parameters, **settings),
        lambda parameters: torch.optim.Adam(parameters, **settings, fused=True),
    )


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_the_steps_of_adamw_are_those_of_torch(weight_decay: float) -> None:
    settings: dict[str, Any] = {"lr": 0.01, "weight_decay": weight_decay}
    assert_same_steps(
        lambda parameters: FusedAdam(parameters, **settings, decoupled=True),
        lambda parameters: torch.optim.AdamW(parameters, **settings, fused=True),
    )


@pytest.mark.parametrize(
    ("optimizer", "torchs"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)]
)
def test_a_config_names_the_one_that_it_trains_with(
    optimizer: str, torchs: type[torch.optim.Optimizer]
) -> None:
    config = TrainingConfig.model_validate(
        {"optimizer": optimizer, "lr": 0.01, "weight_decay": 0.1}
    )
    assert_same_steps(
        lambda parameters: new_optimizer(config, parameters),
        lambda parameters: torchs(parameters, lr=0.01, weight_decay=0.1, fused=True),  # type: ignore[call-arg]
    )


def test_frozen_and_unused_parameters_are_left_alone() -> None:
    used, unused, frozen = (nn.Parameter(torch.ones(3)) for _ in range(3))
    frozen.requires_grad_(False)
    adam = FusedAdam([used, unused, frozen], lr=0.1, weight_decay=0.0)
    used.sum().backward()
    adam.step()
    assert (used < 1).all()
    assert (unused == 1).all()
    assert (frozen == 1).all()
