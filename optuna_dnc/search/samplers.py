"""Samplers of the stages: the kernels for each network family, and fixed points for grids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from optuna_dnc.gp import GrowthRamp, LayerRamp, Ramp, TotalRamp
from optuna_dnc.nets import CNNFamily, MLPFamily, NetworkFamily
from optuna_dnc.samplers import DNCSampler
from optuna_dnc.search.settings import SearchSettings
from optuna_dnc.training import TrainingSpace


def core_sampler(family: NetworkFamily, settings: SearchSettings) -> DNCSampler:
    """The sampler of stage 1."""
    return DNCSampler(
        search_space=family.suggest_core,
        kernels=core_kernels(family, settings.preset),
        n_startup_trials=settings.n_startup_trials,
        n_candidates=settings.n_candidates,
        preset=settings.preset,
        seed=settings.seed,
    )


def core_kernels(family: NetworkFamily, preset: str) -> Sequence[Any]:
    """How networks of a family are compared; other families get a ramp for each parameter."""
    if isinstance(family, CNNFamily):
        return (
            GrowthRamp(
                length="n_layers", first="channels", growth="growth", maximum=family.max_channels
            ),
        )
    if isinstance(family, MLPFamily):
        # The published kernel sees the total of the nodes alone and cannot tell (380, 20) from
        # (20, 380); the layers' own widths mend that.
        published = TotalRamp("width")
        return (published,) if preset == "deep-n-cheap" else (published, LayerRamp("width"))
    return ()


def training_sampler(space: TrainingSpace, settings: SearchSettings) -> DNCSampler:
    """The sampler of stage 3."""
    return DNCSampler(
        search_space=lambda trial: space.suggest(trial, settings.training(0.0)),
        kernels=(Ramp("weight_decay", zero_below=space.no_decay_below),),
        n_startup_trials=settings.n_startup_trials,
        n_candidates=settings.n_candidates,
        preset=settings.preset,
        seed=settings.seed + 1,
    )


class PlannedSampler(BaseSampler):
    """Answers with the values of a plan: stage 2 decides itself what comes next."""

    def __init__(self) -> None:
        self.plan: dict[str, Any] = {}

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        del study, trial
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        del study, trial, search_space
        return {}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        del study, trial, param_distribution
        return self.plan[param_name]
