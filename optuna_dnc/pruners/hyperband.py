"""Hyperband and successive halving as pruners, which stop trials at rungs."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import HyperbandByNumber, all_trials, storage_and_id
from optuna_dnc.pruners.brackets import (
    Bracket,
    hyperband_brackets,
    resource_range,
    successive_halving,
)


class HyperbandPruner(HyperbandByNumber):
    """Prunes trials at the rungs of Hyperband's brackets.

    The trial's number decides its bracket: for R = 81 and eta = 3, trials 0 to 80 belong to the
    first bracket of :func:`hyperband_brackets`, 81 to 107 to the second, and so on, repeated
    every 128 trials. So all workers agree, whatever the study's name. At each rung a trial is
    compared with all k trials of its bracket that have reached the rung, in all repetitions. It
    continues if it is among the best ``floor(k / eta)`` of them, or if it is the first of the
    first bracket: a study soon has one trial that was trained to the end. Of equal values, as
    many continue as there is room for. No trial is pruned at ``max_resource``.

    Li et al. 2018, JMLR 18(185); a pruner cannot pause trials, so the rule is that of
    asynchronous halving (Li et al. 2020, arXiv 1810.05934). Use
    :func:`~optuna_dnc.pruners.optimize_hyperband` for exact brackets with promotion.

    It is an ``optuna.pruners.HyperbandPruner``, and Optuna's samplers see the same brackets.
    Unlike there, the trial's number decides instead of a hash of the study's name, the last rung
    prunes nothing, and the only state is the reports of the trials, including those made under
    another pruner.

    - Call ``trial.should_prune()`` after every report. It decides at the first report at or
      beyond a rung's budget, and returns False at all others.
    - Reports are ordered by step, not by time. Optuna ignores a second report of a step, with a
      warning.
    - A value at a rung that is not finite prunes the trial.
    - Budgets are in the unit of the steps: epochs, samples or seconds.

    Example::

        study = optuna.create_study(pruner=HyperbandPruner(max_resource=27))

    Args:
        max_resource: Resource of a trial that is not pruned, R.
        reduction_factor: One in so many continues, eta, at least 2.
        min_resource: Resource of the lowest rung, r, at least 1.
        rule: ``"paper-table"`` or ``"formula"``, see :func:`hyperband_brackets`.
        first_step: The step of a trial's first unit of resource. 0: step k means k + 1 units
            spent. 1: step k means k. None takes 0 for a trial that has reported step 0, and 1
            for others; give 0 where steps count from 0 and the first is not reported.
    """

    def __init__(
        self,
        *,
        max_resource: int,
        reduction_factor: int = 3,
        min_resource: int = 1,
        rule: str = "paper-table",
        first_step: int | None = None,
    ) -> None:
        brackets = hyperband_brackets(max_resource, reduction_factor, min_resource, rule)
        super().__init__(
            min_resource=int(min_resource),
            max_resource=int(max_resource),
            reduction_factor=int(reduction_factor),
        )
        self._stopper = RungStopper(
            brackets, reduction_factor=int(reduction_factor), first_step=first_step
        )

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Say whether the trial is to be pruned at its latest report."""
        return self._stopper.should_stop(study, trial)

    def bracket_of(self, number: int) -> int:
        """Return the position of a trial's bracket, 0 for the one that stops most."""
        return self._stopper.bracket_of(number)


class SuccessiveHalvingPruner(optuna.pruners.SuccessiveHalvingPruner):
    """Prunes trials at rungs of resource r, r * eta, ..., R.

    The same as :class:`~optuna_dnc.pruners.HyperbandPruner` with one bracket, the one with the
    most rungs; see there for the rule, the steps and the reports. If R is not ``r * eta**k``, the
    rungs are ``R / eta**k``, rounded.

    Jamieson & Talwalkar 2016, arXiv 1502.07943; asynchronous as in Li et al. 2020, arXiv
    1810.05934.

    Example::

        study = optuna.create_study(pruner=SuccessiveHalvingPruner(max_resource=27))

    Args:
        max_resource: Resource of a trial that is not pruned, R.
        reduction_factor: One in so many continues, eta, at least 2.
        min_resource: Resource of the lowest rung, r, at least 1.
        first_step: 0, 1 or None, see :class:`~optuna_dnc.pruners.HyperbandPruner`.
    """

    def __init__(
        self,
        *,
        max_resource: int,
        reduction_factor: int = 3,
        min_resource: int = 1,
        first_step: int | None = None,
    ) -> None:
        r, R = resource_range(min_resource, max_resource)
        eta = whole("reduction_factor", reduction_factor, least=2)
        rungs = successive_halving(1, r, R, eta)
        super().__init__(min_resource=r, reduction_factor=eta)
        self._stopper = RungStopper(
            [Bracket(len(rungs) - 1, rungs)], reduction_factor=eta, first_step=first_step
        )

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Say whether the trial is to be pruned at its latest report."""
        return self._stopper.should_stop(study, trial)


def survives(
    value: float, others: Collection[float], eta: int, *, stopped: Collection[float] = ()
) -> bool:
    """Say whether a trial continues after a rung; lower values are better.

    It does if its value is among the best ``floor(k / eta)`` of the k trials that have arrived,
    itself included. Of trials with an equal value, those that continued rank above it and those
    that were stopped below: if all values are equal, one trial in ``eta`` continues. A trial
    whose value is not finite is stopped.

    This is asynchronous halving (Li et al. 2020, arXiv 1810.05934) without pauses: the first
    ``eta - 1`` trials to arrive, which wait there, are stopped here. Optuna lets the best so far
    continue instead, which was worse at the beginning of a search and no better at its end
    (``benchmarks/multifidelity/regret.py``).

    Args:
        value: Value of the trial at the rung.
        others: Values of all other trials at the rung, NaN included.
        eta: Reduction factor, at least 2.
        stopped: Those of ``others`` whose trial was stopped at the rung.
    """
    n_survivors = (len(others) + 1) // eta
    better = sum(-math.inf < other < value for other in others)
    equal = sum(other == value for other in others) - sum(other == value for other in stopped)
    return math.isfinite(value) and better + equal < n_survivors


class _Arrival(NamedTuple):
    """The first report of a trial at a rung."""

    value: float
    stopped: bool
    """Whether it was pruned there."""


class RungStopper:
    """Decides which trials of any study stop, from nothing but their reports.

    It stores nothing; what it remembers of finished trials only saves time.
    """

    def __init__(
        self, brackets: Sequence[Bracket], *, reduction_factor: int, first_step: object
    ) -> None:
        if isinstance(first_step, bool) or first_step not in (None, 0, 1):
            raise InputError(
                f"first_step must be 0, 1 or None, got {shown(first_step)}; None takes a trial's "
                "lowest step, if that is 0 or 1."
            )
        self._ends = list(accumulate(b.n_configurations for b in brackets))
        self._budgets = [b.budgets for b in brackets]
        self._eta = reduction_factor
        self._first_step = first_step
        self._memories: WeakKeyDictionary[BaseStorage, dict[int, _Memory]] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the memories of studies."""
        return {**self.__dict__, "_memories": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _memories=WeakKeyDictionary())

    def bracket_of(self, number: int) -> int:
        """Return the position of a trial's bracket in the repeated sequence of brackets."""
        return bisect_right(self._ends, number % self._ends[-1])

    def should_stop(self, study: Study, trial: FrozenTrial) -> bool:
        """Say whether the trial stops at its latest report.

        A trial can only stop at its first report at or beyond a rung, by step; if one report
        passes several rungs, the highest counts. No trial stops at R.
        """
        if len(study.directions) > 1:
            raise InputError(
                f"study must have one objective to be pruned, got {len(study.directions)} "
                "directions; use optuna.pruners.NopPruner()."
            )
        bracket = self.bracket_of(trial.number)
        reports = trial.intermediate_values
        rung = self._just_reached(reports, self._budgets[bracket])
        if rung is None:
            return False
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        value = sign * reports[max(reports)]
        arrived = list(self._others(study, trial, bracket, rung))
        others = [sign * other.value for other in arrived]
        stopped = [sign * other.value for other in arrived if other.stopped]
        if bracket == 0 and not others:
            # So that even a short study has a trial that was trained to the end.
            return not math.isfinite(value)
        return not survives(value, others, self._eta, stopped=stopped)

    def _just_reached(self, reports: Mapping[int, float], budgets: Sequence[int]) -> int | None:
        """Return the highest rung that the last step and no earlier one reached, if any."""
        if not reports:
            return None
        shift = self._shift(reports)
        last = max(reports)
        rung = bisect_right(budgets, last + shift) - 1
        if rung < 0 or rung == len(budgets) - 1:
            return None
        is_first = all(step == last or step + shift < budgets[rung] for step in reports)
        return rung if is_first else None

    def _others(
        self, study: Study, trial: FrozenTrial, bracket: int, rung: int
    ) -> Iterator[_Arrival]:
        """Yield the other trials of the bracket that have reported at the rung."""
        storage, study_id = storage_and_id(study)
        memory = self._memories.setdefault(storage, {}).setdefault(study_id, {})
        for other in all_trials(study):
            if self.bracket_of(other.number) != bracket or other.number == trial.number:
                continue
            frozen, arrivals = memory.get(other.number, (None, {}))
            # Storages return the same object for a finished trial every time. Another object may
            # belong to another study, created after this one was deleted.
            if frozen is not other:
                arrivals = self._arrivals(other, self._budgets[bracket])
                if other.state.is_finished():
                    memory[other.number] = (other, arrivals)
            if rung in arrivals:
                yield arrivals[rung]

    def _arrivals(self, trial: FrozenTrial, budgets: Sequence[int]) -> dict[int, _Arrival]:
        """Return, by rung, the first report at or beyond it and below the next."""
        arrivals: dict[int, _Arrival] = {}
        reports = trial.intermediate_values
        shift = self._shift(reports) if reports else 0
        steps = sorted(reports)
        for step in steps:
            rung = bisect_right(budgets, step + shift) - 1
            if rung >= 0:
                is_end = trial.state == TrialState.PRUNED and step == steps[-1]
                arrivals.setdefault(rung, _Arrival(reports[step], stopped=is_end))
        return arrivals

    def _shift(self, reports: Mapping[int, float]) -> int:
        """Return the resource less the step: 1 where steps count from 0."""
        first = min(reports) if self._first_step is None else self._first_step
        return 1 if first == 0 else 0


_Memory = dict[int, tuple[FrozenTrial, dict[int, _Arrival]]]
"""By number of a finished trial: the trial, and its arrival at each rung."""
