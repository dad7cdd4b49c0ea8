"""Whether two optimizers take the same steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from optuna_dnc.training.optimizers import FusedAdam, FusedSGD


def assert_same_steps(
    ours: Callable[[Any], FusedAdam | FusedSGD], torchs: Callable[[Any], torch.optim.Optimizer]
) -> None:
    """Take 20 steps with each, from the same weights, at learning rates that fall."""
    mine, theirs = (nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)) for _ in range(2))
    theirs.load_state_dict(mine.state_dict())
    optimizers = ours(mine.parameters()), torchs(theirs.parameters())
    for step in range(20):
        optimizers[0].lr = optimizers[1].param_groups[0]["lr"] = 0.01 / (1 + step)
        x = torch.randn(8, 5)
        for network, optimizer in zip((mine, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
