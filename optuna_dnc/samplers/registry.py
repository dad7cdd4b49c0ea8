"""The registry of samplers that a search can use, and how it creates one for a stage."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from optuna.samplers import BaseSampler
from optuna.trial import BaseTrial

from optuna_dnc._errors import InputError, shown
from optuna_dnc._registry import Registry, name_of
from optuna_dnc.gp import KernelTerm
from optuna_dnc.samplers.bohb import BOHBSampler
from optuna_dnc.samplers.dnc import DNCSampler


@dataclass(frozen=True)
class SamplerRequest:
    """The stage of a search for which a sampler is created."""

    search_space: Callable[[BaseTrial], Any]
    """Suggests every parameter of the stage, from any trial."""
    kernels: Sequence[KernelTerm]
    """Kernel terms of the network family or the training space; may be empty."""
    seed: int
    n_startup_trials: int | None
    """None leaves it to the sampler."""
    n_candidates: int
    preset: str
    """``default`` or ``deep-n-cheap``."""


SamplerFactory: TypeAlias = Callable[[SamplerRequest], BaseSampler]

SamplerSource: TypeAlias = str | BaseSampler | type[BaseSampler] | SamplerFactory
"""A registered name; a sampler, which serves every stage; a class, whose objects get the seed of
their stage; or a function that creates a sampler for a stage."""


def dnc_sampler(request: SamplerRequest) -> BaseSampler:
    """Create the sampler of Deep-n-Cheap."""
    return DNCSampler(
        search_space=request.search_space,
        kernels=request.kernels,
        n_startup_trials=request.n_startup_trials,
        n_candidates=request.n_candidates,
        preset=request.preset,
        seed=request.seed,
    )


def bohb_sampler(request: SamplerRequest) -> BaseSampler:
    """Create the sampler of BOHB."""
    return BOHBSampler(search_space=request.search_space, seed=request.seed)


def _factory(name: str, sampler: Any) -> SamplerFactory:
    if isinstance(sampler, BaseSampler):
        return lambda request: sampler
    if isinstance(sampler, type):
        if not issubclass(sampler, BaseSampler):
            raise _wrong_type(name, sampler)
        create: Callable[..., BaseSampler] = sampler
        if "seed" not in inspect.signature(sampler).parameters:
            return lambda request: create()
        return lambda request: create(seed=request.seed)
    if not callable(sampler):
        raise _wrong_type(name, sampler)

    def checked(request: SamplerRequest) -> BaseSampler:
        created = sampler(request)
        if not isinstance(created, BaseSampler):
            raise _wrong_type(name, created)
        return created

    return checked


def _wrong_type(name: str, sampler: object) -> InputError:
    return InputError(
        f"sampler {shown(name)} must be an Optuna sampler, a class of samplers, or a function "
        f"that takes a SamplerRequest and returns a sampler, got {shown(sampler)}; change it."
    )


SAMPLERS = Registry[SamplerFactory](
    "sampler",
    "optuna_dnc.samplers",
    {
        "dnc": "optuna_dnc.samplers.registry:dnc_sampler",
        "bohb": "optuna_dnc.samplers.registry:bohb_sampler",
    },
    _factory,
    takes_objects=True,
)


def register_sampler(name: str, sampler: BaseSampler | type[BaseSampler] | SamplerFactory) -> None:
    """Register a sampler, a class of samplers or a factory under a name for searches.

    For every process, declare it as an entry point of the group ``optuna_dnc.samplers`` instead.

    >>> register_sampler("tpe", lambda request: TPESampler(seed=request.seed, group=True))

    Raises:
        InputError: The name is taken, or ``sampler`` is none of these.
    """
    SAMPLERS.register(name, _factory(name, sampler))


def sampler_factory(sampler: SamplerSource) -> SamplerFactory:
    """Return the function that creates the sampler of a stage.

    Raises:
        InputError: The name is not registered, or ``sampler`` is of another type.
    """
    if isinstance(sampler, str):
        return SAMPLERS[sampler]
    return _factory(name_of(sampler), sampler)
