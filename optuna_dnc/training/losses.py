"""Training losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch

from optuna_dnc.tasks import Criterion

WeightedLoss: TypeAlias = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Function from outputs, targets and weights, ``(n,)`` or one for each target, to a loss."""


def weighted(criterion: Criterion) -> WeightedLoss:
    """Return the loss with weights, whose mean over all training samples is 1.

    The sum over a batch is divided by its number of samples and not by the sum of their weights:
    the mean over batches is then that over all samples, and a batch of zeros does no harm.
    """

    def loss(outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        losses = criterion(outputs, targets, reduction="none")
        if losses.dim() > weights.dim():
            losses = losses.mean(dim=1)
        return (losses * weights).mean()

    return loss
