"""Pace of training: seconds of a step by the work of a network, from timing two networks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from optuna.distributions import BaseDistribution

from optuna_dnc.data import Dataset, PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import NetworkSpec, cost_measure
from optuna_dnc.search.limits.busy_machine import CpuTime, slowdown_since
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.space import CallbackTrial, Column, lowest_answer
from optuna_dnc.training import FitResult, TrainingConfig, time_epoch

_PROBES = (0.6, 0.4, 0.2, 0.1, 0.05)
"""Networks to time, as shares of the ranges of the space; the first that is quick enough."""

_SHARE_OF_PROBE = 0.02
"""Most of the limit that timing may take."""

_REPEATS = 3
N_BATCHES = 8
"""Measurements of a network and their batches, after a first one of a single batch."""

_LONGEST_PROBE = 2.0
"""Seconds of timing where there is no limit."""

EVALUATION = 1 / 3
"""Work of the validation of a sample over that of its training, forward and backward."""


@dataclass(frozen=True)
class Pace:
    """Seconds of a step of training: ``base + per_work * work``."""

    base: float
    per_work: float
    n_steps: float
    """Steps of an epoch, the validation counted as steps."""

    def slower(self, factor: float) -> Pace:
        """Return the pace with steps that take longer."""
        return Pace(factor * self.base, factor * self.per_work, self.n_steps)

    def epoch(self, work: float) -> float:
        """Return the seconds of an epoch."""
        return self.n_steps * (self.base + self.per_work * work)

    def work(self, epoch: float) -> float:
        """Return the work of a network whose epoch takes so many seconds."""
        if self.per_work == 0:
            return math.inf
        return (epoch / self.n_steps - self.base) / self.per_work


_Data = TypeVar("_Data", bound=Dataset | PreparedData)


@dataclass(frozen=True)
class Work(Generic[_Data]):
    """Work of the networks of a family per sample: the cost on which their time depends."""

    family: NetworkFamily
    data: _Data

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
    def typical(self) -> float:
        """Work of a network between the smallest and the largest."""
        return math.sqrt(math.prod(self.extremes))

    @property
    def extremes(self) -> tuple[float, float]:
        """Work of the smallest and of the largest network, in order."""
        smallest = self.family.suggest_core(CallbackTrial(lowest_answer))
        largest = self.family.largest_for(self.data.input_shape, self.data.n_outputs)
        low, high = sorted((self.of(smallest), self.of(largest)))
        return low, high


def steps_of_epoch(n_train: int, n_val: int, batch_size: int) -> float:
    """Return the steps of an epoch, the validation counted as steps."""
    return math.ceil(n_train / batch_size) * (1 + EVALUATION * n_val / n_train)


def measured_pace(work: Work[PreparedData], training: TrainingConfig, limit: TimeLimit) -> Pace:
    """Time steps of the smallest network, and of the largest for which there is time."""
    family, data = work.family, work.data
    n_steps = steps_of_epoch(data.n_train, data.n_val, training.batch_size)

    def at(share: float) -> tuple[Any, float]:
        config = family.suggest_core(CallbackTrial(_answer_at(share)))
        return config, work.of(config)

    most = _SHARE_OF_PROBE * limit.seconds if limit.is_set else _LONGEST_PROBE
    small, low = at(0.0)
    start = CpuTime.now()
    first = _seconds_per_step(work, small, training, most)
    for share in _PROBES:
        other, more = at(share)
        # Two steps are timed, the first of which warms up.
        if more > low and 2 * slowdown_since(start) * first * more / low < most:
            second = _seconds_per_step(work, other, training, most)
            per_work = max(second - first, 0.0) / (more - low)
            pace = Pace(max(first - per_work * low, 0.0), per_work, n_steps)
            return pace.slower(slowdown_since(start))
    return Pace(0.0, first / low, n_steps).slower(slowdown_since(start))


def _seconds_per_step(
    work: Work[PreparedData], config: Any, training: TrainingConfig, most: float
) -> float:
    """Time steps of a network, more than one if they take less than ``most`` seconds.

    Returns:
        Seconds of a step without the wait for a CPU that other processes use.
    """
    data = work.data
    n_steps = math.ceil(data.n_train / training.batch_size)

    def timed(n_batches: int) -> float:
        begin = CpuTime.now()
        seconds = time_epoch(work.family, config, data, training, n_batches=n_batches)
        return seconds / n_steps / slowdown_since(begin)

    start = time.monotonic()
    best = timed(1)
    # The fastest counts: the first ones warm up, and in the shortest the wait is not known.
    for _ in range(_REPEATS):
        if time.monotonic() - start + 2 * N_BATCHES * best > most:
            break
        best = min(best, timed(N_BATCHES))
    return best


def _answer_at(share: float) -> Callable[[str, BaseDistribution], Any]:
    """Return the function from a distribution to the value at a share of its range."""

    def answer(name: str, distribution: BaseDistribution) -> Any:
        del name
        column = Column(distribution)
        place = share * column.last
        return column.decode(math.floor(place) if column.is_categorical else place)

    return answer
