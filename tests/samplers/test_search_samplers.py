"""The samplers of a search meet their contract; what a search takes for one."""

from __future__ import annotations

import optuna
import pytest
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from optuna_dnc._errors import InputError
from optuna_dnc._registry import name_of
from optuna_dnc.samplers import SamplerRequest
from optuna_dnc.samplers.registry import SAMPLERS, sampler_factory
from optuna_dnc.testing import SamplerContract

REQUEST = SamplerRequest(
    search_space=lambda trial: trial.suggest_float("x", 0, 1),
    kernels=(),
    seed=7,
    n_startup_trials=2,
    n_candidates=10,
    preset="default",
)


class TestDNC(SamplerContract):
    def make_sampler(self, request: SamplerRequest) -> BaseSampler:
        return SAMPLERS["dnc"](request)


class TestBOHB(SamplerContract):
    def make_sampler(self, request: SamplerRequest) -> BaseSampler:
        return SAMPLERS["bohb"](request)


class TestOptunasTPE(SamplerContract):
    def make_sampler(self, request: SamplerRequest) -> BaseSampler:
        return sampler_factory(TPESampler)(request)


def tpe(request: SamplerRequest) -> BaseSampler:
    return TPESampler(seed=request.seed)


def test_a_class_gets_the_seed_of_the_stage() -> None:
    def proposed(sampler: BaseSampler) -> float:
        study = optuna.create_study(sampler=sampler)
        return study.ask().suggest_float("x", 0, 1)

    created = sampler_factory(RandomSampler)(REQUEST)
    assert proposed(created) == proposed(RandomSampler(seed=7))


def test_a_sampler_serves_every_stage_as_it_is() -> None:
    sampler = RandomSampler()
    assert sampler_factory(sampler)(REQUEST) is sampler


def test_a_function_is_called_for_each_stage() -> None:
    assert isinstance(sampler_factory(tpe)(REQUEST), TPESampler)


def test_what_is_no_sampler_is_refused() -> None:
    for wrong in (5, dict):
        with pytest.raises(InputError, match="must be an Optuna sampler, a class of samplers"):
            sampler_factory(wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="returns a sampler, got 5"):
        sampler_factory(lambda request: 5)(REQUEST)  # type: ignore[arg-type, return-value]


def test_names_in_settings_can_be_read() -> None:
    here = __name__
    assert name_of("dnc") == "dnc"
    assert name_of(RandomSampler) == "optuna.samplers._random:RandomSampler"
    assert name_of(RandomSampler()) == "optuna.samplers._random:RandomSampler (instance)"
    assert name_of(tpe) == f"{here}:tpe"


def test_a_string_is_never_imported() -> None:
    with pytest.raises(InputError, match=r"'optuna.samplers:TPESampler' is not a registered name"):
        sampler_factory("optuna.samplers:TPESampler")
