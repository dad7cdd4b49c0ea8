"""The published algorithm of Deep-n-Cheap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc.gp import (
    GaussianProcess,
    KernelTerm,
    Mixture,
    default_terms,
    expected_improvement,
)
from optuna_dnc.gp.output_transform import finite
from optuna_dnc.samplers.dnc.explanation import Explanation
from optuna_dnc.samplers.dnc.reading import read_trials
from optuna_dnc.samplers.dnc.suggest_order import SuggestOrders
from optuna_dnc.space import Column, SearchSpace, infer_space

OMEGA = 3.0
NOISE = 1e-4
XI = 1e-4
_N_STARTUP = 15


class DeepNCheapModel:
    """The best of random configurations by expected improvement under the fixed ramp kernel.

    Omega 3, equal weights, noise variance 1e-4, xi 1e-4, prior mean the mean of the observed
    losses (Dey et al. 2020, arXiv 2004.00974, section 3). Only COMPLETE trials count. Its
    constants suit losses that differ by about 1, such as log10 losses.

    Args:
        space: The search space; None infers it from the finished trials.
        terms: Kernel terms; parameters that none covers get a ramp each.
        n_candidates: Random configurations rated.
        seed: Seed of all draws.
    """

    startup: ClassVar[str] = "sobol"

    def __init__(
        self,
        *,
        space: SearchSpace | None,
        terms: Sequence[KernelTerm],
        n_candidates: int,
        seed: int,
    ) -> None:
        self._fixed_space = space
        self._terms = tuple(terms)
        self._n_candidates = n_candidates
        self._seed = seed

    def check(self, study: Study) -> None:
        """Raise InputError for a study with several objectives."""
        if len(study.directions) > 1:
            raise InputError(
                f'preset="deep-n-cheap" needs a study with one objective, got '
                f"{len(study.directions)} directions; leave preset at its default."
            )

    def is_starting(self, study: Study, number: int, n_startup: int | None) -> bool:
        """Return whether fewer than ``n_startup`` trials, None for 15, are COMPLETE."""
        del number
        return len(_complete(study)) < (_N_STARTUP if n_startup is None else n_startup)

    def prepare(self, study: Study, n_startup: int | None) -> None:
        """Do nothing: no fit could be saved."""

    def space(self, study: Study, number: int) -> SearchSpace:
        """Return the space that the COMPLETE trials show, unless it is given."""
        del number
        if self._fixed_space is not None:
            return self._fixed_space
        trials, orders = _complete(study), SuggestOrders()
        orders.learn(trials)
        return infer_space([orders.of(trial) for trial in trials])

    def values(
        self, study: Study, trial: FrozenTrial, distributions: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return a value for every name, also for those inactive here."""
        trials = _complete(study)
        known = self.space(study, trial.number)
        space = SearchSpace({**known.distributions, **distributions}, known.conditions)
        rng = np.random.default_rng([self._seed, 0, trial.number])
        candidates = space.sample(rng.random((self._n_candidates, len(space.names))))
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        losses = finite(sign * np.array([t.value for t in trials], dtype=np.float64))
        x = space.encode([t.params for t in trials])
        row = propose(space, x, losses, self._terms, candidates) if len(x) else candidates[0]
        params = space.decode(row)
        return {name: params[name] for name in distributions}

    def value(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        """Draw a value uniformly: the published algorithm has no conditional proposals."""
        del study
        rng = np.random.default_rng([self._seed, 1, trial.number, *name.encode()])
        column = Column(distribution)
        return column.decode(float(column.sample(rng.random(1))[0]))

    def explain(self, study: Study, objective: int) -> Explanation:
        """Raise InputError: fixed hyperparameters explain nothing."""
        raise InputError(
            'preset="deep-n-cheap" has fixed hyperparameters that explain nothing; use '
            "DNCSampler().explain(study)."
        )


def _complete(study: Study) -> list[FrozenTrial]:
    return [trial for trial in read_trials(study) if trial.state == TrialState.COMPLETE]


def propose(
    space: SearchSpace, x: Array, y: Array, terms: Sequence[KernelTerm], candidates: Array
) -> Array:
    """Return the candidate of largest expected improvement, (d,) float64 positions without NaN.

    Args:
        space: The space of the positions.
        x: (n, d) float64 positions of the observed configurations, NaN where inactive.
        y: (n,) float64 finite losses.
        terms: Kernel terms; parameters that none covers get a ramp each.
        candidates: (m, d) float64 positions without NaN.
    """
    mixture = Mixture(terms=default_terms(space, terms), omega=OMEGA)
    surrogate = GaussianProcess(kernel=mixture, space=space, noise=NOISE).fit(x, y)
    mean, sd = surrogate.predict(space.activate(candidates))
    ei = expected_improvement(mean, sd, best=float(y.min()), xi=XI)
    winner: Array = candidates[int(np.argmax(ei))]
    return winner
