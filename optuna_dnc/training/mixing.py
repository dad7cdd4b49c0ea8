"""Training losses, also on blends of two samples (mixup)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from scipy.special import betaincinv
from torch.nn import functional

from optuna_dnc.tasks import Criterion


class Mixup:
    """Blends ``w * sample + (1 - w) * another`` of inputs and targets (arXiv 1710.09412).

    One ``w`` from Beta(alpha, alpha) a batch, as in the authors' code, by inversion of a single
    uniform number. The other sample is the previous one in the batch, the last for the first: the
    batch is in random order already.

    Args:
        alpha: Above 0. Near 0: hardly any blending; 1: uniform weights.
        n_classes: Number of classes of int64 labels, which become shares of the classes; None for
            float targets.
        generator: On the CPU, wherever the batches are: reading ``w`` from another device would
            wait for it in every batch.
    """

    def __init__(self, alpha: float, *, n_classes: int | None, generator: torch.Generator) -> None:
        self.alpha = alpha
        self.n_classes = n_classes
        self.generator = generator

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a blended batch.

        Args:
            x: (n, ...) float32.
            y: (n,) int64 labels, or (n, k) float32 targets.

        Returns:
            Blended inputs as ``x``, and (n, n_classes) or (n, k) float32 targets.
        """
        x, y, _ = self.with_weights(x, y, None)
        return x, y

    def with_weights(
        self, x: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Return a blended batch with the blended weights of its samples, ``(n,)``, if any."""
        drawn = torch.rand((), generator=self.generator, dtype=torch.float64).item()
        share = float(betaincinv(self.alpha, self.alpha, drawn))
        if self.n_classes is not None:
            y = functional.one_hot(y, self.n_classes).to(x.dtype)
        if weights is not None:
            weights = _with_the_one_before(weights, share)
        return _with_the_one_before(x, share), _with_the_one_before(y, share), weights


def _with_the_one_before(values: torch.Tensor, weight: float) -> torch.Tensor:
    # Faster than torch.roll, which loses the channels-last format.
    mixed = values * weight
    mixed[1:].add_(values[:-1], alpha=1 - weight)
    mixed[0].add_(values[-1], alpha=1 - weight)
    return mixed


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
