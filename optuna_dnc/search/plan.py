"""Plan of a search, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.distributions import CategoricalDistribution

from optuna_dnc.search.cut_space import CutSpace


@dataclass(frozen=True)
class StagePlan:
    """Planned stage."""

    name: str
    n_trainings: int
    """Largest number of trainings: measured configurations are not trained again."""
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
    """Ranges of the network family."""
    training_space: dict[str, Any]
    """Ranges of the training hyperparameters."""
    largest: str
    """Description of the largest network."""
    largest_n_params: int
    cut: dict[str, list[Any]]
    """Lowest and highest value, or choices, of each parameter whose range the limits narrow."""
    stages: tuple[StagePlan, ...]
    seconds: float
    """Estimated wall time, from a few timed batches; at most that of the time limit."""

    @property
    def n_trainings(self) -> int:
        """Largest number of trainings in all stages."""
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
