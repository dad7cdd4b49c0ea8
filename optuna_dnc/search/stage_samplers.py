"""Samplers of the stages: the kernels for each network family, and fixed points for grids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import BaseTrial, FrozenTrial

from optuna_dnc.gp import GrowthRamp, LayerRamp, Ramp, TotalRamp
from optuna_dnc.nets import CNNFamily, MLPFamily, NetworkFamily
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.samplers import BOHBSampler, DNCSampler
from optuna_dnc.training import TrainingSpace


def core_sampler(family: NetworkFamily, settings: SearchSettings) -> BaseSampler:
    """The sampler of stage 1."""
    kernels = core_kernels(family, settings.preset)
    return _sampler(settings, family.suggest_core, kernels, settings.seed)


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


def training_sampler(space: TrainingSpace, settings: SearchSettings) -> BaseSampler:
    """The sampler of stage 3."""
    return _sampler(
        settings,
        lambda trial: space.suggest(trial, settings.training(0.0)),
        (Ramp("weight_decay", zero_below=space.no_decay_below),),
        settings.seed + 1,
    )


def joint_sampler(
    family: NetworkFamily, define: Callable[[BaseTrial], Any], settings: SearchSettings
) -> BaseSampler:
    """The sampler of a joint search, whose trials are asked what ``define`` asks."""
    kernels = core_kernels(family, settings.preset)
    return _sampler(settings, define, kernels, settings.seed)


def _sampler(
    settings: SearchSettings,
    define: Callable[[BaseTrial], Any],
    kernels: Sequence[Any],
    seed: int,
) -> BaseSampler:
    if settings.sampler == "bohb":
        return BOHBSampler(search_space=define, seed=seed)
    return DNCSampler(
        search_space=define,
        kernels=kernels,
        n_startup_trials=settings.n_random_trials,
        n_candidates=settings.n_candidates,
        preset=settings.preset,
        startup="sobol",  # also of the default preset: searches are compared point by point
        seed=seed,
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
