"""Tasks by name: classification, multi-label classification and regression."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from typing_extensions import override

from optuna_dnc._errors import InputError, unknown_name

if TYPE_CHECKING:
    import torch


Task: TypeAlias = Literal["classification", "multilabel", "regression"]

Criterion: TypeAlias = "Callable[..., torch.Tensor]"
"""Loss of outputs and targets; ``reduction`` is ``mean``, ``sum`` or ``none``, as in torch."""


class LearningTask(ABC):
    """What a network learns, by which loss, and what its outputs mean.

    Targets ``y`` are those that networks are trained on: class indices ``(n,)`` int64, or
    ``(n, n_outputs)`` float32. Outputs are ``(n, n_outputs)``.
    """

    name: ClassVar[Task]
    """Value of the setting ``task``."""
    title: ClassVar[str]
    """Name in sentences."""
    pipeline: ClassVar[str]
    """Task in the words of model hubs, after the kind of data."""
    default_metric: ClassVar[str]
    """Metric of a search unless another one is given."""
    loss_title: ClassVar[str]
    """Name of the loss in figures and sentences."""
    predicts_labels: ClassVar[bool]
    """Whether answers are labels with probabilities, whose accuracy is measured."""
    record_names_default: ClassVar[bool] = False
    """Whether records name the default metric, too. Those of the first two tasks do not: with an
    accuracy it is that, and without one R2."""

    @abstractmethod
    def criterion(self, label_smoothing: float = 0.0) -> Criterion:
        """Return the loss that is trained with.

        Args:
            label_smoothing: Share of each label that is spread evenly, from 0 to below 1.

        Raises:
            InputError: There are no labels to smooth.
        """

    @abstractmethod
    def answers(self, outputs: torch.Tensor) -> torch.Tensor:
        """Return the probabilities of labels, or the outputs themselves of a regression."""

    @abstractmethod
    def mistakes(self, outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor | None:
        """Return whether each label is predicted wrongly, of the shape of ``y``.

        None if there are no labels.

        Args:
            outputs: Outputs, before :meth:`answers`.
            y: Targets.
        """

    @abstractmethod
    def constant_loss(self, y: torch.Tensor, weights: torch.Tensor | None) -> float:
        """Return the loss of the best constant guess: what a network that ignores x can reach.

        Args:
            y: Targets.
            weights: ``(n,)``, or of the shape of ``y``, of mean 1; None if all count the same.
        """

    @abstractmethod
    def constant_error(self, y: torch.Tensor) -> float:
        """Return the share of wrong labels, or the MSE, of the best constant guess."""

    def n_scores(self, n_outputs: int) -> int:
        """Return the number of scores that models with one score for two classes fit."""
        return n_outputs


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


TASKS: dict[str, LearningTask] = {
    task.name: task for task in (Classification(), Multilabel(), Regression())
}


def learning_task(name: str) -> LearningTask:
    """Return the task of a name.

    Raises:
        InputError: The name is unknown.
    """
    if name not in TASKS:
        raise unknown_name("task", str(name), TASKS)
    return TASKS[name]
