"""The stages of a search."""

from __future__ import annotations

from importlib.metadata import EntryPoint

from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.strategies import STRATEGIES
from optuna_dnc.samplers.registry import SamplerFactory
from optuna_dnc.search.bayesian_stages import BayesianStage
from optuna_dnc.search.pilot import Pilot
from optuna_dnc.search.stage import Stage


def stages_of(settings: SearchSettings, create: SamplerFactory) -> tuple[Stage, ...]:
    """Return the stages of a search in the order in which they run.

    Args:
        settings: Of the search.
        create: Creates the samplers of the Bayesian stages.
    """
    stages: list[Stage] = []
    for key in STRATEGIES[settings.strategy].stages:
        stage: type[Stage] = EntryPoint(key.name, key.stage, "").load()
        stages.append(stage(create) if issubclass(stage, BayesianStage) else stage())
    if settings.pruner == "hyperband":
        first = next(stage for stage in stages if isinstance(stage, BayesianStage))
        stages.insert(0, Pilot(first))
    return tuple(stages)
