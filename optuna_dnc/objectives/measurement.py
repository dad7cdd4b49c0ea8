"""What was measured of one training, and how a trial records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Status = Literal["ok", "diverged", "out-of-memory"]

WORST_ERROR = {"classification": 1.0, "regression": 10.0}
"""Error of a training that gave no usable network; no measured error counts as worse."""


@dataclass(frozen=True)
class Measurement:
    """One training of one network; each field is a user attribute of its trial."""

    error: float
    """``f_p``: 1 - best validation accuracy, or best validation MSE over the variance of the
    training targets."""
    val_accuracy: float | None
    """Best validation accuracy over the epochs, a fraction; None for regression."""
    t_epoch: float
    """Seconds of training per epoch: the median, the first epoch left out if there are more."""
    n_params: int
    """Trainable parameters."""
    epochs_run: int
    """Epochs that were trained."""
    best_epoch: int
    """Epoch whose weights are kept, counted from 1; 0 if none was usable."""
    train_seconds: float
    """Seconds spent in training batches."""
    eval_seconds: float
    """Seconds spent on the validation set."""
    status: Status = "ok"
    """``ok``, ``diverged`` (NaN or infinite loss) or ``out-of-memory``."""

    @property
    def is_usable(self) -> bool:
        """Whether there is a network: at least one epoch ended with finite losses."""
        return self.best_epoch > 0

    def to_attributes(self) -> dict[str, Any]:
        """The user attributes of a trial; all are JSON scalars."""
        return asdict(self)

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Any]) -> Measurement:
        """Read it back from a trial's user attributes."""
        return cls(**{field.name: attributes[field.name] for field in fields(cls)})


def unusable(task: str, n_params: int, status: Status) -> Measurement:
    """What is recorded of a training that could not run: the worst error, so that samplers learn.

    A failed trial would teach the sampler nothing, and it would come back to the same place.
    """
    return Measurement(
        error=WORST_ERROR[task],
        val_accuracy=0.0 if task == "classification" else None,
        t_epoch=0.0,
        n_params=n_params,
        epochs_run=0,
        best_epoch=0,
        train_seconds=0.0,
        eval_seconds=0.0,
        status=status,
    )
