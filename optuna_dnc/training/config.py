"""How a network is trained: the settings, the learning rate over the epochs, the search space."""

from __future__ import annotations

from typing import Annotated

from optuna.trial import BaseTrial
from pydantic import Field

from optuna_dnc._validation import CheckedModel, FloatRange, IntRange, at_least

DECAY_AT = (0.5, 0.75)
"""Shares of the epochs after which the learning rate is cut."""

DECAY_BY = 0.2
"""Factor of each cut."""


class TrainingConfig(CheckedModel):
    """Deep-n-Cheap's training: Adam, two cuts of the learning rate, cross-entropy or MSE."""

    epochs: Annotated[int, Field(ge=1)] = 30
    batch_size: Annotated[int, Field(ge=2)] = 256
    """Samples in a batch; at least 2, because batch norm cannot train on one."""
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate before the first cut."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    patience: Annotated[int, Field(ge=1)] | None = None
    """Stop after so many epochs without a better validation error; None trains all epochs."""
    augment: bool = False
    """Pad-and-crop and flip images while training."""
    bf16: bool = False
    """Train in bfloat16 where torch's autocast holds it safe; faster, and it changes results.

    Evaluation stays in float32.
    """


def learning_rate_factor(epochs_done: int, epochs: int) -> float:
    """Factor on the learning rate: 0.2 from half of the epochs on, 0.04 from three quarters on.

    Args:
        epochs_done: Epochs already trained when this one starts.
        epochs: Epochs in all. A single one trains at the full rate; milestones rounded down, as
            in the original, would train it at 0.04.
    """
    cuts = sum(epochs_done >= share * epochs for share in DECAY_AT)
    return float(DECAY_BY**cuts)


class TrainingSpace(CheckedModel):
    """Stage 3: the ranges of the training hyperparameters."""

    lr: Annotated[FloatRange, at_least(1e-12)] = (1e-5, 1e-1)
    """Learning rate, searched in log10."""
    weight_decay: Annotated[FloatRange, at_least(1e-12)] = (1e-6, 1e-3)
    """Weight decay, searched in log10; the lowest decade stands for 0."""
    batch_size: Annotated[IntRange, at_least(2)] = (32, 512)
    """Samples in a batch."""

    @property
    def no_decay_below(self) -> float:
        """Weight decays under this are 0: the end of the lowest decade."""
        return self.weight_decay[0] * 10

    def suggest(self, trial: BaseTrial, base: TrainingConfig) -> TrainingConfig:
        """Suggest learning rate, weight decay and batch size; the rest is taken from ``base``."""
        lr = trial.suggest_float("lr", *self.lr, log=True)
        decay = trial.suggest_float("weight_decay", *self.weight_decay, log=True)
        return base.model_copy(
            update={
                "lr": lr,
                "weight_decay": decay if decay >= self.no_decay_below else 0.0,
                "batch_size": trial.suggest_int("batch_size", *self.batch_size),
            }
        )
