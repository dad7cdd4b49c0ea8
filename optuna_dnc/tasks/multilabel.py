"""Multi-label classification: several labels that a sample has or has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from optuna_dnc.tasks.task import Criterion, LearningTask

if TYPE_CHECKING:
    import torch


class Multilabel(LearningTask):
    """Several labels that a sample can have, each with its own probability.

    The loss is the binary cross-entropy in nats of the sigmoid of the outputs, the mean over the
    labels. Targets are 1 for a label that a sample has, and 0 for others.
    """

    name = "multilabel"
    title = "multi-label classification"
    pipeline = "classification"
    default_metric = "hamming_accuracy"
    loss_title = "binary cross-entropy"
    predicts_labels = True
    record_names_default = True

    @override
    def criterion(self, label_smoothing: float = 0.0) -> Criterion:
        from torch.nn import functional

        loss = functional.binary_cross_entropy_with_logits
        if not label_smoothing:
            return loss

        def smoothed(
            outputs: torch.Tensor, y: torch.Tensor, reduction: str = "mean"
        ) -> torch.Tensor:
            blurred = (1 - label_smoothing) * y + label_smoothing / 2
            return loss(outputs, blurred, reduction=reduction)

        return smoothed

    @override
    def answers(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs.sigmoid()

    @override
    def mistakes(self, outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (outputs > 0) != (y > 0.5)

    @override
    def constant_loss(self, y: torch.Tensor, weights: torch.Tensor | None) -> float:
        """Return the binary cross-entropy of the shares of the labels, the mean over them."""
        import torch

        counted = torch.ones_like(y) if weights is None else weights.reshape(len(y), -1)
        counted = counted.double().expand(y.shape)
        ones, total = (counted * y).sum(dim=0), counted.sum(dim=0)
        entropies = torch.special.entr(ones / total) + torch.special.entr(1 - ones / total)
        return float((entropies * total / len(y)).mean())

    @override
    def constant_error(self, y: torch.Tensor) -> float:
        shares = y.double().mean(dim=0)
        return shares.minimum(1 - shares).mean().item()
