"""Training losses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch.nn import functional

from optuna_dnc._errors import InputError

Loss: TypeAlias = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Function from outputs and targets to the mean loss of a batch."""

WeightedLoss: TypeAlias = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""The same with weights of the samples, ``(n,)``."""


def training_loss(task: str, label_smoothing: float) -> Loss:
    """Return cross-entropy or MSE, the mean over the samples of a batch."""
    if task == "classification":
        if label_smoothing:
            return partial(functional.cross_entropy, label_smoothing=label_smoothing)
        return functional.cross_entropy
    if label_smoothing:
        raise InputError(
            f"label_smoothing is {label_smoothing:g}, but the targets are numbers and not "
            "classes; leave it at 0."
        )
    return functional.mse_loss


def weighted_training_loss(task: str, label_smoothing: float) -> WeightedLoss:
    """Return the same with weights, whose mean over all training samples is 1.

    The sum over a batch is divided by its number of samples and not by the sum of their weights:
    the mean over batches is then that over all samples, and a batch of zeros does no harm.
    """
    loss_of = training_loss(task, label_smoothing)

    def loss(outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        losses = loss_of(outputs, targets, reduction="none")  # type: ignore[call-arg]
        if task == "regression":
            losses = losses.mean(dim=1)
        return (losses * weights).mean()

    return loss
