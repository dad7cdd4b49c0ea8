"""Plans of whole configurations by the fitted surrogates: the default preset."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock
from typing import Any, ClassVar, NamedTuple

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from optuna_dnc._errors import InputError
from optuna_dnc._optuna_compat import foreseen_params, keeps_order, trial_id
from optuna_dnc.gp.acquisition import Acquisition, at_random
from optuna_dnc.gp.candidates import Candidates
from optuna_dnc.gp.failure_risk import far_from
from optuna_dnc.gp.mixture import KernelTerm
from optuna_dnc.gp.optimize_acquisition import optimize_acquisition
from optuna_dnc.gp.output_transform import finite
from optuna_dnc.samplers.dnc.acquisition import acquisition
from optuna_dnc.samplers.dnc.branches import branch_start
from optuna_dnc.samplers.dnc.encoded_trials import EncodedTrials
from optuna_dnc.samplers.dnc.explanation import Explanation, explain
from optuna_dnc.samplers.dnc.history import History, read_history
from optuna_dnc.samplers.dnc.reading import read_trials
from optuna_dnc.samplers.dnc.requests import Request, has_value_in, nearest, range_in
from optuna_dnc.samplers.dnc.startup import is_starting
from optuna_dnc.samplers.dnc.surrogates import MOST_ROWS, Surrogates
from optuna_dnc.space import SearchSpace

_KEPT_PLANS = 1024
_FEWEST_TO_EXPLAIN = 4


class PlanKey(NamedTuple):
    """Identity of a plan: the point of a trial at which it was made."""

    trial_id: int
    n_values: int
    """Number of parameters that the trial had by then."""
    has_request: bool
    """Whether it was made for a parameter without a planned value in its range."""

    @property
    def stream(self) -> int:
        """Random stream of the plan among those of its trial, the first plan's 0."""
        return 2 * self.n_values + self.has_request


class Planner:
    """A model that plans whole configurations, and plans again when a trial leaves its plan.

    The first plan of a trial includes what others have fixed for it, see ``foreseen_params``. A
    parameter that has no planned value, or one outside the range that the trial suggests from, is
    planned anew together with everything after it, given all values that the trial has by then.
    Plans depend on the finished trials, the seed and the trial alone, so that a trial that another
    process resumes continues as planned.

    Args:
        space: The search space; None learns it from the study.
        terms: Kernel terms that are added to the kernel.
        n_candidates: Configurations rated for a plan.
        seed: Seed of all draws.
    """

    startup: ClassVar[str] = "shifted-sobol"

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
        self._lock = RLock()
        self._forget()

    def _forget(self) -> None:
        self._encoded = EncodedTrials(self._fixed_space)
        self._surrogates = Surrogates(self._terms)
        self._plans: OrderedDict[PlanKey, dict[str, Any]] = OrderedDict()
        self._latest: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._prepared: tuple[tuple[int, bytes], dict[str, Any]] | None = None
        self._begun: datetime | None = None
        # With the list of trials that each was read from, whose identity says if it is current.
        self._histories: dict[int, tuple[list[FrozenTrial], History]] = {}

    def check(self, study: Study) -> None:
        """Accept any study."""

    def _trials(self, study: Study) -> list[FrozenTrial]:
        """Return all trials; forget everything if they are another study's.

        A database gives the id of a deleted study to the next one.
        """
        trials = read_trials(study)
        begun = trials[0].datetime_start if trials else None
        with self._lock:
            if self._begun not in (None, begun):
                self._forget()
            self._begun = begun
        return trials

    def is_starting(self, study: Study, number: int, n_startup: int | None) -> bool:
        """Return :func:`~optuna_dnc.samplers.dnc.startup.is_starting`."""
        return is_starting(self._trials(study), study.directions, number, n_startup)

    def space(self, study: Study, number: int) -> SearchSpace:
        """Return the space that the study's finished trials show, unless it is given."""
        return self.history(study, number).space

    def history(self, study: Study, number: int) -> History:
        """Return the history that trial ``number`` can learn from."""
        with self._lock:
            trials = self._trials(study)
            kept = self._histories.get(number)
            if kept is None or kept[0] is not trials:
                history = read_history(study, trials, number, self._encoded, self._planned)
                kept = self._histories[number] = trials, history
            return kept[1]

    def prepare(self, study: Study, n_startup: int | None) -> None:
        """Plan the next trial, which gets this plan if nothing changes until it begins."""
        with self._lock:
            trials = self._trials(study)
            number = trials[-1].number + 1 if trials else 0
            if self.is_starting(study, number, n_startup):
                return
            history = self.history(study, number)
            known = number, history.digest()
            if self._prepared is None or self._prepared[0] != known:
                self._prepared = known, self._new_plan(history, number, 0, {}, None)

    def _take_prepared(self, history: History, number: int) -> dict[str, Any] | None:
        """Return the plan of :meth:`prepare` for a trial, once; None if it would differ now."""
        prepared, self._prepared = self._prepared, None
        if prepared is None or prepared[0] != (number, history.digest()):
            return None
        return prepared[1]

    def _planned(self, trial: FrozenTrial) -> dict[str, Any]:
        return self._latest.get(trial_id(trial), {})

    def values(
        self, study: Study, trial: FrozenTrial, distributions: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the planned values of the parameters that the trial is expected to need."""
        with self._lock:
            history = self.history(study, trial.number)
            plan = self._current_plan(history, trial, foreseen_params(study, trial), study)
            early = self._known_early(history.space, list(distributions))
            return {
                name: plan[name] for name in early if has_value_in(plan, name, distributions[name])
            }

    def value(
        self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        """Return a value for one parameter, given all values that the trial has."""
        with self._lock:
            history = self.history(study, trial.number)
            foreseen = foreseen_params(study, trial)
            plan = self._current_plan(history, trial, foreseen, study)
            if not has_value_in(plan, name, distribution):
                given = {**foreseen, **trial.params}
                request = name, distribution
                plan = self._plan(history, trial, len(trial.params), given, request)
            return nearest(distribution, plan[name])

    def _known_early(self, space: SearchSpace, names: Sequence[str]) -> list[str]:
        """Return the names that are suggested before any whose range only the trial decides.

        Such a parameter has a range that depends on others, or a sampler around this one decides
        it. All that follow are planned when they are suggested, given its value: a value that was
        proposed before would rest on a guess.
        """
        late = self._encoded.changing.union(set(space.free) - set(names))
        first = min((self._encoded.first_rank(name) for name in late), default=math.inf)
        return [name for name in names if self._encoded.first_rank(name) < first or not late]

    def explain(self, study: Study, objective: int) -> Explanation:
        """Return importances and leave-one-out predictions, see :meth:`DNCSampler.explain`."""
        history = replace(self.history(study, -1), fits=None)  # which leaves the study unchanged
        history = history.at(history.last)
        if len(history.x) < _FEWEST_TO_EXPLAIN:
            raise InputError(
                f"study has {len(history.x)} trials with a value, explain needs at least "
                f"{_FEWEST_TO_EXPLAIN}; run more trials first."
            )
        with self._lock:
            surrogate = self._surrogates.of_losses(history, objective)
        space, history = history.space, history.reduced(MOST_ROWS)
        losses = finite(history.values[:, objective])
        maximize = study.directions[objective] == StudyDirection.MAXIMIZE
        sign = -1.0 if maximize else 1.0
        return explain(surrogate, space, history.numbers.tolist(), losses, sign)

    def _current_plan(
        self, history: History, trial: FrozenTrial, foreseen: Mapping[str, Any], study: Study
    ) -> dict[str, Any]:
        """Return the plan that the trial follows now, by replaying its parameters.

        A process that resumes the trial has none of its plans, and arrives at the same ones: each
        replay makes the same plans in the same order, from the same random streams.
        """
        plan = self._plan(history, trial, 0, foreseen, None)
        given = dict(foreseen)
        params = trial.params if keeps_order(study) else self._encoded.params(trial)
        for n_values, (name, value) in enumerate(params.items()):
            if name in history.space.distributions and plan.get(name) != value:
                request = name, trial.distributions[name]
                plan = self._plan(history, trial, n_values, given, request)
                if plan.get(name) != value:  # the value came from elsewhere: plan what follows
                    plan = self._plan(history, trial, n_values + 1, {**given, name: value}, None)
            given[name] = value
        return plan

    def _plan(
        self,
        history: History,
        trial: FrozenTrial,
        n_values: int,
        given: Mapping[str, Any],
        request: Request | None,
    ) -> dict[str, Any]:
        """Return a plan, kept from an earlier call or new.

        Args:
            history: What the trial can learn from.
            trial: The trial.
            n_values: Number of parameters that it had at this point.
            given: Values that the plan has to contain.
            request: The parameter that is suggested at this point; None if none is.
        """
        key = PlanKey(trial_id(trial), n_values, request is not None)
        if key not in self._plans:
            is_first = key.stream == 0 and not given
            plan = self._take_prepared(history, trial.number) if is_first else None
            if plan is None:
                plan = self._new_plan(history, trial.number, key.stream, given, request)
            self._plans[key] = plan
            # Histories of other trials have to count this plan as pending.
            own = self._histories.get(trial.number)
            self._histories = {} if own is None else {trial.number: own}
            self._latest[trial_id(trial)] = self._plans[key]
            for kept in (self._plans, self._latest):
                while len(kept) > _KEPT_PLANS:
                    kept.popitem(last=False)
        return self._plans[key]

    def _new_plan(
        self,
        history: History,
        number: int,
        stream: int,
        given: Mapping[str, Any],
        request: Request | None,
    ) -> dict[str, Any]:
        space = history.space
        rng = np.random.default_rng([self._seed, number, stream])
        known = space.encode([given])[0]
        unusable = np.concatenate([history.failed, history.infeasible])
        seen = np.concatenate([history.x, history.pending, unusable])
        fixed = {n: float(p) for n, p in zip(space.names, known, strict=True) if p == p}
        if not fixed and request is None and len(history.x):
            fixed = branch_start(space, seen, number, self._seed, history.n_stale)
        candidates = Candidates(
            space,
            rng,
            fixed=fixed,
            allowed={} if request is None else {request[0]: range_in(space, *request)},
            present=None if request is None else request[0],
            repair=history.learn_repair(),
        )
        rate: Acquisition = at_random(rng)
        best = seen[:0]
        if len(history.x):
            rate, best = acquisition(history, self._surrogates, rng)
        elif len(unusable):
            rate = far_from(space, seen)
        # Running trials whose parameters are unknown learn from the same history, and take the
        # larger acquisitions; the rank keeps this trial from proposing the same.
        row = optimize_acquisition(
            rate, candidates, best, seen, self._n_candidates, rank=history.n_unknown
        )
        return space.decode(row)
