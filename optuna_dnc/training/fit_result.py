"""Results of a training run, by epoch."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from optuna_dnc.objectives import Measurement, metric_of, recorded_metric
from optuna_dnc.tasks import learning_task

CURVES = ("train_loss", "val_loss", "val_error", "update_ratio")
"""Fields of :class:`Epoch` that a trial records."""


class Epoch(NamedTuple):
    """Metrics of one epoch."""

    number: int
    """Counted from 1."""
    train_loss: float
    """Mean over the batches, dropout and augmentation on."""
    val_error: float
    """By default 1 - accuracy, or normalized MSE; see
    :meth:`optuna_dnc.objectives.Metric.error`."""
    val_loss: float
    train_seconds: float
    eval_seconds: float
    update_ratio: float = math.nan
    """Relative change of the weights in the last step, median over the layers; about 1e-3 in a
    healthy training. NaN in a checkpoint of a version that did not measure it."""
    share: float = 1.0
    """Share of the training samples that were seen; below 1 if time was up."""
    val_metric: float = math.nan
    """The metric on the validation set, in its own unit."""
    val_accuracy: float = math.nan
    """Validation accuracy, a fraction; NaN for regression."""

    @property
    def is_usable(self) -> bool:
        """Whether no loss was NaN or infinite."""
        return math.isfinite(self.train_loss) and math.isfinite(self.val_loss)


@dataclass
class FitResult:
    """Epochs of a training run, and the weights of the best one."""

    task: str
    epochs: list[Epoch] = field(default_factory=list)
    """Every epoch that ran."""
    best: Epoch | None = None
    """Epoch whose weights are kept, see :attr:`TrainingConfig.keep`: of equal validation errors
    the one with the lowest validation loss; None if none was usable."""
    weights: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)
    """State dict of the network after that epoch, on the CPU."""
    weights_of_folds: list[dict[str, torch.Tensor]] = field(default_factory=list, repr=False)
    """Those of the networks of the other folds, whose first has :attr:`weights`."""
    is_cut: bool = False
    """Whether time was up before the last epoch."""
    metric: str | None = None
    """Name of the metric of the validation error; None for the default one of the task."""

    @property
    def t_epoch(self) -> float:
        """Median training seconds of an epoch, without the first unless it is the only one.

        0 before the first epoch.
        """
        return typical_seconds([epoch.train_seconds / epoch.share for epoch in self.epochs])

    @property
    def error(self) -> float:
        """Validation error of the kept epoch, ``f_p`` of Deep-n-Cheap."""
        worst = metric_of(self.metric, self.task).worst
        return worst if self.best is None else min(self.best.val_error, worst)

    def by_epoch(self) -> dict[str, list[float | None]]:
        """Return each of :data:`CURVES` by epoch, to six digits; None where not finite."""
        return {name: [_brief(getattr(epoch, name)) for epoch in self.epochs] for name in CURVES}

    def measurement(self, costs: Mapping[str, float]) -> Measurement:
        """Return the record of this training for its trial.

        Args:
            costs: Costs of the network and this training by the name of the cost measure.
        """
        best, metric = self.best, recorded_metric(self.metric, self.task)
        accuracy = 1 - self.error if metric is None else best.val_accuracy if best else 0.0
        return Measurement(
            error=self.error,
            val_accuracy=accuracy if learning_task(self.task).predicts_labels else None,
            costs=costs,
            epochs_run=len(self.epochs),
            best_epoch=best.number if best else 0,
            train_seconds=sum(epoch.train_seconds for epoch in self.epochs),
            eval_seconds=sum(epoch.eval_seconds for epoch in self.epochs),
            status="ok" if self.epochs[-1].is_usable else "diverged",
            val_loss=best.val_loss if best else None,
            metric=metric,
            val_metric=best.val_metric if best and metric is not None else None,
        )


def typical_seconds(seconds: list[float]) -> float:
    """Return the median duration, without the first (warm-up) unless it is the only one."""
    return statistics.median(seconds[1:] or seconds or [0.0])


def _brief(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
