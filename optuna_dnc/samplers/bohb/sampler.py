"""BOHB's sampler: kernel density estimates on the largest budget with enough trials."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from threading import Lock
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from optuna_dnc._arguments import between, positive, seed_or_drawn, whole
from optuna_dnc._arrays import Array
from optuna_dnc._errors import InputError
from optuna_dnc._limits import MOST_CANDIDATES
from optuna_dnc._optuna_compat import all_trials, trial_id
from optuna_dnc.samplers.bohb.kde import KDEModel
from optuna_dnc.samplers.budgets import largest_budget, read_observations
from optuna_dnc.samplers.study_memory import StudyMemory
from optuna_dnc.space import Column, SearchSpace
from optuna_dnc.space.merge import MergedDistributions
from optuna_dnc.space.trace import SpaceLike, coerce_space

_MORE_THAN_MIN = 2
"""The paper's ``N_min + 2``, so that the best and the worst trials differ."""


class BOHBSampler(BaseSampler):
    """A sampler by kernel density estimates on the largest budget with enough trials.

    Of 64 draws from l it takes the one with the largest ``l(x) / g(x)``: l is the density of the
    best 15 % of the configurations, g that of the others, both at the largest budget that at
    least ``n_min + 2`` trials reached. A third of the trials is drawn uniformly (Falkner, Klein
    and Hutter 2018, BOHB, arXiv 1807.01774, algorithm 2). Defaults, and the imputation of
    parameters that a configuration lacks from random configurations that have them, are those of
    the authors' code, HpBandSter; :class:`~optuna_dnc.samplers.bohb.kde.ProductKDE` names the
    differences of the densities.

    Every trial that reported at a budget counts there, whether it was stopped, is paused or
    running, failed later or is COMPLETE; any pruner will do. With
    :class:`~optuna_dnc.pruners.HyperbandPruner` it is BOHB. Without reports all COMPLETE trials
    count alike.

    It handles conditional spaces, all distributions, and one objective. All draws are determined
    by the seed and the trial's number: the same seed and the same trials give the same proposals
    in any process. It does not consider running trials, and in a small discrete space it may
    propose a configuration twice, as HpBandSter does.

    Example::

        study = optuna.create_study(sampler=BOHBSampler(seed=0), pruner=HyperbandPruner(...))

    Args:
        n_min: Least number of configurations in either density, at least 2. None takes the
            number of parameters plus 1.
        top_fraction: Share of the configurations that count as good, between 0 and 1.
        n_candidates: Draws rated for each proposal, at least 1.
        random_fraction: Share of the trials drawn uniformly, in [0, 1].
        bandwidth_factor: Factor on the bandwidths of numbers for the draws, above 0.
        min_bandwidth: Least bandwidth of all kernels, above 0.
        search_space: Space of the model: a dictionary of Optuna distributions, a
            :class:`~optuna_dnc.space.SearchSpace`, or a function of a trial that calls
            ``suggest_*``, which is traced once here. None learns it from the study's trials.
        seed: At least 0. None draws one at random here.
    """

    def __init__(
        self,
        *,
        n_min: int | None = None,
        top_fraction: float = 0.15,
        n_candidates: int = 64,
        random_fraction: float = 1 / 3,
        bandwidth_factor: float = 3.0,
        min_bandwidth: float = 1e-3,
        search_space: SpaceLike | None = None,
        seed: int | None = None,
    ) -> None:
        self._n_min = None if n_min is None else whole("n_min", n_min, least=2)
        self._top_fraction = between("top_fraction", top_fraction, 0.0, 1.0)
        self._n_candidates = whole("n_candidates", n_candidates, least=1, most=MOST_CANDIDATES)
        self._random_fraction = between("random_fraction", random_fraction, 0.0, 1.0)
        self._bandwidth_factor = positive("bandwidth_factor", bandwidth_factor)
        self._min_bandwidth = positive("min_bandwidth", min_bandwidth)
        self._space = coerce_space(search_space)
        self._observed = StudyMemory(ObservedSpace)
        self._seed = seed_or_drawn(seed)

    def reseed_rng(self) -> None:
        """Do nothing: draws depend on the seed and the trial's number, so threads differ."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the distributions with more than one value, given or learned from the trials."""
        _check(study)
        space = self._space
        if space is None:
            observations = read_observations(all_trials(study))
            space = self._observed.of(study).after(o.trial for o in observations)
        return {name: space.distributions[name] for name in space.free}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return a value for every name, also for those that this trial may not have."""
        _check(study)
        if not search_space:
            return {}
        space = SearchSpace(search_space)
        rng = np.random.default_rng([self._seed, trial.number])
        row = space.sample(rng.random((1, len(space.names))))[0]
        if rng.random() >= self._random_fraction:
            row = self._propose(study, space, rng, otherwise=row)
        return space.decode(row)

    def _propose(
        self, study: Study, space: SearchSpace, rng: np.random.Generator, *, otherwise: Array
    ) -> Array:
        """Return the model's proposal, (d,) float64; ``otherwise`` while there is no model."""
        n_min = len(space.names) + 1 if self._n_min is None else self._n_min
        observations = read_observations(all_trials(study))
        budget = largest_budget(observations, n_min + _MORE_THAN_MIN)
        if budget is None:
            return otherwise
        at_budget = [o for o in observations if o.reached >= budget]
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        losses = sign * np.array([o.value_at(budget) for o in at_budget], dtype=np.float64)
        model = KDEModel(
            n_min=n_min,
            top_fraction=self._top_fraction,
            n_candidates=self._n_candidates,
            bandwidth_factor=self._bandwidth_factor,
            min_bandwidth=self._min_bandwidth,
        )
        rows = space.encode([o.trial.params for o in at_budget])
        return model.propose(space, rows, np.where(np.isnan(losses), math.inf, losses), rng)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw a value uniformly, for a name without a value from the model in its range."""
        _check(study)
        name = zlib.crc32(param_name.encode())
        rng = np.random.default_rng([self._seed, trial.number, name])
        column = Column(param_distribution)
        return column.decode(float(column.sample(rng.random(1))[0]))


def _check(study: Study) -> None:
    if len(study.directions) > 1:
        raise InputError(
            f"BOHBSampler needs a study with one objective, got {len(study.directions)} "
            f"directions; use DNCSampler for several."
        )


class ObservedSpace:
    """The union of the distributions of a study's trials, each read once, without conditions.

    Names are sorted, so that the space depends on the trials alone and not on the order in which
    they were read.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._merged = MergedDistributions()
        self._n_params: dict[int, int] = {}
        self._space = SearchSpace({})

    def after(self, trials: Iterable[FrozenTrial]) -> SearchSpace:
        """Return the space after these trials."""
        with self._lock:
            changes = []
            for trial in trials:
                key, n = trial_id(trial), len(trial.distributions)
                if self._n_params.get(key) != n:  # a running trial may get more parameters
                    self._n_params[key] = n
                    changes.append(self._merged.add(trial))
            if any(changes):
                self._space = SearchSpace(dict(sorted(self._merged.union().items())))
            return self._space
