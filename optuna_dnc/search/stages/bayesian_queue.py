"""Jobs of a Bayesian stage: its trials one after another, by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from typing_extensions import override

from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.runs.records import is_rejected
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.limits.cut_space import PATIENCE
from optuna_dnc.search.limits.time_limit import TimeIsUp
from optuna_dnc.search.stages.longer_training import LongerTraining
from optuna_dnc.search.stages.preparation import SampledQueue
from optuna_dnc.search.time_check import check_time
from optuna_dnc.search.trials.jobs import Step
from optuna_dnc.search.trials.trial_board import TrialBoard
from optuna_dnc.search.trials.trial_job import TrialFactory

MOST_REJECTED = 50
"""Rejected proposals in a row after which a stage ends."""

Proposer = Callable[[optuna.Trial], Proposal]
"""Returns the proposal of a trial, by its suggestions."""


@dataclass(frozen=True, kw_only=True)
class BayesianQueue(SampledQueue):
    """Trials ``first`` to ``until - 1`` of a study.

    Trials that were rejected because of a limit do not count: as many others follow. The spare
    network is proposed after 20 rejections in a row, and after 50 the stage ends.
    """

    context: SearchContext
    factory: TrialFactory
    propose: Proposer
    first: int
    """Number of the first trial."""
    until: int
    """Number of the last trial plus 1, if none is rejected."""
    spare: Callable[[], Mapping[str, Any]]
    """Returns the parameters of the smallest network."""
    longer: LongerTraining | None = None
    """The last trial, if the stage has one that is longer than the others."""

    @property
    @override
    def board(self) -> TrialBoard:
        return self.factory.board

    @override
    def begins_next(self) -> bool:
        begun = [t for t in self.board.trials()[self.first :] if not is_rejected(t)]
        return len(begun) < self.until - self.first

    @override
    def next_step(self) -> Step:
        try:
            step = self._next_trial()
        except TimeIsUp:
            last = self._last_trial()
            if last is None:
                raise
            return last
        return (self._last_trial() if isinstance(step, Done) else None) or step

    def _last_trial(self) -> Step | None:
        return None if self.longer is None else self.longer.next_step()

    def _next_trial(self) -> Step:
        left, n_in_a_row, n_busy = self.until - self.first, 0, 0
        trials = self.board.trials()
        number = self.first
        while left > 0 and n_in_a_row < MOST_REJECTED:
            trial = trials[number] if number < len(trials) else None
            number += 1
            if trial is not None and is_rejected(trial):
                n_in_a_row += 1
                continue
            if trial is None or not trial.state.is_finished():
                step = self._begun(trial, n_in_a_row, n_busy)
                if step is not None:
                    return step
                n_busy += 1
            left -= 1
            n_in_a_row = 0
        return Wait() if n_busy else Done()

    def _begun(self, trial: FrozenTrial | None, n_rejected: int, n_busy: int) -> Step | None:
        """Begin a trial that has not ended; None if it is left to another worker."""
        if trial is not None and not self.factory.is_free(trial):
            return None
        if not self._is_in_budget(n_busy):
            return Wait() if n_busy else Done()
        check_time(self.context)
        if trial is None and n_rejected == PATIENCE:
            n_before = len(self.board.trials())
            self.board.study.enqueue_trial(dict(self.spare()), skip_if_exists=True)
            trial = next(iter(self.board.trials()[n_before:]), None)
        return self.factory.begin(trial, self.propose)

    def _is_in_budget(self, n_busy: int) -> bool:
        """Return whether no training would exceed the budget, with those that are running."""
        settings, records = (
            self.context.settings,
            self.context.ledger.of_stages(self.factory.stage),
        )
        trained = sum(r.trained_epochs for r in records if r.trial_number >= self.first)
        most = trained + (n_busy + 1) * settings.epochs
        return settings.budget is None or most <= settings.budget
