"""Check for training options that have no effect on the given data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data import Dataset
from optuna_dnc.tasks import learning_task

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
