"""The sampler."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import BaseTrial, FrozenTrial

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc._optuna_compat import complete_trials
from optuna_dnc.gp import KernelTerm
from optuna_dnc.samplers.presets import PRESETS
from optuna_dnc.samplers.proposal import finite_losses, propose
from optuna_dnc.samplers.sobol_start import sobol_point
from optuna_dnc.space import Column, SearchSpace, infer_space, trace_space

Space = SearchSpace | Mapping[str, BaseDistribution] | Callable[[BaseTrial], Any]

# First word of each random stream, so that no two share numbers.
_CANDIDATES, _INDEPENDENT = 0, 1


class DNCSampler(BaseSampler):
    """Proposes configurations by Bayesian optimisation with the ramp kernel of Deep-n-Cheap.

    After ``n_startup_trials`` points of the Sobol sequence each trial gets the best of
    ``n_candidates`` random configurations by expected improvement, ``EI = (f* - mu - xi) *
    Phi(z) + sd * phi(z)``, ``z = (f* - mu - xi) / sd``, under a Gaussian process whose kernel is
    the mean of ``exp(-d**2/2)`` over the search parameters, ``d = 3 * |p1 - p2|`` on ramp
    positions p in [0, 1] (Dey et al. 2020, arXiv 2004.00974, section 3). Spaces may be
    conditional: a parameter that only one of two configurations has counts distance 3.

    Presets: ``"deep-n-cheap"`` is the published algorithm to the letter, omega 3, equal weights,
    noise variance 1e-4, xi 1e-4, prior mean the mean of the observed losses. Its constants suit
    losses that differ by about 1, such as log10 losses; much smaller ones drown in the prior.
    ``"default"`` is the same but that losses are standardised first, so that their unit does not
    matter.

    Only COMPLETE trials are learned from; infinite values count as the worst or best finite one.
    Everything random comes from the seed and the trial's number, nothing is kept in between: the
    same seed gives the same proposals in any process, and a trial that is taken up again gets
    the same answers. Parameters outside the model (not in ``search_space``, or in no finished
    trial yet) are drawn uniformly after start-up. Single-objective studies only.

    Example::

        study = optuna.create_study(sampler=DNCSampler(seed=0))
        study.optimize(objective, n_trials=30)

    Args:
        search_space: What the model covers: a dictionary of Optuna distributions, a
            :class:`~optuna_dnc.space.SearchSpace` with conditions, or a function of a trial that
            calls ``suggest_*``, which is traced once here. None learns the space, with its
            conditions, from the study's finished trials before each proposal.
        n_startup_trials: Number of COMPLETE trials before the model takes over, at least 0.
        n_candidates: Random configurations rated for each proposal, at least 1.
        preset: ``"default"`` or ``"deep-n-cheap"``.
        kernels: Kernel terms of :mod:`optuna_dnc.gp`; each parameter that none covers gets a
            :class:`~optuna_dnc.gp.Ramp`.
        seed: At least 0. None draws one at random here. The start-up is the same for all seeds,
            so that workers with different ones share one Sobol sequence.
    """

    def __init__(
        self,
        *,
        search_space: Space | None = None,
        n_startup_trials: int = 15,
        n_candidates: int = 1000,
        preset: str = "default",
        kernels: Sequence[KernelTerm] = (),
        seed: int | None = None,
    ) -> None:
        if preset not in PRESETS:
            raise unknown_name("preset", str(preset), PRESETS)
        self._preset = PRESETS[preset]
        self._space = _fixed_space(search_space)
        self._n_startup_trials = _whole("n_startup_trials", n_startup_trials, least=0)
        self._n_candidates = _whole("n_candidates", n_candidates, least=1)
        self._kernels = tuple(kernels)
        for term in self._kernels:
            if not isinstance(term, KernelTerm):
                raise InputError(
                    f"kernels must hold kernel terms, got {term!r}; use those of optuna_dnc.gp."
                )
        drawn = int(np.random.SeedSequence().generate_state(1)[0])
        self._seed = drawn if seed is None else _whole("seed", seed, least=0)

    def reseed_rng(self) -> None:
        """Do nothing: proposals depend on the seed and the trial's number, so threads differ."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the distributions of the model, none during start-up."""
        _check_single_objective(study)
        trials = complete_trials(study)
        if len(trials) < self._n_startup_trials:
            return {}
        space = self._known_space(trials)
        return {name: space.distributions[name] for name in space.free}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return a value for every name in ``search_space``, also for those inactive here."""
        _check_single_objective(study)
        if not search_space:
            return {}
        trials = complete_trials(study)
        known = self._known_space(trials)
        space = SearchSpace({**known.distributions, **search_space}, known.conditions)
        rng = np.random.default_rng([self._seed, _CANDIDATES, trial.number])
        row = propose(
            space,
            space.encode([t.params for t in trials]),
            finite_losses(trials, maximize=study.direction == StudyDirection.MAXIMIZE),
            kernels=self._kernels,
            preset=self._preset,
            candidates=space.sample(rng.random((self._n_candidates, len(space.names)))),
        )
        params = space.decode(row)
        return {name: params[name] for name in search_space}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value from the Sobol sequence during start-up, a random one afterwards.

        Trial k takes point k + 1, the j-th parameter that it asks for takes coordinate j.
        """
        _check_single_objective(study)
        if len(complete_trials(study)) < self._n_startup_trials:
            place = sum(not asked.single() for asked in trial.distributions.values())
            point = sobol_point(trial.number + 1, place + 1)
            uniform = point[place:]
        else:
            name = zlib.crc32(param_name.encode())
            rng = np.random.default_rng([self._seed, _INDEPENDENT, trial.number, name])
            uniform = rng.random(1)
        column = Column(param_distribution)
        return column.decode(float(column.sample(uniform)[0]))

    def _known_space(self, trials: Sequence[FrozenTrial]) -> SearchSpace:
        return infer_space(trials) if self._space is None else self._space


def _fixed_space(search_space: Space | None) -> SearchSpace | None:
    if search_space is None or isinstance(search_space, SearchSpace):
        return search_space
    if isinstance(search_space, Mapping):
        return SearchSpace(search_space)
    if callable(search_space):
        return trace_space(search_space)
    raise InputError(
        f"search_space must be a dictionary of distributions, a SearchSpace, a function of a "
        f"trial or None, got {search_space!r}; None learns it from the study."
    )


def _check_single_objective(study: Study) -> None:
    if len(study.directions) > 1:
        raise InputError(
            f"DNCSampler needs a study with one objective, got {len(study.directions)} "
            f"directions; combine them, or use optuna.samplers.NSGAIISampler."
        )


def _whole(name: str, value: object, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{name} must be an int of at least {least}, got {value!r}; change it.")
    return int(value)
