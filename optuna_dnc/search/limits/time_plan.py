"""Plan of a search with a time limit: number of epochs, and largest network.

Both follow from the time of a few steps of two networks, measured before the first trial.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from optuna.distributions import BaseDistribution

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import NetworkSpec, cost_measure, is_out_of_memory
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.studies import Studies
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.space import CallbackTrial, Column, lowest_answer
from optuna_dnc.training import FitResult, TrainingConfig, time_epoch

N_TRAININGS = 30
"""Trainings of typical networks that should fit into the limit."""

SHARE_OF_LARGEST = 0.1
"""Share of the limit that the training of the largest network may take."""

SHARE_OF_EPOCHS = 0.6
"""Share of the epochs that a training takes until it stops early, typically."""

FEWEST_EPOCHS = 5
FEWEST_STEPS = 1_500
"""Fewer epochs or steps of a training are planned only if the smallest network allows no more."""

FEWEST_WORKING = 1.5
"""Work of the largest network over that of the smallest, at least: something is to be searched."""

_PROBES = (0.6, 0.4, 0.2, 0.1, 0.05)
"""Networks to time, as shares of the ranges of the space; the first that is quick enough."""

_SHARE_OF_PROBE = 0.02
"""Most of the limit that timing may take."""

_REPEATS = 3
_N_BATCHES = 8
"""Measurements of a network and their batches, after a first one of a single batch."""

_LONGEST_PROBE = 2.0
"""Seconds of timing where there is no limit."""

_EVALUATION = 1 / 3
"""Work of the validation of a sample over that of its training, forward and backward."""


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


@dataclass(frozen=True)
class _Pace:
    """Seconds of a step of training: ``base + per_work * work``."""

    base: float
    per_work: float
    n_steps: float
    """Steps of an epoch, the validation counted as steps."""

    def epoch(self, work: float) -> float:
        """Return the seconds of an epoch."""
        return self.n_steps * (self.base + self.per_work * work)

    def work(self, epoch: float) -> float:
        """Return the work of a network whose epoch takes so many seconds."""
        if self.per_work == 0:
            return math.inf
        return (epoch / self.n_steps - self.base) / self.per_work


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
    work = _Work(family, data)
    low, high = work.extremes
    try:
        pace = _measured(work, training, limit)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return TimePlan(training.epochs, work.measure, math.inf)  # its trials will tell
    typical = math.sqrt(low * high)
    seconds = max(limit.left, 0.0)
    epochs = training.epochs
    if may_shorten:
        for share, network in ((1 / N_TRAININGS, typical), (SHARE_OF_LARGEST, low)):
            affordable = int(share * seconds / (SHARE_OF_EPOCHS * pace.epoch(network)))
            least = _fewest_epochs(pace.n_steps) if network == typical else 1
            epochs = min(epochs, max(affordable, least))
    longest = SHARE_OF_LARGEST * seconds / (SHARE_OF_EPOCHS * epochs)
    most = max(pace.work(longest), FEWEST_WORKING * low)
    evaluation = _EVALUATION * longest * (data.n_val + data.n_test) / data.n_train
    return TimePlan(epochs, work.measure, math.inf if most >= high else most, evaluation)


def _fewest_epochs(steps_per_epoch: float) -> int:
    return max(FEWEST_EPOCHS, math.ceil(FEWEST_STEPS / steps_per_epoch))


def typical_epoch(
    family: NetworkFamily, data: PreparedData, training: TrainingConfig, limit: TimeLimit
) -> float:
    """Return the seconds of an epoch of a network between the smallest and the largest."""
    work = _Work(family, data)
    return _measured(work, training, limit).epoch(math.sqrt(math.prod(work.extremes)))


@dataclass(frozen=True)
class _Work:
    """Work of the networks of a family per sample: the cost on which their time depends."""

    family: NetworkFamily
    data: PreparedData

    @property
    def measure(self) -> str:
        """Name of the cost measure."""
        return "macs" if self.family.convolutional else "n_params"

    def of(self, config: Any) -> float:
        """Return the work of a network."""
        data = self.data
        network = NetworkSpec(self.family, config, data.input_shape, data.n_outputs)
        return cost_measure(self.measure).of(network, FitResult(data.task))

    @property
    def extremes(self) -> tuple[float, float]:
        """Work of the smallest and of the largest network, in order."""
        smallest = self.family.suggest_core(CallbackTrial(lowest_answer))
        largest = self.family.largest_for(self.data.input_shape, self.data.n_outputs)
        low, high = sorted((self.of(smallest), self.of(largest)))
        return low, high


def _measured(work: _Work, training: TrainingConfig, limit: TimeLimit) -> _Pace:
    """Time steps of the smallest network, and of the largest for which there is time."""
    family, data = work.family, work.data
    validation = _EVALUATION * data.n_val / data.n_train
    n_steps = math.ceil(data.n_train / training.batch_size) * (1 + validation)

    def at(share: float) -> tuple[Any, float]:
        config = family.suggest_core(CallbackTrial(_answer_at(share)))
        return config, work.of(config)

    most = _SHARE_OF_PROBE * limit.seconds if limit.is_set else _LONGEST_PROBE
    small, low = at(0.0)
    first = _seconds_per_step(work, small, training, most)
    for share in _PROBES:
        other, more = at(share)
        # Two steps are timed, the first of which warms up.
        if more > low and 2 * first * more / low < most:
            second = _seconds_per_step(work, other, training, most)
            per_work = max(second - first, 0.0) / (more - low)
            return _Pace(max(first - per_work * low, 0.0), per_work, n_steps)
    return _Pace(0.0, first / low, n_steps)


def _seconds_per_step(work: _Work, config: Any, training: TrainingConfig, most: float) -> float:
    """Time steps of a network, more than one if they take less than ``most`` seconds."""
    data = work.data
    n_steps = math.ceil(data.n_train / training.batch_size)

    def timed(n_batches: int) -> float:
        return time_epoch(work.family, config, data, training, n_batches=n_batches) / n_steps

    start = time.monotonic()
    best = timed(1)
    # Other processes disturb some of the measurements: the fastest counts.
    for _ in range(_REPEATS):
        if time.monotonic() - start + 2 * _N_BATCHES * best > most:
            break
        best = min(best, timed(_N_BATCHES))
    return best


def _answer_at(share: float) -> Callable[[str, BaseDistribution], Any]:
    """Return the function from a distribution to the value at a share of its range."""

    def answer(name: str, distribution: BaseDistribution) -> Any:
        del name
        column = Column(distribution)
        place = share * column.last
        return column.decode(math.floor(place) if column.is_categorical else place)

    return answer
