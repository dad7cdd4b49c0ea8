"""Prepared data of a search: split, normalized, and placed on a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.preprocessing import Preprocessing
from optuna_dnc.tasks import learning_task


@dataclass(frozen=True, eq=False)
class Samples:
    """Network inputs and targets.

    x: (n, *input_shape) float32, normalized; y: (n,) int64 class indices, or (n, k) float32
    standardized targets, or indicators of labels; weights: (n,) float32 of at least 0, in training
    also (n, k), or None if all count the same; all on one device.
    """

    x: torch.Tensor
    y: torch.Tensor
    weights: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: slice | torch.Tensor) -> Samples:
        """Return some of the samples, by a slice or by their indices."""
        weights = None if self.weights is None else self.weights[rows]
        return Samples(self.x[rows], self.y[rows], weights)


def joined(parts: Sequence[Samples]) -> Samples:
    """Return the samples of several parts, one after the other."""
    weights = [part.weights for part in parts if part.weights is not None]
    return Samples(
        torch.cat([part.x for part in parts]),
        torch.cat([part.y for part in parts]),
        torch.cat(weights) if len(weights) == len(parts) else None,
    )


@dataclass(frozen=True, eq=False)
class PreparedData:
    """A data set that is split, normalized and placed; networks are trained on `device`.

    The samples lie on `device` too, unless they do not fit there: then they are on the CPU and
    `batches` streams them.

    metric: name of the metric that validates, None for the default one of the task;
    class_weights: (n_outputs,) weights of the classes in the training loss, by which the weights
    of samples are multiplied, None for equal weights; for several yes/no labels, the weight of
    a label's presence relative to its absence.

    folds: indices in `pool` of the samples that validate in each fold of a cross-validation,
    int64; those of the first are `val`. Empty if networks are trained and validated on one split.
    """

    name: str
    task: Task
    input_shape: tuple[int, ...]
    n_outputs: int
    train: Samples
    val: Samples
    test: Samples
    preprocessing: Preprocessing
    device: torch.device
    metric: str | None = None
    class_weights: tuple[float, ...] | None = None
    folds: tuple[torch.Tensor, ...] = ()

    @property
    def n_train(self) -> int:
        """Number of samples that are trained on."""
        return len(self.train)

    @property
    def n_val(self) -> int:
        """Number of samples held out for validation."""
        return len(self.val)

    @property
    def n_validated(self) -> int:
        """Samples whose predictions make the validation error: those of all folds."""
        return sum(map(len, self.validated))

    @cached_property
    def validated(self) -> tuple[Samples, ...]:
        """Samples that validate, of each fold."""
        return tuple(self.pool[fold] for fold in self.folds) or (self.val,)

    @cached_property
    def pool(self) -> Samples:
        """Training samples, then validation samples."""
        return joined([self.train, self.val])

    def rows_besides(self, fold: torch.Tensor) -> torch.Tensor:
        """Return the indices in `pool` of the samples that are trained on: all except a fold."""
        is_other = torch.ones(len(self.pool), dtype=torch.bool, device=fold.device)
        is_other[fold] = False
        return is_other.nonzero().squeeze(1)

    @property
    def n_test(self) -> int:
        """Number of test samples; 0 without a test set."""
        return len(self.test)

    @property
    def constant_loss(self) -> float:
        """Training loss of the best constant guess: what a network that ignores x can reach."""
        return learning_task(self.task).constant_loss(self.train.y, self.training_weights)

    @cached_property
    def training_weights(self) -> torch.Tensor | None:
        """Weights of the training samples in the training loss, (n_train,) float32 with mean 1.

        The product of their own weights and those of their classes; None if all count the same.
        For several labels, they are (n_train, labels), and each label has the same total weight.
        """
        weights, y = self.train.weights, self.train.y
        if self.class_weights is not None:
            of_classes = torch.tensor(self.class_weights, device=y.device)
            if y.dim() == 2:
                of_labels = torch.where(y > 0, of_classes, 1.0)
                of_labels = of_labels / of_labels.double().mean(dim=0).float()
                weights = of_labels if weights is None else weights[:, None] * of_labels
            else:
                of_labels = of_classes[y]
                weights = of_labels if weights is None else weights * of_labels
        return None if weights is None else weights / weights.double().mean().float()
