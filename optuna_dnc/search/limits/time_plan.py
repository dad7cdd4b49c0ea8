"""Plan of a search with a time limit: number of epochs, and largest network.

Both follow from the time of a few steps of two networks, measured before the first trial.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.studies import Studies
from optuna_dnc.search.limits.pace import EVALUATION, Work, measured_pace
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.training import TrainingConfig

N_TRAININGS = 30
"""Trainings of typical networks that should fit into the limit."""

SHARE_OF_LARGEST = 0.1
"""Share of the limit that the training of the largest network may take."""

MOST_OF_LARGEST = 1 / 3
"""The same at most if the limit is too short for so many trainings: on a busy machine, where each
step takes long, useful networks take hardly longer than the smallest."""

SHARE_OF_SMALLEST = 1.0
"""The same of the smallest network: one training that is long enough is better than several that
are not, and one that is cut counts, too."""

SHARE_OF_EPOCHS = 0.6
"""Share of the epochs that a training takes until it stops early, typically."""

FEWEST_EPOCHS = 5
FEWEST_STEPS = 1_500
"""Fewer epochs or steps of a training are planned only if the smallest network allows no more."""

LEAST_OF_LARGEST = 1.5
"""Time of the largest network over that of the smallest, at least: something is to be searched."""


@dataclass(frozen=True)
class TimePlan:
    """Bounds of the training runs of a search with a time limit."""

    epochs: int
    """Most epochs of a training."""
    measure: str
    """Cost measure of :attr:`most`."""
    most: float
    """Highest cost of a network, in the unit of the measure; infinity for no bound."""
    evaluation: float = 0.0
    """Seconds in which the largest network is validated and tested once."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, as JSON."""
        return asdict(self) | {"most": None if math.isinf(self.most) else self.most}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TimePlan:
        """Create it from what :meth:`to_dict` returned."""
        most = values["most"]
        return cls(**{**values, "most": math.inf if most is None else most})


def kept_time_plan(
    studies: Studies,
    family: NetworkFamily,
    data: PreparedData,
    settings: SearchSettings,
    limit: TimeLimit,
    *,
    is_new: bool,
    may_shorten: bool,
) -> TimePlan | None:
    """Return the stored plan of a search with a time limit; make and store it if it is new.

    Args:
        studies: Studies of the search, which keep the plan.
        family: Network family.
        data: Prepared data.
        settings: Settings of the search.
        limit: Time limit of the search.
        is_new: Whether the search has no trials yet.
        may_shorten: See :func:`time_plan`.

    Returns:
        None if the search has no limit or began without one, or if its network is given.
    """
    stored = studies.time_plan()
    if stored is not None:
        return TimePlan.from_dict(stored)
    if not limit.is_set or settings.given is not None or not is_new:
        return None
    plan = time_plan(family, data, settings.training(), limit, may_shorten=may_shorten)
    studies.keep_time_plan(plan.to_dict())
    return plan


def time_plan(
    family: NetworkFamily,
    data: PreparedData,
    training: TrainingConfig,
    limit: TimeLimit,
    *,
    may_shorten: bool,
) -> TimePlan:
    """Plan the training runs of a search.

    Args:
        family: Network family.
        data: Prepared data.
        training: Training of stage 1.
        limit: Time limit of the search.
        may_shorten: Whether the number of epochs may be lowered; not if the user has set it.
    """
    work = Work(family, data)
    low, high = work.extremes
    try:
        pace = measured_pace(work, training, limit)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return TimePlan(training.epochs, work.measure, math.inf)  # its trials will tell
    typical = work.typical
    seconds = max(limit.left, 0.0)
    epochs, fewest = training.epochs, fewest_epochs(pace.n_steps)
    if may_shorten:
        for share, network in ((1 / N_TRAININGS, typical), (SHARE_OF_SMALLEST, low)):
            affordable = int(share * seconds / (SHARE_OF_EPOCHS * pace.epoch(network)))
            least = fewest if network == typical else 1
            epochs = min(epochs, max(affordable, least))
    each = SHARE_OF_EPOCHS * epochs * pace.epoch(typical)
    longest = min(SHARE_OF_LARGEST * max(seconds, N_TRAININGS * each), MOST_OF_LARGEST * seconds)
    longest /= SHARE_OF_EPOCHS * epochs
    most = pace.work(max(longest, LEAST_OF_LARGEST * pace.epoch(low)))
    evaluation = EVALUATION * longest * (data.n_val + data.n_test) / data.n_train
    return TimePlan(epochs, work.measure, math.inf if most >= high else most, evaluation)


def fewest_epochs(steps_per_epoch: float) -> int:
    """Return the epochs of a short training."""
    return max(FEWEST_EPOCHS, math.ceil(FEWEST_STEPS / steps_per_epoch))


def typical_epoch(
    family: NetworkFamily, data: PreparedData, training: TrainingConfig, limit: TimeLimit
) -> float:
    """Return the seconds of an epoch of a network between the smallest and the largest."""
    work = Work(family, data)
    return measured_pace(work, training, limit).epoch(work.typical)
