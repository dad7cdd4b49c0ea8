"""The stages of each strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna_dnc.search.bayesian_stages import BayesianStage, CoreArchitecture, JointSearch
from optuna_dnc.search.pilot import Pilot
from optuna_dnc.search.remaining_architecture import RemainingArchitecture
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.search.stage import Stage
from optuna_dnc.search.training_stages import TrainingHyperparameters, TransferredTraining

STAGES: tuple[Stage, ...] = (
    CoreArchitecture(),
    RemainingArchitecture(),
    TrainingHyperparameters(),
)
"""Deep-n-Cheap's three, in the order in which they run."""

_BY_STRATEGY: Mapping[str, tuple[Stage, ...]] = {
    "staged": STAGES,
    "joint": (JointSearch(),),
    "transfer": (TransferredTraining(),),
}


def stages_of(settings: SearchSettings) -> tuple[Stage, ...]:
    """The stages of a search, in the order in which they run."""
    return _stages(settings.strategy, settings.pruner)


def stages_of_run(settings: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The same for the settings in a run's folder."""
    # Runs of the first versions know of no strategies and no pruners.
    return _stages(settings.get("strategy", "staged"), settings.get("pruner", "none"))


def _stages(strategy: str, pruner: str) -> tuple[Stage, ...]:
    stages = _BY_STRATEGY[strategy]
    first = stages[0]
    if pruner == "hyperband" and isinstance(first, BayesianStage):
        return Pilot(first), *stages
    return stages
