"""Base class of tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

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
