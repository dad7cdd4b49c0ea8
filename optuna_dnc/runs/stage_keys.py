"""Stages of a search: number, name and implementation."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StageKey:
    """Number and name of a stage, which name its Optuna study."""

    number: int
    name: str
    stage: str = field(compare=False)
    """Subclass of :class:`optuna_dnc.search.stages.stage.Stage`, as ``module:Class``: reading a
    run needs the key alone, and no torch."""
    is_bayesian: bool = False
    """Whether a sampler proposes its trials."""

    @property
    def label(self) -> str:
        """Number and name, as in the name of its study."""
        return f"{self.number}-{self.name}"


PILOT = StageKey(0, "pilot", "optuna_dnc.search.stages.pilot:Pilot")
CORE = StageKey(
    1,
    "core-architecture",
    "optuna_dnc.search.stages.bayesian_stages:CoreArchitecture",
    is_bayesian=True,
)
REMAINING = StageKey(
    2,
    "remaining-architecture",
    "optuna_dnc.search.stages.remaining_architecture:RemainingArchitecture",
)
TRAINING = StageKey(
    3,
    "training",
    "optuna_dnc.search.stages.training_stages:TrainingHyperparameters",
    is_bayesian=True,
)
AHEAD = StageKey(9, "ahead", "optuna_dnc.search.stages.look_ahead:LookAhead")
"""No stage: trainings that workers did ahead while they had to wait."""
JOINT = StageKey(
    1, "joint", "optuna_dnc.search.stages.bayesian_stages:JointSearch", is_bayesian=True
)
