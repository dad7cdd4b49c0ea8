"""Base class of metrics, which define the error of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.tasks import TASKS, Task

DEFAULT_METRICS = {name: task.default_metric for name, task in TASKS.items()}
"""Metric of a search by its task, unless another one is given."""


@dataclass(frozen=True, eq=False)
class Targets:
    """Targets of a set of samples."""

    y: NDArray[Any]
    """``(n,)`` int64 indices of classes; ``(n, labels)`` int64, 1 where a sample has the label;
    for regression ``(n, targets)`` float64."""
    weights: NDArray[np.float64] | None
    """``(n,)`` weights of the samples; None if all count the same."""
    n_classes: int
    """Number of classes in the training data, or of labels; 0 for regression."""

    @property
    def is_multilabel(self) -> bool:
        """Whether a sample can have several labels."""
        return self.n_classes > 0 and self.y.ndim == 2

    @property
    def counts(self) -> NDArray[np.int64]:
        """``(n_classes,)`` numbers of samples of each class, or with each label."""
        if self.is_multilabel:
            return np.asarray(self.y.sum(axis=0))
        return np.bincount(self.y, minlength=self.n_classes)

    @property
    def scored(self) -> list[int]:
        """Outputs that tell a class or label from the rest; of two classes the second."""
        is_binary = self.n_classes == 2 and not self.is_multilabel
        return [1] if is_binary else list(range(self.n_classes))

    def has(self, column: int) -> NDArray[np.bool_]:
        """``(n,)``, whether each sample is of a class, or has a label."""
        return np.asarray(self.y[:, column] > 0 if self.is_multilabel else self.y == column)


@dataclass(frozen=True, eq=False)
class Predictions(Targets):
    """Targets of a set of samples with what a network predicts."""

    outputs: NDArray[np.float64]
    """``(n, n_classes)`` probabilities; for regression ``(n, targets)``."""

    @property
    def labels(self) -> NDArray[np.intp]:
        """``(n,)`` indices of the most probable classes, or the labels as in ``y``."""
        if self.is_multilabel:
            return (self.outputs > 0.5).astype(np.intp)
        labels: NDArray[np.intp] = np.argmax(self.outputs, axis=1)
        return labels

    @property
    def losses(self) -> NDArray[np.float64]:
        """``(n,)`` cross-entropies, or squared errors; the means over labels or targets."""
        tiny = np.finfo(np.float64).tiny
        if self.is_multilabel:
            of_targets = np.where(self.y > 0, self.outputs, 1 - self.outputs)
            return np.asarray(-np.log(np.maximum(of_targets, tiny)).mean(axis=1))
        if self.n_classes:
            of_targets = self.outputs[np.arange(len(self.y)), self.y]
            return np.asarray(-np.log(np.maximum(of_targets, tiny)))
        return np.asarray(((self.outputs - self.y) ** 2).mean(axis=1))

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """``(n,)``, 1 for a correct class and 0 for a wrong one; the share of correct labels."""
        right = (self.labels == self.y).astype(np.float64)
        return np.asarray(right.mean(axis=1)) if self.is_multilabel else right


class Metric:
    """Base class of metrics.

    A metric measures how good predictions are: in its own unit (:meth:`value`), and as the error
    ``f_p >= 0`` of the loss ``log10(error + wc * cost)`` (:meth:`error`). Subclass it, name it,
    implement :meth:`value`, and register an object with :func:`register_metric`. If the value is
    no fraction with 1 as the best, implement :meth:`error`, too.

    >>> class Kappa(Metric):
    ...     name, title, task = "kappa", "Cohen's kappa", "classification"
    ...
    ...     def value(self, p):
    ...         return cohen_kappa_score(p.y, p.labels, sample_weight=p.weights)
    """

    name: ClassVar[str]
    """Value of the setting ``metric``."""
    title: ClassVar[str]
    """Name in tables and sentences, such as ``macro F1``."""
    task: ClassVar[Task]
    """Task that it is for."""
    other_tasks: ClassVar[tuple[Task, ...]] = ()
    """Other tasks that it is for, too."""
    short_title: ClassVar[str] = ""
    """Shorter name for narrow tables; empty for the same."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names, such as those of scikit-learn's scorers without ``neg_``."""
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "outputs"
    """What it is computed from. All but ``outputs`` are known after a validation anyway."""
    is_fraction: ClassVar[bool] = True
    """Whether it is at most 1, which is the best."""
    in_percent: ClassVar[bool] = False
    """Whether reports show it in percent."""
    error_text: ClassVar[str] = ""
    """The error in words, such as ``MSE / variance``; empty for ``1 - value``."""
    suits_log: ClassVar[bool] = False
    """Whether networks that learn logarithms of positive, skewed targets are better by it."""
    worst: ClassVar[float] = 1.0
    """Error of a training without a usable network; no measured error counts as worse."""

    def value(self, predictions: Predictions) -> float:
        """Return the metric in its own unit.

        Args:
            predictions: Targets of a regression are in the unit of the data.
        """
        raise NotImplementedError(f"{type(self).__name__}.value")

    def error(self, value: float, predictions: Predictions, constant: float) -> float:
        """Return the metric as an error of at least 0, lower is better.

        It should not depend on the unit of the targets.

        Args:
            value: What :meth:`value` returned.
            predictions: Those of which it was computed, but with standardized targets.
            constant: What :meth:`constant` returned for the training samples.
        """
        del predictions, constant
        return 1 - value

    def constant(self, training: Targets) -> float:
        """Return what the best constant prediction has, if the error is relative to that.

        Args:
            training: The training samples, with standardized targets in a regression.
        """
        del training
        return 1.0

    def of_loss(self, loss: float, error: float) -> float:
        """Return the metric in its own unit if its basis is the loss.

        Args:
            loss: Mean cross-entropy in nats, or MSE of standardized targets.
            error: The loss over that of the best constant prediction.
        """
        raise NotImplementedError(f"{type(self).__name__}.of_loss")

    def check(self, targets: Targets, part: str) -> None:
        """Raise :class:`InputError` if the metric makes no sense on some samples.

        Args:
            targets: Targets of a regression are in the unit and shape of the data.
            part: ``training``, ``validation`` or ``test``.
        """

    def n_compared(self, validation: Targets) -> int | None:
        """Return the number of comparisons that the error on the validation samples averages.

        One mistake changes the error by at least one over this number, and the loss counts an
        error of less than half a mistake as half of one. None for errors without such steps.
        """
        del validation
        return None

    def format(self, value: float | None, *, percent: bool = False) -> str:
        """Return a value as text without its name; empty if there is none.

        Args:
            value: Value of the metric.
            percent: Whether accuracies are shown in percent.
        """
        if value is None:
            return ""
        if percent and self.in_percent:
            return f"{value:.2%}"
        return f"{value:.4f}" if self.is_fraction else f"{value:.4g}"

    def suits(self, task: str) -> bool:
        """Return whether it is for a task."""
        return task in (self.task, *self.other_tasks)

    @property
    def shows_value(self) -> bool:
        """Whether axes of figures show the metric, which is 1 - error, and not the error."""
        return not self.error_text

    @property
    def heading(self) -> str:
        """Name in narrow tables."""
        return self.short_title or self.title


def makes_no_sense(metric: str, why: str, remedy: str) -> InputError:
    """Return the error for data on which a metric makes no sense."""
    return InputError(f"metric {metric!r} {why}; {remedy}, or choose another metric.")
