"""Regression: one or several numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from optuna_dnc._errors import InputError
from optuna_dnc.tasks.task import Criterion, LearningTask

if TYPE_CHECKING:
    import torch


class Regression(LearningTask):
    """One or several numbers a sample; MSE of the standardized targets."""

    name = "regression"
    title = "regression"
    pipeline = "regression"
    default_metric = "r2"
    loss_title = "MSE / variance"
    predicts_labels = False

    @override
    def criterion(self, label_smoothing: float = 0.0) -> Criterion:
        from torch.nn import functional

        if label_smoothing:
            raise InputError(
                f"label_smoothing is {label_smoothing:g}, but the targets are numbers and not "
                "classes; leave it at 0."
            )
        return functional.mse_loss

    @override
    def answers(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs

    @override
    def mistakes(self, outputs: torch.Tensor, y: torch.Tensor) -> None:
        return None

    @override
    def constant_loss(self, y: torch.Tensor, weights: torch.Tensor | None) -> float:
        """Return the MSE of the mean of standardized targets, 1 without weights."""
        if weights is None:
            return 1.0
        shares = (weights.double() / weights.double().sum())[:, None]
        mean = (shares * y).sum(dim=0)
        return float((shares * (y - mean) ** 2).sum(dim=0).mean())

    @override
    def constant_error(self, y: torch.Tensor) -> float:
        return y.var(dim=0, correction=0).mean().item()
