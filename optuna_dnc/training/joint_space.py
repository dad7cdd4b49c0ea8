"""The training hyperparameters of a joint search: SGD with its schedule and regularisers."""

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
from optuna_dnc.space import AnsweringTrial, highest_answer
from optuna_dnc.training.config import TrainingConfig
from optuna_dnc.training.schedules import first_period

MOST_PERIODS = 100

LARGEST_FACTOR = 1_000
"""Of the length of periods: even the last of many stays finite."""


class JointTrainingSpace(CheckedModel):
    """Ranges of SGD's hyperparameters, to search together with a network.

    After Zela et al. (arXiv 1807.06906), whose ranges of learning rate, batch size, momentum,
    weight decay and mixup these are. It departs in three ways: mixup and cutout have a switch,
    because in a continuous range the value that turns them off is never drawn; cutout is a share
    of the image's side, so that one range fits all sizes; and restarts are counted, so that the
    last period ends with the training.
    """

    lr: Annotated[FloatRange, at_least(1e-12)] = (1e-3, 1.0)
    """Learning rate at the start, searched in log10."""
    momentum: Annotated[FloatRange, at_least(0), below(1)] = (1e-3, 0.99)
    """Nesterov's momentum."""
    weight_decay: Annotated[FloatRange, at_least(1e-12)] = (1e-5, 1e-3)
    """Weight decay, searched in log10."""
    batch_size: Annotated[IntRange, at_least(2)] = (32, 128)
    """Samples in a batch, searched in log10."""
    schedule: Choices[Literal["cosine", "cosine-restarts"]] = ("cosine", "cosine-restarts")
    """Schedules of the learning rate."""
    n_periods: Annotated[IntRange, at_least(2), at_most(MOST_PERIODS)] = (2, 4)
    """Periods between restarts; searched with ``cosine-restarts`` only."""
    restart_factor: Annotated[FloatRange, at_least(1), at_most(LARGEST_FACTOR)] = (1.0, 2.0)
    """Length of a period over the one before; searched with ``cosine-restarts`` only."""
    label_smoothing: Annotated[FloatRange, at_least(0), below(1)] = (0.0, 0.2)
    """Label smoothing; for classification only."""
    use_mixup: Choices[bool] = (False, True)
    """Whether to blend samples."""
    mixup: Annotated[FloatRange, at_least(0)] = (0.0, 1.0)
    """Alpha of mixup; searched where it is used."""
    use_cutout: Choices[bool] = (False, True)
    """Whether to erase a square of each image; for images only."""
    cutout: Annotated[FloatRange, at_least(0)] = (0.125, 0.625)
    """Side of the square over the image's shorter side; searched where it is used."""

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
        """Suggest how to train; what is not searched is taken from ``base``.

        Args:
            trial: The trial to ask.
            base: Its ``epochs`` are the whole training, also where a trial is stopped before.
            task: Label smoothing is asked for in classification only.
            input_shape: Of one sample; cutout is asked for with images only.
        """
        found: dict[str, Any] = {
            "optimizer": "sgd",
            "lr": trial.suggest_float("lr", *self.lr, log=True),
            "momentum": trial.suggest_float("momentum", *self.momentum),
            "weight_decay": trial.suggest_float("weight_decay", *self.weight_decay, log=True),
            "batch_size": trial.suggest_int("batch_size", *self.batch_size, log=True),
            "schedule": trial.suggest_categorical("schedule", self.schedule),
        }
        if found["schedule"] == "cosine-restarts":
            n_periods = trial.suggest_int("n_periods", *self.n_periods)
            factor = trial.suggest_float("restart_factor", *self.restart_factor)
            found["restart_factor"] = factor
            found["restart_period"] = first_period(base.epochs, n_periods, factor)
        if task == "classification":
            found["label_smoothing"] = trial.suggest_float(
                "label_smoothing", *self.label_smoothing
            )
        if trial.suggest_categorical("use_mixup", self.use_mixup):
            found["mixup"] = trial.suggest_float("mixup", *self.mixup)
        if len(input_shape) == 3 and trial.suggest_categorical("use_cutout", self.use_cutout):
            share = trial.suggest_float("cutout", *self.cutout)
            found["cutout"] = max(1, round(share * min(input_shape[1:]))) if share else 0
        return base.model_copy(update=found)

    def costliest(
        self, base: TrainingConfig, *, task: Task, input_shape: tuple[int, ...]
    ) -> TrainingConfig:
        """The training whose epochs take the longest: small batches, with all that can be on."""
        found = self.suggest(
            AnsweringTrial(highest_answer), base, task=task, input_shape=input_shape
        )
        return found.model_copy(update={"batch_size": self.batch_size[0]})
