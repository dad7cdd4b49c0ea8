"""The sampler."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import partial
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._arguments import seed_or_drawn, whole
from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._limits import MOST_CANDIDATES
from optuna_dnc._optuna_compat import storage_and_id
from optuna_dnc.gp import KernelTerm
from optuna_dnc.gp.one_thread import one_thread
from optuna_dnc.samplers.explanation import Explanation
from optuna_dnc.samplers.order_notes import OrderNotes
from optuna_dnc.samplers.planner import Planner
from optuna_dnc.samplers.published import Published
from optuna_dnc.samplers.reading import begin_reading, end_reading, read_agreed, read_trials
from optuna_dnc.samplers.sobol_start import sobol_point, start_coordinate
from optuna_dnc.samplers.startup import start_index
from optuna_dnc.space import Column, SearchSpace
from optuna_dnc.space.given import GivenSpace, given_space
from optuna_dnc.space.merge import includes, union_of

Model = Planner | Published
PRESETS: dict[str, type[Model]] = {"default": Planner, "deep-n-cheap": Published}
_START_SEED = "dnc:start_seed"
"""Name under which a study keeps what shifts its start-up, for all workers."""
_UNKNOWN_PARAMETER = 1 << 32  # a random stream of its own
_models_lock = Lock()


class DNCSampler(BaseSampler):
    """Proposes configurations by Bayesian optimisation, on flat and on conditional spaces.

    After a few points of the Sobol sequence each trial gets the configuration of largest log
    expected improvement under a Gaussian process. Two presets:

    - ``"default"``: the kernel is a sum of Matern-5/2 kernels, one over all parameters and one
      over each set of parameters that exist under the same conditions, which only configurations
      that have them share. Lengthscales, variances and noise are fitted (maximum a posteriori),
      losses are transformed first, random configurations are followed by local search. See
      ``docs/sampler.md`` for the formulas and for what each part is worth.
    - ``"deep-n-cheap"``: the published algorithm (Dey et al. 2020, arXiv 2004.00974, section 3):
      the mean of ``exp(-d**2/2)`` over the parameters, ``d = 3 * |p1 - p2|`` on ramp positions p
      in [0, 1] and 3 where only one configuration has the parameter, noise variance 1e-4, EI
      with xi 1e-4, best of ``n_candidates`` random configurations. Its constants suit losses
      that differ by about 1, such as log10 losses.

    The default handles several objectives (expected hypervolume), constraints
    (``trial.set_constraint``), what other workers are running, PRUNED trials (by what others with
    such reports came to, on whatever monotone scale; with ``WilcoxonPruner``, whose steps are
    instances, the mean over shared instances) and regions where trials keep failing, are PRUNED
    without a report, or have an infinitely bad value: failure is a probability with a price. Every
    parameter that was in a trial with a value is proposed by the model, given what the trial has
    already got; only a name that none of them had, or that ``search_space`` leaves out, is drawn
    uniformly. ``"deep-n-cheap"`` learns from COMPLETE trials of single-objective studies alone.

    A value that is infinitely bad counts as a failure, one that is infinitely good as better
    than all finite ones. Everything random comes from the seed and the trial's number, and
    what is remembered of a study only saves time: the same seed gives the same proposals in
    any process, and a trial that the model proposed gets the same answers when it is taken up
    again. What running trials are going to ask for is known to the sampler object that planned
    them alone.

    Example::

        study = optuna.create_study(sampler=DNCSampler(seed=0))
        study.optimize(objective, n_trials=30)

    Args:
        search_space: What the model covers: a dictionary of Optuna distributions, a
            :class:`~optuna_dnc.space.SearchSpace` with conditions, or a function of a trial that
            calls ``suggest_*``, which is traced once here. None learns the space, with its
            conditions, from the study's finished trials before each proposal.
        n_startup_trials: Number of trials that have to end, however they end, before the model
            takes over; at least 0. None takes 4 and one more for every two parameters that
            trials have asked for, at most 15, and 15 once one of them has failed; in
            ``"deep-n-cheap"`` it takes 15 COMPLETE trials.
        n_candidates: Configurations rated for each proposal, at least 1.
        preset: ``"default"`` or ``"deep-n-cheap"``.
        kernels: Kernel terms of :mod:`optuna_dnc.gp`. The default preset adds them to its own
            kernel, each as soon as the space has what it covers; in ``"deep-n-cheap"`` each
            parameter that none covers gets a :class:`~optuna_dnc.gp.Ramp`.
        seed: At least 0. None draws one at random here. It also shifts the Sobol sequence of the
            start-up, after its first point, the middle of all ranges. The study keeps the seed
            of its first trial, so that workers with different ones share one sequence.
    """

    def __init__(
        self,
        *,
        search_space: GivenSpace | None = None,
        n_startup_trials: int | None = None,
        n_candidates: int = 1000,
        preset: str = "default",
        kernels: Sequence[KernelTerm] = (),
        seed: int | None = None,
    ) -> None:
        if preset not in PRESETS:
            raise unknown_name("preset", str(preset), PRESETS)
        self._n_startup_trials = (
            None
            if n_startup_trials is None
            else whole("n_startup_trials", n_startup_trials, least=0)
        )
        self._given = given_space(search_space)
        terms = tuple(kernels)
        for term in terms:
            if not isinstance(term, KernelTerm):
                raise InputError(
                    f"kernels must hold kernel terms, got {shown(term)}; use those of "
                    "optuna_dnc.gp."
                )
            if self._given is not None:
                for name in term.covers(self._given):
                    self._given.position(name)  # or InputError
        self._seed = seed_or_drawn(seed)
        self._new_model = partial(
            PRESETS[preset],
            space=self._given,
            terms=terms,
            n_candidates=whole("n_candidates", n_candidates, least=1, most=MOST_CANDIDATES),
            seed=self._seed,
        )
        self._is_published = preset == "deep-n-cheap"
        self._order_notes = OrderNotes()
        self._models: WeakKeyDictionary[BaseStorage, dict[int, Model]] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is remembered of studies: it only saves time."""
        return {**self.__dict__, "_models": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _models=WeakKeyDictionary())

    def reseed_rng(self) -> None:
        """Do nothing: proposals depend on the seed and the trial's number, so threads differ."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Remember the trial, to see in which order it asks for parameters."""
        end_reading()
        self._order_notes.begin(study, trial)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Note in which order the trial asked, where that does not follow from earlier trials."""
        end_reading()
        if state in (TrialState.COMPLETE, TrialState.PRUNED):
            self._order_notes.end(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the distributions of the model, none during start-up."""
        self._check(study)
        begin_reading(study)
        if self._is_starting(study, trial):
            return {}
        space = self._model(study).space(study, trial.number)
        return {name: space.distributions[name] for name in space.free}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return values for the names in ``search_space`` that this trial is expected to need."""
        self._check(study)
        if not search_space:
            return {}
        with one_thread():
            return self._model(study).values(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a value for one parameter.

        During start-up trial k takes point k + 1 of the Sobol sequence, the j-th parameter that
        it asks for takes coordinate j; in the default preset the sequence is shifted, and
        parameters that only some trials have begin with its first point, see
        :func:`~optuna_dnc.samplers.startup.start_index`. Later the model answers, given
        what the trial has got; a parameter that it has never seen is drawn uniformly.
        """
        self._check(study)
        column = Column(param_distribution)
        if self._given is not None:
            self._has(self._given, param_name, param_distribution)
        if self._is_starting(study, trial):
            coordinate = sum(not asked.single() for asked in trial.distributions.values())
            position = self._start_position(study, trial, param_name, coordinate)
            return column.decode(float(column.sample(np.array([position]))[0]))
        model = self._model(study)
        if self._has(model.space(study, trial.number), param_name, param_distribution):
            with one_thread():
                return model.value(study, trial, param_name, param_distribution)
        name = zlib.crc32(param_name.encode())
        rng = np.random.default_rng([self._seed, trial.number, _UNKNOWN_PARAMETER, name])
        return column.decode(float(column.sample(rng.random(1))[0]))

    def _has(self, space: SearchSpace, name: str, asked: BaseDistribution) -> bool:
        """Whether a space has a parameter; InputError where it contradicts what is asked."""
        known = space.distributions.get(name)
        if known is None:
            return False
        # A range that the study has learned may move, one that was given is the widest.
        if union_of(known, asked) is None or not (self._given is None or includes(known, asked)):
            raise InputError(
                f"search_space or the study has {known} for {shown(name)}, the trial asks for "
                f"{asked}; make them of one kind, with the same log and choices, and let "
                "search_space include all that trials ask for."
            )
        return True

    def _start_position(
        self, study: Study, trial: FrozenTrial, name: str, coordinate: int
    ) -> float:
        """Return where a parameter is in [0, 1) during start-up."""
        if self._is_published:
            return float(sobol_point(trial.number + 1, coordinate + 1)[coordinate])
        index = start_index(read_trials(study), trial, name)
        return start_coordinate(index, coordinate, read_agreed(study, _START_SEED, self._seed))

    def explain(self, study: Study, *, objective: int = 0) -> Explanation:
        """Return what the model makes of a study: which parameters matter, and is it any good?

        Every trial is predicted from all others. Where predictions and observations disagree,
        trust the sampler no more than random search. Printing the result gives a summary,
        ``plot()`` a calibration plot.

        Args:
            study: Any study with a few finished trials, by whatever sampler.
            objective: Which of several objectives, from 0.
        """
        model = self._model(study)
        if not isinstance(model, Planner):
            raise InputError(
                'preset="deep-n-cheap" has fixed hyperparameters that explain nothing; use '
                "DNCSampler().explain(study)."
            )
        if whole("objective", objective, least=0) >= len(study.directions):
            raise InputError(
                f"objective must be 0 to {len(study.directions) - 1}, got {objective}; "
                f"the study has {len(study.directions)}."
            )
        end_reading()
        with one_thread():
            return model.explain(study, objective)

    def _check(self, study: Study) -> None:
        if self._is_published and len(study.directions) > 1:
            raise InputError(
                f'preset="deep-n-cheap" needs a study with one objective, got '
                f"{len(study.directions)} directions; leave preset at its default."
            )

    def _is_starting(self, study: Study, trial: FrozenTrial) -> bool:
        return self._model(study).is_starting(study, trial.number, self._n_startup_trials)

    def _model(self, study: Study) -> Model:
        with _models_lock:
            storage, number = storage_and_id(study)
            of_storage = self._models.setdefault(storage, {})
            if number not in of_storage:
                of_storage[number] = self._new_model()
            return of_storage[number]
