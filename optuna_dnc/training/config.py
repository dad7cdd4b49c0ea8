"""Training hyperparameters, their checks, and the search space of stage 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from optuna.trial import BaseTrial
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import MOST_EPOCHS
from optuna_dnc._validation import (
    CheckedModel,
    FloatRange,
    Int,
    IntRange,
    Real,
    Whole,
    at_least,
)
from optuna_dnc.data import Dataset
from optuna_dnc.tasks import learning_task
from optuna_dnc.training.schedules import (
    cosine_factor,
    learning_rate_factor,
    restarted_cosine_factor,
    warmup_factor,
)

Schedule = Literal["cuts", "cosine", "cosine-restarts", "constant"]


class TrainingConfig(CheckedModel):
    """Training hyperparameters.

    The defaults are those of Deep-n-Cheap: Adam, two cuts of the learning rate, cross-entropy or
    MSE, the weights of the best epoch. Searches train by the recipe of
    :meth:`optuna_dnc.runs.SearchSettings.training`.
    """

    epochs: Annotated[Int, Field(ge=1, le=MOST_EPOCHS)] = 30
    batch_size: Annotated[Whole, Field(ge=2)] = 256
    """Samples in a batch; at least 2, because batch norm cannot train on a single one."""
    lr: Annotated[Real, Field(gt=0)] = 1e-3
    """Initial learning rate."""
    weight_decay: Annotated[Real, Field(ge=0)] = 0.0
    patience: Annotated[Whole, Field(ge=1)] | None = None
    """Early stopping: epochs without a better validation error; None trains all epochs."""
    augment: bool = False
    """Pad-and-crop and flip images while training."""
    augment_shift: Annotated[Whole, Field(ge=0)] | None = None
    """Most pixels that ``augment`` shifts an image by; None is an eighth of its shorter side."""
    augment_flip: bool = True
    """Whether ``augment`` mirrors images left to right; not for digits and letters."""
    bf16: bool = False
    """Train in bfloat16 where torch's autocast considers it safe; faster, but changes results.

    Evaluation stays in float32.
    """
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """``adam`` adds weight decay to the gradient, ``adamw`` shrinks the weights by ``lr *
    weight_decay`` (arXiv 1711.05101), ``sgd`` has Nesterov momentum and needs a learning rate
    about a hundred times Adam's."""
    momentum: Annotated[Real, Field(ge=0, lt=1)] = 0.9
    """Momentum of SGD."""
    schedule: Schedule = "cuts"
    """Two cuts, half a cosine, cosines with restarts (SGDR, arXiv 1608.03983), or a constant rate
    after a linear warm-up over the first epoch."""
    restart_period: Annotated[Real, Field(gt=0)] = 10.0
    """Epochs until the first restart."""
    restart_factor: Annotated[Real, Field(ge=1)] = 2.0
    """Ratio of the length of a period between restarts to that of the previous one."""
    label_smoothing: Annotated[Real, Field(ge=0, lt=1)] = 0.0
    """Share of a label that is distributed over all classes (arXiv 1512.00567); 0 is off."""
    mixup: Annotated[Real, Field(ge=0)] = 0.0
    """Alpha of mixup (arXiv 1710.09412); 0 is off."""
    cutout: Annotated[Whole, Field(ge=0)] = 0
    """Side in pixels of the square erased in every image (arXiv 1708.04552); 0 is off."""
    keep: Literal["best", "last"] = "best"
    """Epoch whose weights are kept: the one with the lowest validation error, or the last."""
    averaging: Annotated[Real, Field(ge=0)] = 0.0
    """Epochs over which the weights are averaged, exponentially; 0 is off.

    The network of every epoch is the average. It is as good as after a decay of the learning
    rate (arXiv 2405.18392), so a training can end after any epoch.
    """

    @model_serializer(mode="wrap")
    def _only_what_is_used(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A training is named, and seeded, by its settings. Settings at their default are left
        # out, or every setting that is added would change the results of a search.
        values: dict[str, Any] = serialize(self)
        for name in _UNNAMED_AT_DEFAULT:
            if values.get(name) == type(self).model_fields[name].default:
                del values[name]
        return values

    @property
    def steady_within_epochs(self) -> bool:
        """Whether the learning rate is constant within an epoch."""
        return self.schedule == "cuts"

    def is_over(self, epochs_run: int, best_epoch: int) -> bool:
        """Return whether no epoch follows: all have run, or patience is exhausted."""
        patience = self.epochs if self.patience is None else self.patience
        return epochs_run >= self.epochs or epochs_run - best_epoch >= patience

    def over(self, epochs: int) -> TrainingConfig:
        """Return the same training over other epochs, with restarts at the same shares of them."""
        changes: dict[str, float] = {"epochs": epochs}
        if self.schedule == "cosine-restarts":
            changes["restart_period"] = self.restart_period * epochs / self.epochs
        return self.model_copy(update=changes)

    def lr_after(self, epochs_done: float) -> float:
        """Return the learning rate after so many epochs, with the share of the running one."""
        if self.schedule == "cosine":
            return self.lr * cosine_factor(epochs_done, self.epochs)
        if self.schedule == "constant":
            return self.lr * warmup_factor(epochs_done)
        if self.schedule == "cosine-restarts":
            return self.lr * restarted_cosine_factor(
                epochs_done, self.restart_period, self.restart_factor
            )
        return self.lr * learning_rate_factor(epochs_done, self.epochs)


_UNNAMED_AT_DEFAULT = (
    "augment_shift",
    "augment_flip",
    "optimizer",
    "momentum",
    "schedule",
    "restart_period",
    "restart_factor",
    "label_smoothing",
    "mixup",
    "cutout",
    "keep",
    "averaging",
)


class TrainingSpace(CheckedModel):
    """Ranges of the training hyperparameters of stage 3."""

    lr: Annotated[FloatRange, at_least(1e-12)] = (1e-5, 1e-1)
    """Learning rate, searched in log10."""
    weight_decay: Annotated[FloatRange, at_least(1e-12)] = (1e-6, 1e-3)
    """Weight decay, searched in log10; if there are several decades, the lowest means 0."""
    batch_size: Annotated[IntRange, at_least(2)] = (32, 512)
    """Samples in a batch."""

    @property
    def no_decay_below(self) -> float:
        """Upper end of the lowest decade, below which weight decay is 0."""
        low, high = self.weight_decay
        return 10 * low if high > 10 * low else low

    def suggest(self, trial: BaseTrial, base: TrainingConfig) -> TrainingConfig:
        """Suggest learning rate, weight decay and batch size; the rest comes from ``base``."""
        lr = trial.suggest_float("lr", *self.lr, log=True)
        decay = trial.suggest_float("weight_decay", *self.weight_decay, log=True)
        return base.model_copy(
            update={
                "lr": lr,
                "weight_decay": decay if decay >= self.no_decay_below else 0.0,
                "batch_size": trial.suggest_int("batch_size", *self.batch_size),
            }
        )


ADAMW_RANGES: dict[str, tuple[float, float]] = {
    "lr": (1e-3, 3e-2),
    "weight_decay": (1e-5, 1e-1),
    "batch_size": (16, 256),
}
"""Ranges of :class:`TrainingSpace` for AdamW, whose decay is multiplied by the rate."""


FOR_IMAGES = ("augment", "cutout")
FOR_CLASSES = ("label_smoothing",)


def check_suits(training: Mapping[str, Any], dataset: Dataset) -> None:
    """Raise InputError for options that training would silently ignore.

    Raises:
        InputError: An option for images is on and the samples are flat, or one for classes is
            and the task is regression.
    """
    for name in unsuited(training, dataset):
        needs = "images" if name in FOR_IMAGES else "classes"
        raise InputError(
            f"{name}: {shown(training[name])} was given, but {dataset.name} has no {needs}; leave "
            "it out."
        )
    shift = training.get("augment_shift")
    if shift is not None and dataset.is_image and shift >= min(dataset.input_shape[1:]):
        raise InputError(
            f"augment_shift: {shown(shift)} pixels would move whole images out of sight; give "
            f"less than their shorter side, {min(dataset.input_shape[1:])}."
        )


def unsuited(training: Mapping[str, Any], dataset: Dataset) -> list[str]:
    """Return the names of options that are on but have no effect on such data."""
    useless = (() if dataset.is_image else FOR_IMAGES) + (
        () if learning_task(dataset.task).predicts_labels else FOR_CLASSES
    )
    return [name for name in useless if training.get(name)]
