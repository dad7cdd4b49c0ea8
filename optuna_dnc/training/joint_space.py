"""Training hyperparameters of a joint search: SGD with its schedule and regularizers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from optuna.trial import BaseTrial
from pydantic import field_validator

from optuna_dnc._validation import (
    CheckedModel,
    Choices,
    FloatRange,
    IntRange,
    at_least,
    at_most,
    below,
)
from optuna_dnc.data import Task
from optuna_dnc.space import CallbackTrial, highest_answer
from optuna_dnc.tasks import learning_task
from optuna_dnc.training.config import TrainingConfig
from optuna_dnc.training.schedules import first_period

MOST_PERIODS = 100

LARGEST_FACTOR = 1_000
"""Largest ratio of the lengths of periods: even the last of many stays finite."""


class JointTrainingSpace(CheckedModel):
    """Ranges of SGD's hyperparameters, searched together with a network.

    Learning rate, batch size, momentum, weight decay and mixup have the ranges of Zela et al.
    (arXiv 1807.06906). There are three differences: mixup and cutout have a switch, because the
    value that turns them off is never drawn from a continuous range; cutout is a share of the
    image's side, so that one range fits all sizes; and the number of periods is searched, so that
    the last one ends with the training.
    """

    lr: Annotated[FloatRange, at_least(1e-12)] = (1e-3, 1.0)
    """Initial learning rate, searched in log10."""
    momentum: Annotated[FloatRange, at_least(0), below(1)] = (1e-3, 0.99)
    """Nesterov momentum."""
    weight_decay: Annotated[FloatRange, at_least(1e-12)] = (1e-5, 1e-3)
    """Weight decay, searched in log10."""
    batch_size: Annotated[IntRange, at_least(2)] = (32, 128)
    """Samples in a batch, searched in log10."""
    schedule: Choices[Literal["cosine", "cosine-restarts"]] = ("cosine", "cosine-restarts")
    """Schedules of the learning rate."""
    n_periods: Annotated[IntRange, at_least(2), at_most(MOST_PERIODS)] = (2, 4)
    """Number of periods between restarts; searched with ``cosine-restarts`` only."""
    restart_factor: Annotated[FloatRange, at_least(1), at_most(LARGEST_FACTOR)] = (1.0, 2.0)
    """Ratio of the lengths of successive periods; searched with ``cosine-restarts`` only."""
    label_smoothing: Annotated[FloatRange, at_least(0), below(1)] = (0.0, 0.2)
    """Label smoothing; for classification only."""
    use_mixup: Choices[bool] = (False, True)
    """Whether to blend samples."""
    mixup: Annotated[FloatRange, at_least(0)] = (0.0, 1.0)
    """Alpha of mixup; searched if it is used."""
    use_cutout: Choices[bool] = (False, True)
    """Whether to erase a square of each image; for images only."""
    cutout: Annotated[FloatRange, at_least(0)] = (0.125, 0.625)
    """Ratio of the square's side to the image's shorter side; searched if it is used."""

    @field_validator("cutout")
    @classmethod
    def _at_most_the_image(cls, shares: tuple[float, float]) -> tuple[float, float]:
        if shares[1] > 1:
            raise ValueError("a share of the image's side is at most 1")
        return shares

    def suggest(
        self,
        trial: BaseTrial,
        base: TrainingConfig,
        *,
        task: Task,
        input_shape: tuple[int, ...],
    ) -> TrainingConfig:
        """Suggest the training hyperparameters; those not searched come from ``base``.

        Args:
            trial: The trial.
            base: Defaults; its ``epochs`` are the whole training, even if a trial stops earlier.
            task: Label smoothing is suggested for labels only.
            input_shape: Shape of one sample; cutout is suggested for images only.
        """
        values: dict[str, Any] = {
            "optimizer": "sgd",
            "lr": trial.suggest_float("lr", *self.lr, log=True),
            "momentum": trial.suggest_float("momentum", *self.momentum),
            "weight_decay": trial.suggest_float("weight_decay", *self.weight_decay, log=True),
            "batch_size": trial.suggest_int("batch_size", *self.batch_size, log=True),
            "schedule": trial.suggest_categorical("schedule", self.schedule),
        }
        if values["schedule"] == "cosine-restarts":
            n_periods = trial.suggest_int("n_periods", *self.n_periods)
            factor = trial.suggest_float("restart_factor", *self.restart_factor)
            values["restart_factor"] = factor
            values["restart_period"] = first_period(base.epochs, n_periods, factor)
        if learning_task(task).predicts_labels:
            values["label_smoothing"] = trial.suggest_float(
                "label_smoothing", *self.label_smoothing
            )
        if trial.suggest_categorical("use_mixup", self.use_mixup):
            values["mixup"] = trial.suggest_float("mixup", *self.mixup)
        if len(input_shape) == 3 and trial.suggest_categorical("use_cutout", self.use_cutout):
            share = trial.suggest_float("cutout", *self.cutout)
            values["cutout"] = max(1, round(share * min(input_shape[1:]))) if share else 0
        return base.model_copy(update=values)

    def costliest(
        self, base: TrainingConfig, *, task: Task, input_shape: tuple[int, ...]
    ) -> TrainingConfig:
        """Return the training with the slowest epochs: small batches, all regularizers."""
        highest = self.suggest(
            CallbackTrial(highest_answer), base, task=task, input_shape=input_shape
        )
        return highest.model_copy(update={"batch_size": self.batch_size[0]})
