"""Classification: one of several classes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from optuna_dnc.tasks.task import Criterion, LearningTask

if TYPE_CHECKING:
    import torch


class Classification(LearningTask):
    """One class a sample; cross-entropy in nats of the softmax of the outputs."""

    name = "classification"
    title = "classification"
    pipeline = "classification"
    default_metric = "accuracy"
    loss_title = "cross-entropy"
    predicts_labels = True

    @override
    def criterion(self, label_smoothing: float = 0.0) -> Criterion:
        from torch.nn import functional

        if label_smoothing:
            return partial(functional.cross_entropy, label_smoothing=label_smoothing)
        return functional.cross_entropy

    @override
    def answers(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs.softmax(dim=1)

    @override
    def mistakes(self, outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return outputs.argmax(1) != y

    @override
    def constant_loss(self, y: torch.Tensor, weights: torch.Tensor | None) -> float:
        """Return the cross-entropy of the shares of the classes."""
        import torch

        if weights is None:
            shares = torch.bincount(y).double() / len(y)
        else:
            shares = torch.bincount(y, weights.double()) / len(y)
        return float(torch.special.entr(shares).sum())

    @override
    def constant_error(self, y: torch.Tensor) -> float:
        return 1 - y.bincount().max().item() / len(y)

    @override
    def n_scores(self, n_outputs: int) -> int:
        return 1 if n_outputs <= 2 else n_outputs
