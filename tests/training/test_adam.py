"""Our Adam takes the very steps of torch's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from optuna_dnc.training.adam import FusedAdam


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_the_steps_are_those_of_torch(weight_decay):
    torch.manual_seed(0)
    mine, theirs = (nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)) for _ in range(2))
    theirs.load_state_dict(mine.state_dict())
    adam = FusedAdam(mine.parameters(), lr=0.01, weight_decay=weight_decay)
    torchs = torch.optim.Adam(theirs.parameters(), lr=0.01, weight_decay=weight_decay, fused=True)
    for step in range(20):
        adam.lr = torchs.param_groups[0]["lr"] = 0.01 / (1 + step)
        x = torch.randn(8, 5)
        for network, optimizer in ((mine, adam), (theirs, torchs)):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_frozen_and_unused_parameters_are_left_alone():
    used, unused, frozen = (nn.Parameter(torch.ones(3)) for _ in range(3))
    frozen.requires_grad_(False)
    adam = FusedAdam([used, unused, frozen], lr=0.1, weight_decay=0.0)
    used.sum().backward()
    adam.step()
    assert (used < 1).all()
    assert (unused == 1).all()
    assert (frozen == 1).all()
