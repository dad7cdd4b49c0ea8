"""Samplers of the stages: of the Bayesian ones, and of the grids of stage 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import BaseTrial, FrozenTrial, TrialState
from typing_extensions import override

from optuna_dnc._optuna_compat import LaterTrials
from optuna_dnc.gp import KernelTerm, Ramp
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.samplers.preparing import prepare
from optuna_dnc.samplers.registry import SamplerFactory, SamplerRequest
from optuna_dnc.training import TrainingSpace


def architecture_sampler(
    create: SamplerFactory,
    family: NetworkFamily,
    define: Callable[[BaseTrial], Any],
    settings: SearchSettings,
) -> BaseSampler:
    """Create the sampler of stage 1 or of a joint search; ``define`` suggests its space."""
    return create(_request(settings, define, family.kernel_terms(settings.preset), settings.seed))


def training_sampler(
    create: SamplerFactory, space: TrainingSpace, settings: SearchSettings
) -> BaseSampler:
    """Create the sampler of stage 3."""

    def define(trial: BaseTrial) -> Any:
        return space.suggest(trial, settings.training(0.0))

    kernels = (Ramp("weight_decay", zero_below=space.no_decay_below),)
    return create(_request(settings, define, kernels, settings.seed + 1))


def _request(
    settings: SearchSettings,
    define: Callable[[BaseTrial], Any],
    kernels: Sequence[KernelTerm],
    seed: int,
) -> SamplerRequest:
    return SamplerRequest(
        search_space=define,
        kernels=kernels,
        seed=seed,
        n_startup_trials=settings.n_random_trials,
        n_candidates=settings.n_candidates,
        preset=settings.preset,
    )


class PlannedSampler(BaseSampler):
    """Sampler that returns the values of ``plan``, which stage 2 sets for each trial."""

    def __init__(self) -> None:
        self.plan: dict[str, Any] = {}

    @override
    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        del study, trial
        return {}

    @override
    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        del study, trial, search_space
        return {}

    @override
    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        del study, trial, param_distribution
        return self.plan[param_name]


def from_trial(sampler: BaseSampler, first: int) -> BaseSampler:
    """Return a sampler that knows a study's trials from number ``first`` on only."""
    return _FromTrial(sampler, first) if first else sampler


class _FromTrial(BaseSampler):
    def __init__(self, sampler: BaseSampler, first: int) -> None:
        self._sampler = sampler
        self._first = first

    @override
    def reseed_rng(self) -> None:
        self._sampler.reseed_rng()

    @override
    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._sampler.infer_relative_search_space(self._seen(study), trial)

    @override
    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._sampler.sample_relative(self._seen(study), trial, search_space)

    @override
    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        seen = self._seen(study)
        return self._sampler.sample_independent(seen, trial, param_name, param_distribution)

    def prepare(self, study: Study) -> None:
        """Prepare the next trial, see :class:`PreparingSampler`."""
        prepare(self._sampler, self._seen(study))

    @override
    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._sampler.before_trial(self._seen(study), trial)

    @override
    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        self._sampler.after_trial(self._seen(study), trial, state, values)

    def _seen(self, study: Study) -> Study:
        return LaterTrials(study, self._first)
