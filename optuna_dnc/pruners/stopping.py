"""Stop trials at the rungs of their bracket, by comparison with the reports of others."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._errors import InputError, shown
from optuna_dnc._optuna_compat import all_trials, storage_and_id
from optuna_dnc.pruners.brackets import Bracket


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
