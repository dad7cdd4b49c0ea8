"""What a search would do, for those who want to know before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class StagePlan:
    """A stage to come."""

    name: str
    n_trainings: int
    """An upper bound: what was measured before is not trained again."""
    n_epochs: int
    """Epochs of all of them, at most."""


@dataclass(frozen=True)
class Plan:
    """A search to come."""

    identity: dict[str, Any]
    """The resolved settings."""
    reason: str | None
    """Why this network family, where the user named none."""
    folder: Path
    space: dict[str, Any]
    """The ranges of the network family."""
    training_space: dict[str, Any]
    """The ranges of the training hyperparameters."""
    largest: str
    """The largest network, in a few words."""
    largest_n_params: int
    stages: tuple[StagePlan, ...]

    @property
    def n_trainings(self) -> int:
        """Upper bound over all stages."""
        return sum(stage.n_trainings for stage in self.stages)

    @property
    def n_epochs(self) -> int:
        """Upper bound over all stages."""
        return sum(stage.n_epochs for stage in self.stages)
