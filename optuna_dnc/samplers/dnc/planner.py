"""Answers what a trial asks for, parameter by parameter, by the fitted surrogate."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import RLock
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial

from optuna_dnc._errors import InputError
from optuna_dnc._optuna_compat import contains, foreseen_params, keeps_order, trial_id
from optuna_dnc.gp.kernel_term import KernelTerm
from optuna_dnc.gp.output_transform import OutputTransform
from optuna_dnc.samplers.dnc.acquisition import Acquisition, acquisition, at_random
from optuna_dnc.samplers.dnc.branches import branch_start
from optuna_dnc.samplers.dnc.candidates import Candidates
from optuna_dnc.samplers.dnc.encoded_trials import EncodedTrials
from optuna_dnc.samplers.dnc.explanation import Explanation, importances, leave_one_out
from optuna_dnc.samplers.dnc.failures import far_from
from optuna_dnc.samplers.dnc.history import History, finite, read_history
from optuna_dnc.samplers.dnc.optimize_acquisition import maximise
from optuna_dnc.samplers.dnc.reading import read_trials
from optuna_dnc.samplers.dnc.startup import is_starting
from optuna_dnc.samplers.dnc.surrogates import MOST_ROWS, Surrogates
from optuna_dnc.space import Column, SearchSpace

_KEPT_PLANS = 1024
_FEWEST_TO_EXPLAIN = 4

Asked = tuple[str, BaseDistribution]


class Planner:
    """Plans whole configurations for one study, and again when a trial leaves its plan.

    The first plan of a trial rests on what others have fixed for it, see ``foreseen_params``. A
    parameter that the plan has no value for, or one outside the range that the trial asks for, is
    planned anew together with everything after it, given all that the trial has got by then.
    Plans depend on the finished trials, the seed and the trial alone, so that a trial which
    another process takes up goes on as planned.

    Args:
        space: The search space; None learns it from the study.
        terms: Kernel terms that are added to the kernel.
        n_candidates: Configurations rated for a plan.
        seed: Of all draws.
    """

    def __init__(
        self,
        *,
        space: SearchSpace | None,
        terms: Sequence[KernelTerm],
        n_candidates: int,
        seed: int,
    ) -> None:
        self._given_space = space
        self._terms = tuple(terms)
        self._n_candidates = n_candidates
        self._seed = seed
        self._lock = RLock()
        self._forget()

    def _forget(self) -> None:
        self._encoded = EncodedTrials(self._given_space)
        self._surrogates = Surrogates(self._terms)
        self._plans: OrderedDict[tuple[int, int], dict[str, Any]] = OrderedDict()
        self._latest: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._begun: datetime | None = None
        # Of what was read once for a trial.
        self._histories: dict[int, tuple[list[FrozenTrial], History]] = {}

    def _trials(self, study: Study) -> list[FrozenTrial]:
        """Return all trials; forgets everything if they are another study's.

        A database gives the numbers of a deleted study to the next one.
        """
        trials = read_trials(study)
        begun = trials[0].datetime_start if trials else None
        with self._lock:
            if self._begun not in (None, begun):
                self._forget()
            self._begun = begun
        return trials

    def is_starting(self, study: Study, number: int, n_startup: int | None) -> bool:
        """See :func:`~optuna_dnc.samplers.dnc.startup.is_starting`."""
        return is_starting(self._trials(study), study.directions, number, n_startup)

    def space(self, study: Study, number: int) -> SearchSpace:
        """Return the space that the study's finished trials show."""
        return self.history(study, number).space

    def history(self, study: Study, number: int) -> History:
        """Return what trial ``number`` can learn from."""
        with self._lock:
            trials = self._trials(study)
            kept = self._histories.get(number)
            if kept is None or kept[0] is not trials:
                history = read_history(study, trials, number, self._encoded, self._planned)
                kept = self._histories[number] = trials, history
            return kept[1]

    def _planned(self, trial: FrozenTrial) -> dict[str, Any]:
        return self._latest.get(trial_id(trial), {})

    def values(
        self, study: Study, trial: FrozenTrial, asked: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the planned values of the parameters that the trial is expected to ask for."""
        with self._lock:
            history = self.history(study, trial.number)
            plan = self._current_plan(history, trial, foreseen_params(study, trial), study)
            early = self._known_early(history.space, list(asked))
            return {name: plan[name] for name in early if contains_value(plan, name, asked[name])}

    def value(self, study: Study, trial: FrozenTrial, name: str, asked: BaseDistribution) -> Any:
        """Return a value for one parameter, given all that the trial has."""
        with self._lock:
            history = self.history(study, trial.number)
            foreseen = foreseen_params(study, trial)
            plan = self._current_plan(history, trial, foreseen, study)
            if not contains_value(plan, name, asked):
                given = {**foreseen, **trial.params}
                plan = self._plan(history, trial, 2 * len(trial.params) + 1, given, (name, asked))
            return _nearest(asked, plan[name])

    def _known_early(self, space: SearchSpace, names: Sequence[str]) -> list[str]:
        """Leave out what is asked at or after the first parameter that only the trial decides.

        That is one whose range depends on others, or one that a sampler around this one keeps
        to itself. The rest is planned when it is asked for, given what the trial got by then.
        """
        late = self._encoded.changing.union(set(space.free) - set(names))
        first = min((self._encoded.asked_at(name) for name in late), default=math.inf)
        return [name for name in names if self._encoded.asked_at(name) < first or not late]

    def explain(self, study: Study, objective: int) -> Explanation:
        """See :meth:`DNCSampler.explain`."""
        history = self.history(study, -1)
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
        maximised = study.directions[objective] == StudyDirection.MAXIMIZE
        sign = -1.0 if maximised else 1.0
        return Explanation(
            importances(surrogate, space),
            leave_one_out(
                surrogate,
                OutputTransform.fit(losses),
                history.numbers.tolist(),
                sign * losses,
                sign,
            ),
        )

    def _current_plan(
        self, history: History, trial: FrozenTrial, foreseen: Mapping[str, Any], study: Study
    ) -> dict[str, Any]:
        """Return the last plan that the trial's parameters came from, by following them."""
        plan = self._plan(history, trial, 0, foreseen, None)
        given = dict(foreseen)
        params = trial.params if keeps_order(study) else self._encoded.asked(trial)
        for step, (name, value) in enumerate(params.items()):
            if name in history.space.distributions and plan.get(name) != value:
                asked = name, trial.distributions[name]
                plan = self._plan(history, trial, 2 * step + 1, given, asked)
                if plan.get(name) != value:  # the value is not ours
                    plan = self._plan(history, trial, 2 * step + 2, {**given, name: value}, None)
            given[name] = value
        return plan

    def _plan(
        self, history: History, trial: FrozenTrial, step: int, given: Mapping[str, Any],
        asked: Asked | None,
    ) -> dict[str, Any]:  # fmt: skip
        key = trial_id(trial), step
        if key not in self._plans:
            self._plans[key] = self._new_plan(history, trial.number, step, given, asked)
            # The others have to learn of this plan.
            own = self._histories.get(trial.number)
            self._histories = {} if own is None else {trial.number: own}
            self._latest[trial_id(trial)] = self._plans[key]
            for kept in (self._plans, self._latest):
                while len(kept) > _KEPT_PLANS:
                    kept.popitem(last=False)
        return self._plans[key]

    def _new_plan(
        self, history: History, number: int, step: int, given: Mapping[str, Any],
        asked: Asked | None,
    ) -> dict[str, Any]:  # fmt: skip
        space = history.space
        rng = np.random.default_rng([self._seed, number, step])
        known = space.encode([given])[0]
        seen = np.concatenate([history.x, history.pending, history.failed])
        fixed = {n: float(p) for n, p in zip(space.names, known, strict=True) if p == p}
        if not fixed and asked is None and len(history.x):
            fixed = branch_start(space, seen, number, self._seed, history.n_stale)
        candidates = Candidates(
            space,
            rng,
            fixed=fixed,
            allowed={} if asked is None else {asked[0]: _ends(space.column(asked[0]), asked[1])},
            present=None if asked is None else asked[0],
            realise=history.realisation(),
        )
        rate: Acquisition = at_random(rng)
        best = seen[:0]
        if len(history.x):
            rate, best = acquisition(history, self._surrogates, rng)
        elif len(history.failed):
            rate = far_from(space, seen)
        # Other processes propose at the same time, and from the same trials.
        row = maximise(rate, candidates, best, seen, self._n_candidates, place=history.unknown)
        return space.decode(row)


def contains_value(plan: Mapping[str, Any], name: str, asked: BaseDistribution) -> bool:
    """Whether a plan has a value for a parameter that the distribution allows."""
    return name in plan and contains(asked, plan[name])


def _ends(column: Column, asked: BaseDistribution) -> tuple[float, float]:
    """Return the lowest and the highest position of a narrower distribution."""
    narrow = Column(asked)
    low, high = column.positions(np.array([narrow.low, narrow.high]))
    return float(low), float(high)


def _nearest(asked: BaseDistribution, value: Any) -> Any:
    """Return the value of a distribution that is nearest to a planned one."""
    if contains(asked, value):
        return value
    column = Column(asked)
    return column.decode(float(column.encode([value])[0]))
