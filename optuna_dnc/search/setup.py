"""Setup of a search: network family, scaling of targets, baseline cost, also among workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from optuna_dnc._arguments import either
from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc.data import Dataset, PreparedData
from optuna_dnc.data.target_scaling import TargetTransform, suits_log
from optuna_dnc.evaluation.floor_times import load_models
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import (
    DEFAULT_METRICS,
    Metric,
    NetworkSpec,
    cost_measure,
    is_out_of_memory,
    metric_of,
)
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.training import JointTrainingSpace, TrainingConfig, time_epoch

SMALLEST_CNN_SIDE = 16
"""Smaller images are flattened: the default CNNs halve them three times."""


def own_family(network: object, space: Mapping[str, Any]) -> NetworkFamily | None:
    """Return the network family that the user passed; None for a name or no choice.

    Args:
        network: A family, or a class or function that creates one from ranges.
        space: Ranges of the family.

    Raises:
        InputError: It is none of these, or ``space`` cannot be used with it.
    """
    if network is None or isinstance(network, str):
        return None
    if isinstance(network, NetworkFamily):
        if space:
            raise InputError(
                f"space must be empty with a network family, got {shown(dict(space))}; set the "
                "ranges on the family."
            )
        return network
    try:
        family = network(**space) if callable(network) else network
    except TypeError as error:  # of a function that takes no such ranges
        raise InputError(
            f"network {shown(network)} cannot be created ({brief(error)}); change its space."
        ) from error
    if not isinstance(family, NetworkFamily):
        raise InputError(
            "network must be a registered name, a NetworkFamily, or a function that returns one, "
            f"got {shown(family)}; change it."
        )
    return family


class FamilyChoice(NamedTuple):
    """Name of a network family, and the reason for its choice."""

    name: str
    reason: str

    def flattened(self, why: str) -> FamilyChoice:
        """Return the choice of MLPs for images for which CNNs are too slow.

        Args:
            why: Why they are too slow.
        """
        advice = "choose network 'cnn' to search them all the same"
        return FamilyChoice("mlp", f"{self.reason}, but CNNs are too slow: {why}; {advice}")


def choose_family(dataset: Dataset) -> FamilyChoice:
    """Choose CNNs for images of at least 16 x 16 pixels, and MLPs for all other data."""
    shape = dataset.input_shape
    if not dataset.is_image:
        return FamilyChoice("mlp", f"the samples are vectors of {shape[0]} features")
    size = f"{shape[1]} x {shape[2]} pixels"
    if min(shape[1:]) < SMALLEST_CNN_SIDE:
        return FamilyChoice("mlp", f"images of {size} are too small for a CNN to pay off")
    return FamilyChoice("cnn", f"the samples are images of {size}")


def settled_by_data(settings: SearchSettings, dataset: Dataset) -> dict[str, Any]:
    """Return the settings that depend on the data.

    - ``metric``: its own name, or None for the default one: then it is the same search.
    - ``target_transform``: ``none`` or ``log``, for ``auto`` by metric and targets.

    Raises:
        InputError: One does not suit the data.
    """
    metric = metric_of(settings.metric, dataset.task)
    is_default = metric.name == DEFAULT_METRICS[dataset.task]
    return {
        "metric": None if is_default else metric.name,
        "target_transform": _target_transform(settings.target_transform, metric, dataset),
    }


def _target_transform(chosen: str, metric: Metric, dataset: Dataset) -> TargetTransform:
    if dataset.task != "regression":
        if chosen == "log":
            raise InputError(
                f"target_transform is 'log', but {dataset.name} has classes, which have no "
                "logarithms; leave it out."
            )
        return "none"
    if chosen == "auto":
        chosen = "log" if metric.suits_log and suits_log(dataset.y_train) else "none"
    return "log" if chosen == "log" else "none"


def as_begun(
    family: NetworkFamily, given: Mapping[str, Any], stored: Mapping[str, Any]
) -> NetworkFamily:
    """Return the family with the space of a search that is older than some of its ranges.

    The same command then resumes that search.

    Args:
        family: The family that was asked for.
        given: Ranges that were asked for; others are the defaults of today.
        stored: Identity of the search that has begun.
    """
    space = stored.get("space")
    if isinstance(space, Mapping) and set(space) < set(type(family).model_fields):
        return type(family)(**{**space, **given})
    return family


def judges(floors: bool | None, settings: SearchSettings, limit: TimeLimit) -> bool:
    """Return whether a search evaluates its network; import what that needs if time is limited.

    Args:
        floors: What the user wants; None for the default.
        settings: Settings of the search.
        limit: Its time limit.
    """
    wanted = not settings.is_published if floors is None else either("floors", floors)
    if wanted:
        load_models(limit.seconds / limit.slowdown)
    return wanted


def first_baseline(settings: SearchSettings, family: NetworkFamily, data: PreparedData) -> float:
    """Return the baseline of the settings, or measure the cost of the largest network.

    Raises:
        InputError: The largest network does not fit into memory.
    """
    if settings.baseline is not None:
        return settings.baseline
    measure = cost_measure(settings.penalize)
    largest = family.largest_for(data.input_shape, data.n_outputs)
    network = NetworkSpec(family, largest, data.input_shape, data.n_outputs)
    try:
        return float(measure.of_largest(network, _TimedEpoch(family, largest, data, settings)))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise InputError(
            f"baseline: the largest network of the space ({largest}) does not fit into memory, so "
            f"its cost cannot be measured; give the {measure.unit} that count as 1 with baseline="
            ", or a smaller space."
        ) from error


@dataclass(frozen=True)
class _TimedEpoch:
    """Fit of the largest network, which is timed only if a cost measure uses its seconds."""

    family: NetworkFamily
    config: Any
    data: PreparedData
    settings: SearchSettings

    @cached_property
    def t_epoch(self) -> float:
        """Time an epoch of the largest network, in seconds."""
        training = _costliest_training(self.settings, self.data)
        return time_epoch(self.family, self.config, self.data, training)


def _costliest_training(settings: SearchSettings, data: PreparedData) -> TrainingConfig:
    training, space = settings.training(0.0), settings.training_ranges()
    if isinstance(space, JointTrainingSpace):
        return space.costliest(training, task=data.task, input_shape=data.input_shape)
    return training


def worker_baseline(
    settings: SearchSettings, family: NetworkFamily, data: PreparedData, baseline: float
) -> float:
    """Return the cost that counts as 1 on this worker.

    Machines differ, and neighbors slow each other down: a timed cost of the largest network is
    measured by each worker anew. Counted costs are the same everywhere.

    Args:
        settings: Settings of the search.
        family: Its network family.
        data: Its data, on the device of the worker.
        baseline: The cost that counts as 1 on the worker that began the search.
    """
    if settings.baseline is not None or cost_measure(settings.penalize).repeats_exactly:
        return baseline
    return first_baseline(settings, family, data)


def cost_scales(
    settings: SearchSettings, family: NetworkFamily, data: PreparedData, baseline: float
) -> dict[str, float]:
    """Return the factor that turns this worker's timed cost into that of the first worker.

    All costs of a search are then in the seconds of one worker: ``cost / worker_baseline`` is
    ``cost * scale / baseline``. Empty if costs need no factor. The arguments are those of
    :func:`worker_baseline`.
    """
    own = worker_baseline(settings, family, data, baseline)
    return {} if own == baseline else {settings.penalize: baseline / own}


def check_shared_gpu(penalize: str, workers_per_gpu: int) -> None:
    """Refuse workers that share a GPU if the cost is a time.

    Raises:
        InputError: They would slow each other down, each time differently.
    """
    if workers_per_gpu > 1 and not cost_measure(penalize).repeats_exactly:
        raise InputError(
            f"workers_per_gpu={workers_per_gpu} cannot be used with penalize={shown(penalize)}, "
            "which is timed: workers of the same GPU slow each other down; penalize a counted "
            "cost such as n_params, or give each worker a GPU of its own."
        )
