"""Plan of a search, without running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.distributions import CategoricalDistribution

from optuna_dnc.data import PreparedData
from optuna_dnc.data.tables.summary import column_facts, column_lines
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.limits.cut_space import CutSpace
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.limits.time_plan import SHARE_OF_EPOCHS, typical_epoch
from optuna_dnc.search.stages.stage import Stage


@dataclass(frozen=True)
class StagePlan:
    """Planned stage."""

    name: str
    n_trainings: int
    """Maximum number of training runs: measured configurations are not trained again."""
    n_epochs: int
    """Largest number of epochs of all trainings."""


@dataclass(frozen=True)
class Plan:
    """Planned search, see :meth:`StagedSearch.plan`."""

    identity: dict[str, Any]
    """Resolved settings."""
    reason: str | None
    """Why this network family was chosen; None if the user named it."""
    folder: Path
    space: dict[str, Any]
    """Ranges of the network family, without what it has learned from the data."""
    training_space: dict[str, Any]
    """Ranges of the training hyperparameters."""
    largest: str
    """Description of the largest network."""
    largest_n_params: int
    columns: list[dict[str, Any]]
    """Name, kind and inputs of each column of a table; empty for other data."""
    column_lines: tuple[str, ...]
    """The same in words."""
    cut: dict[str, list[Any]]
    """Lowest and highest value, or choices, of each parameter whose range the limits narrow."""
    stages: tuple[StagePlan, ...]
    seconds: float
    """Estimated wall time, from a few timed batches; at most that of the time limit."""

    @property
    def n_trainings(self) -> int:
        """Maximum number of training runs in all stages."""
        return sum(stage.n_trainings for stage in self.stages)

    @property
    def n_epochs(self) -> int:
        """Largest number of epochs in all stages."""
        return sum(stage.n_epochs for stage in self.stages)


def cut_ranges(space: CutSpace | None) -> dict[str, list[Any]]:
    """Return the narrowed range of each parameter of a space; None for no cut."""
    cut = {} if space is None else space.distributions
    return {
        name: list(d.choices) if isinstance(d, CategoricalDistribution) else [d.low, d.high]  # type: ignore[attr-defined]
        for name, d in cut.items()
    }


def plan_of(
    family: NetworkFamily,
    data: PreparedData,
    settings: SearchSettings,
    stages: Sequence[Stage],
    limit: TimeLimit,
    **facts: Any,
) -> Plan:
    """Plan a search; a few batches are trained to estimate its time."""
    planned = tuple(
        StagePlan(
            stage.name,
            stage.most_trials(family, settings),
            stage.most_epochs(family, settings),
        )
        for stage in stages
    )
    n_epochs = SHARE_OF_EPOCHS * sum(stage.n_epochs for stage in planned)
    epoch = typical_epoch(family, data, settings.training(), limit)
    table = data.preprocessing.table
    largest = family.largest_for(data.input_shape, data.n_outputs)
    return Plan(
        space=family.model_dump(exclude=set(family.learned)),
        training_space=settings.training_ranges().model_dump(),
        largest=str(largest),
        largest_n_params=family.n_params(largest, data.input_shape, data.n_outputs),
        columns=[] if table is None else column_facts(table),
        column_lines=() if table is None else column_lines(table),
        stages=planned,
        seconds=min(n_epochs * epoch, limit.seconds),
        **facts,
    )
