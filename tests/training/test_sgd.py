"""Our SGD takes the very steps of torch's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from optuna_dnc.training import TrainingConfig
from optuna_dnc.training.adam import FusedAdam
from optuna_dnc.training.optimizers import new_optimizer
from optuna_dnc.training.sgd import FusedSGD


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_steps_are_those_of_torch(momentum, weight_decay):
    mine, theirs = (nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)) for _ in range(2))
    theirs.load_state_dict(mine.state_dict())
    sgd = FusedSGD(mine.parameters(), lr=0.01, momentum=momentum, weight_decay=weight_decay)
    torchs = torch.optim.SGD(
        theirs.parameters(),
        lr=0.01,
        momentum=momentum,
        weight_decay=weight_decay,
        nesterov=momentum > 0,
        fused=True,
    )
    for step in range(20):
        sgd.lr = torchs.param_groups[0]["lr"] = 0.01 / (1 + step)
        x = torch.randn(8, 5)
        for network, optimizer in ((mine, sgd), (theirs, torchs)):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_frozen_and_unused_parameters_are_left_alone():
    used, unused, frozen = (nn.Parameter(torch.ones(3)) for _ in range(3))
    frozen.requires_grad_(False)
    sgd = FusedSGD([used, unused, frozen], lr=0.1, momentum=0.9, weight_decay=0.0)
    used.sum().backward()
    sgd.step()
    assert (used < 1).all()
    assert (unused == 1).all()
    assert (frozen == 1).all()


def test_the_config_names_the_optimizer_and_its_settings():
    weights = [torch.ones(3, requires_grad=True)]
    assert isinstance(new_optimizer(TrainingConfig(), weights), FusedAdam)
    config = TrainingConfig(optimizer="sgd", lr=0.2, momentum=0.7, weight_decay=0.01)
    sgd = new_optimizer(config, weights)
    assert isinstance(sgd, FusedSGD)
    assert (sgd.lr, sgd.momentum, sgd.weight_decay) == (0.2, 0.7, 0.01)
