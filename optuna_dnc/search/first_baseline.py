"""The cost that counts as 1, as a search measures it before its first trial."""

from __future__ import annotations

from optuna_dnc._errors import InputError
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.training import JointTrainingSpace, TrainingConfig, time_epoch


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
            "cannot be timed; give the seconds that count as 1 with --baseline, or a smaller "
            "space."
        ) from error


def _costliest_training(settings: SearchSettings, data: PreparedData) -> TrainingConfig:
    training, space = settings.training(0.0), settings.training_ranges()
    if isinstance(space, JointTrainingSpace):
        return space.costliest(training, task=data.task, input_shape=data.input_shape)
    return training
