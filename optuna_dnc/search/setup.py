"""Choices that a search makes before its first trial: the network family, the baseline cost."""

from __future__ import annotations

from typing import NamedTuple

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.training import JointTrainingSpace, TrainingConfig, time_epoch

SMALLEST_CNN_SIDE = 16
"""Images below this are flattened: the default CNNs halve them three times."""


class FamilyChoice(NamedTuple):
    """The name of a family, and why it was chosen."""

    name: str
    reason: str


def choose_family(dataset: Dataset) -> FamilyChoice:
    """CNNs for images of at least 16 x 16 pixels, MLPs for everything else."""
    shape = dataset.input_shape
    if not dataset.is_image:
        return FamilyChoice("mlp", f"the samples are vectors of {shape[0]} features")
    size = f"{shape[1]} x {shape[2]} pixels"
    if min(shape[1:]) < SMALLEST_CNN_SIDE:
        return FamilyChoice("mlp", f"images of {size} are too small for a CNN to pay")
    return FamilyChoice("cnn", f"the samples are images of {size}")


def first_baseline(settings: SearchSettings, family: NetworkFamily, data: PreparedData) -> float:
    """Parameters, or seconds of an epoch, of the largest network; or what the user gave.

    Raises:
        InputError: That network is to be timed and does not fit into memory.
    """
    if settings.baseline is not None:
        return settings.baseline
    if settings.penalize == "n_params":
        return float(family.most_params(data.input_shape, data.n_outputs))
    largest = family.largest_for(data.input_shape, data.n_outputs)
    try:
        return time_epoch(family, largest, data, _costliest_training(settings, data))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise InputError(
            f"baseline: the largest network of the space ({largest}) does not fit into memory and "
            "cannot be timed; give the seconds that count as 1 with baseline=, or a smaller "
            "space."
        ) from error


def _costliest_training(settings: SearchSettings, data: PreparedData) -> TrainingConfig:
    training, space = settings.training(0.0), settings.training_ranges()
    if isinstance(space, JointTrainingSpace):
        return space.costliest(training, task=data.task, input_shape=data.input_shape)
    return training
