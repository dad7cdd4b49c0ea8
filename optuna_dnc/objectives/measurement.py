"""Measurement of one training run, as its trial records it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from optuna_dnc.objectives.cost_registry import costs_from_dict, costs_to_dict
from optuna_dnc.objectives.metric_registry import metric_of, recorded_metric
from optuna_dnc.objectives.score import Score
from optuna_dnc.tasks import learning_task

Status = Literal["ok", "diverged", "out-of-memory"]


@dataclass(frozen=True)
class Measurement:
    """Measurement of one training; each field is a user attribute of its trial.

    The costs ``n_params`` and ``t_epoch`` are attributes of their own, too.
    """

    error: float
    """``f_p`` of the kept epoch, on the validation set: by default 1 - accuracy, or MSE over the
    variance of the training targets; see :class:`optuna_dnc.objectives.Metric`."""
    val_accuracy: float | None
    """Validation accuracy of the kept epoch, a fraction; None for regression."""
    costs: Mapping[str, float]
    """Costs by name: ``n_params``, ``t_epoch`` and the penalized one."""
    epochs_run: int
    """Number of epochs trained."""
    best_epoch: int
    """Epoch whose weights are kept, from 1; 0 if none was usable."""
    train_seconds: float
    """Seconds spent in training batches."""
    eval_seconds: float
    """Seconds spent on the validation set."""
    status: Status = "ok"
    """``ok``, ``diverged`` (NaN or infinite loss) or ``out-of-memory``."""
    val_loss: float | None = None
    """Validation loss of the kept epoch: cross-entropy in nats, or the error of a regression. None
    without a network, and for trials of versions that did not record it."""
    metric: str | None = None
    """Name of the metric; None for the default one of the task."""
    val_metric: float | None = None
    """Validation metric of the kept epoch in its own unit; None without a network, and for the
    default metric, which is 1 - error."""

    @property
    def is_usable(self) -> bool:
        """Whether there is a network: at least one epoch had finite losses."""
        return self.best_epoch > 0

    @property
    def score(self) -> Score:
        """Validation score of the kept epoch."""
        if self.metric is None:
            is_regression = self.val_accuracy is None
            return Score.of_error(self.error, "regression" if is_regression else "classification")
        return Score(self.error, self.metric, self.val_metric, self.val_accuracy)

    @property
    def tie_breaker(self) -> float:
        """Validation loss, infinite if unknown: it tells apart networks of equal error.

        Equal errors are frequent, because they are numbers of samples.
        """
        return math.inf if self.val_loss is None else self.val_loss

    def to_attributes(self) -> dict[str, Any]:
        """Return the user attributes of a trial, as JSON."""
        attributes = asdict(self) | costs_to_dict(self.costs)
        if self.metric is None:
            del attributes["metric"], attributes["val_metric"]
        return attributes

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Measurement:
        """Create it from the user attributes of a trial."""
        own = {f.name: attributes[f.name] for f in fields(cls) if f.name in attributes}
        own.pop("costs", None)
        return cls(**own, costs=costs_from_dict(attributes))


def unusable(
    task: str, costs: Mapping[str, float], status: Status, metric: str | None = None
) -> Measurement:
    """Return the measurement of a training run that failed, with the worst error.

    A FAIL trial would teach the sampler nothing: it would propose similar networks again.
    """
    return Measurement(
        error=metric_of(metric, task).worst,
        val_accuracy=0.0 if learning_task(task).predicts_labels else None,
        costs=costs,
        epochs_run=0,
        best_epoch=0,
        train_seconds=0.0,
        eval_seconds=0.0,
        status=status,
        metric=recorded_metric(metric, task),
    )


_OUT_OF_MEMORY = (
    "can't allocate memory",  # CPU
    "not enough memory",  # CPU, Windows
    "out of memory",  # CUDA outside of torch's allocator, MPS
    "_STATUS_ALLOC_FAILED",  # cuBLAS, cuDNN...
    "Invalid buffer size",  # MPS
    "bad_alloc",  # C++
    # More bytes than a number can hold.
    "Storage size calculation overflowed",
    "integer multiplication overflow",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that the device or the host has too little memory."""
    if isinstance(error, MemoryError):
        return True
    import torch

    if isinstance(error, torch.cuda.OutOfMemoryError):  # torch.OutOfMemoryError from 2.5 on
        return True
    # The CPU's allocator and some CUDA libraries raise a bare RuntimeError.
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _OUT_OF_MEMORY)
