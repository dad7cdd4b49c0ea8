"""Bayesian optimization sampler for flat and conditional spaces."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._arguments import seed_or_drawn, whole
from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._limits import MOST_CANDIDATES
from optuna_dnc.gp import KernelTerm
from optuna_dnc.gp.one_thread import one_thread
from optuna_dnc.samplers.dnc.explanation import Explanation
from optuna_dnc.samplers.dnc.model import PRESETS, Model
from optuna_dnc.samplers.dnc.order_notes import OrderNotes
from optuna_dnc.samplers.dnc.reading import begin_reading, end_reading
from optuna_dnc.samplers.dnc.startup import STARTUPS
from optuna_dnc.samplers.study_memory import StudyMemory
from optuna_dnc.space import Column, SearchSpace
from optuna_dnc.space.merge import includes, union_of
from optuna_dnc.space.trace import SpaceLike, coerce_space

_UNKNOWN_PARAMETER = 1 << 32
"""Random stream of parameters that the model does not know, beyond those of plans."""


class DNCSampler(BaseSampler):
    """A sampler by Bayesian optimization, for flat and conditional spaces.

    After a start-up on points of the Sobol sequence, each trial gets the configuration of largest
    log expected improvement under a Gaussian process. Two presets:

    - ``"default"``: the kernel is a sum of Matern-5/2 kernels, one over all parameters and one
      over each set of parameters that exist under the same conditions, for configurations that
      have them. Losses are transformed; lengthscales, variances and noise are fitted (maximum a
      posteriori); random candidates are followed by local search. ``docs/sampler.md`` has the
      formulas and the benefit of each part.
    - ``"deep-n-cheap"``: the published algorithm (Dey et al. 2020, arXiv 2004.00974, section 3):
      the mean of ``exp(-d**2/2)`` over the parameters, ``d = 3 * |p1 - p2|`` on ramp positions p
      in [0, 1] and 3 where only one configuration has the parameter, noise variance 1e-4, EI
      with xi 1e-4, best of ``n_candidates`` random configurations. Its constants suit losses
      that differ by about 1, such as log10 losses.

    The default preset handles several objectives (expected hypervolume improvement), constraints
    (``trial.set_constraint``), running trials of other workers, PRUNED trials (reports are low
    fidelities, on any monotone scale; with ``WilcoxonPruner``, whose steps are instances, their
    mean over shared instances) and regions where trials fail, are PRUNED without a report, or
    have an infinitely bad value: failure has a probability and a price. The model proposes every
    parameter that any trial with a value had, given the values that the trial already has; other
    names, and those that ``search_space`` leaves out, are drawn uniformly. ``"deep-n-cheap"``
    learns from COMPLETE trials of single-objective studies only.

    An infinitely bad value counts as a failure, an infinitely good one as better than all finite
    ones. All draws are determined by the seed and the trial's number, and memory of a study only
    saves time: the same seed gives the same proposals in any process, and a resumed trial gets
    the same values as before. Planned values of running trials that are not suggested yet are
    known only to the sampler object that planned them.

    Example::

        study = optuna.create_study(sampler=DNCSampler(seed=0))
        study.optimize(objective, n_trials=30)

    Args:
        search_space: Space of the model: a dictionary of Optuna distributions, a
            :class:`~optuna_dnc.space.SearchSpace` with conditions, or a function of a trial that
            calls ``suggest_*``, which is traced once here. None learns the space, with its
            conditions, from the study's finished trials before each proposal.
        n_startup_trials: Number of trials before the model takes over, at least 0. Where several
            workers run them, half of them must have ended, in any state. None takes 4 plus one
            for every two parameters that trials have had, at most 15, and 15 once a trial has
            failed; in ``"deep-n-cheap"`` it takes 15 COMPLETE trials.
        n_candidates: Configurations rated for each proposal, at least 1.
        preset: ``"default"`` or ``"deep-n-cheap"``.
        kernels: Kernel terms of :mod:`optuna_dnc.gp`. The default preset adds each to its own
            kernel as soon as the space has the parameters that it covers; in ``"deep-n-cheap"``
            each parameter that none covers gets a :class:`~optuna_dnc.gp.Ramp`.
        startup: Points of the start-up. ``"sobol"``: trial k takes point k + 1 of the Sobol
            sequence, as Deep-n-Cheap. ``"shifted-sobol"``: the seed shifts the sequence after its
            first point, the middle of all ranges, and parameters that only some trials have start
            at the first point. None takes the latter with the default preset, the former with
            ``"deep-n-cheap"``.
        seed: At least 0. None draws one at random here. The study keeps the seed of its first
            trial for the shift of the start-up, so that workers with different seeds share one
            sequence.
    """

    def __init__(
        self,
        *,
        search_space: SpaceLike | None = None,
        n_startup_trials: int | None = None,
        n_candidates: int = 1000,
        preset: str = "default",
        kernels: Sequence[KernelTerm] = (),
        startup: str | None = None,
        seed: int | None = None,
    ) -> None:
        if preset not in PRESETS:
            raise unknown_name("preset", str(preset), PRESETS)
        if startup is not None and startup not in STARTUPS:
            raise unknown_name("startup", str(startup), STARTUPS)
        self._n_startup_trials = (
            None
            if n_startup_trials is None
            else whole("n_startup_trials", n_startup_trials, least=0)
        )
        self._fixed_space = coerce_space(search_space)
        terms = tuple(kernels)
        for term in terms:
            if not isinstance(term, KernelTerm):
                raise InputError(
                    f"kernels must hold kernel terms, got {shown(term)}; use those of "
                    "optuna_dnc.gp."
                )
            if self._fixed_space is not None:
                for name in term.covers(self._fixed_space):
                    self._fixed_space.position(name)  # or InputError
        self._seed = seed_or_drawn(seed)
        self._startup = PRESETS[preset].startup if startup is None else startup
        self._order_notes = OrderNotes()
        self._models: StudyMemory[Model] = StudyMemory(
            partial(
                PRESETS[preset],
                space=self._fixed_space,
                terms=terms,
                n_candidates=whole("n_candidates", n_candidates, least=1, most=MOST_CANDIDATES),
                seed=self._seed,
            )
        )

    def reseed_rng(self) -> None:
        """Do nothing: draws depend on the seed and the trial's number, so threads differ."""

    def prepare(self, study: Study) -> None:
        """Plan the next trial of a study in advance, so that it starts sooner.

        Workers that decide under a lock call this before they take it. Unless a trial ends or
        begins in between, the next one gets this plan; else it is planned as without this call.
        Proposals stay the same.
        """
        model = self._model(study)
        begin_reading(study)
        with one_thread():
            model.prepare(study, self._n_startup_trials)
        end_reading()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Remember the trial, to see the order in which its parameters are suggested."""
        end_reading()
        self._order_notes.begin(study, trial)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Note the order of suggestion in the trial if it does not follow from earlier trials."""
        end_reading()
        if state in (TrialState.COMPLETE, TrialState.PRUNED):
            self._order_notes.end(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the distributions of the model, none during start-up."""
        model = self._model(study)
        begin_reading(study)
        if self._is_starting(model, study, trial):
            return {}
        space = model.space(study, trial.number)
        return {name: space.distributions[name] for name in space.free}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return values for the names in ``search_space`` that this trial is expected to need."""
        model = self._model(study)
        if not search_space:
            return {}
        with one_thread():
            return model.values(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value for one parameter.

        During start-up the j-th parameter of the trial takes coordinate j of a point of the Sobol
        sequence, see ``startup``. Afterwards the model answers, given the trial's other values;
        a parameter that it does not know is drawn uniformly.
        """
        model = self._model(study)
        column = Column(param_distribution)
        if self._fixed_space is not None:
            self._has(self._fixed_space, param_name, param_distribution)
        if self._is_starting(model, study, trial):
            coordinate = sum(not d.single() for d in trial.distributions.values())
            point = STARTUPS[self._startup]
            position = point(study, trial, param_name, coordinate, self._seed)
            return column.decode(float(column.sample(np.array([position]))[0]))
        if self._has(model.space(study, trial.number), param_name, param_distribution):
            with one_thread():
                return model.value(study, trial, param_name, param_distribution)
        name = zlib.crc32(param_name.encode())
        rng = np.random.default_rng([self._seed, trial.number, _UNKNOWN_PARAMETER, name])
        return column.decode(float(column.sample(rng.random(1))[0]))

    def _has(self, space: SearchSpace, name: str, suggested: BaseDistribution) -> bool:
        """Return whether a space has a parameter; InputError if the distributions conflict."""
        known = space.distributions.get(name)
        if known is None:
            return False
        # A range learned from the study may grow; one given by the user is the widest.
        fits = self._fixed_space is None or includes(known, suggested)
        if union_of(known, suggested) is None or not fits:
            raise InputError(
                f"search_space or the study has {known} for {shown(name)}, the trial asks for "
                f"{suggested}; make them of one kind, with the same log and choices, and let "
                "search_space include all that trials ask for."
            )
        return True

    def explain(self, study: Study, *, objective: int = 0) -> Explanation:
        """Return parameter importances, and how well the surrogate predicts the trials.

        Every trial is predicted from all others (leave-one-out). If predictions and observations
        disagree, trust the sampler no more than random search. Printing the result gives a
        summary, ``plot()`` a calibration plot.

        Args:
            study: Any study with at least four finished trials, by any sampler.
            objective: Index of the objective, from 0.
        """
        model = self._models.of(study)
        if whole("objective", objective, least=0) >= len(study.directions):
            raise InputError(
                f"objective must be 0 to {len(study.directions) - 1}, got {objective}; "
                f"the study has {len(study.directions)}."
            )
        end_reading()
        with one_thread():
            return model.explain(study, objective)

    def _is_starting(self, model: Model, study: Study, trial: FrozenTrial) -> bool:
        return model.is_starting(study, trial.number, self._n_startup_trials)

    def _model(self, study: Study) -> Model:
        """Return the model of a study; InputError if it cannot handle the study."""
        model = self._models.of(study)
        model.check(study)
        return model
