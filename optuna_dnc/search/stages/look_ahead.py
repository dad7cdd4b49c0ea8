"""Look-ahead: workers that would wait train what the next grid or stage is likely to ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from typing_extensions import override

from optuna_dnc._optuna_compat import set_system_attr
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Wait
from optuna_dnc.runs.ledger_reader import KEY
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.stage_keys import AHEAD
from optuna_dnc.runs.studies import Studies
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.limits.time_limit import TimeIsUp
from optuna_dnc.search.time_check import check_time
from optuna_dnc.search.trials.jobs import JobQueue, Step
from optuna_dnc.search.trials.outcome import record_of, store_record
from optuna_dnc.search.trials.trial_board import TrialBoard
from optuna_dnc.search.trials.trial_job import TrainingJob


@dataclass(frozen=True)
class LookAhead(JobQueue):
    """Training runs that are likely to be needed, in a separate study.

    They are no trials of a stage, and do not count for the answer, so that the result of a search
    does not depend on its number of workers. The trial that asks for one takes its outcome over
    as if it had trained the network itself.
    """

    context: SearchContext
    studies: Studies
    claims: Claims
    proposals: Callable[[], Iterable[Proposal]]
    """Returns what is likely to be asked for, the likeliest first."""

    @property
    def board(self) -> TrialBoard:
        """The trials; their study is created for the first one."""
        return TrialBoard(self.studies.open(AHEAD), AHEAD, self.claims)

    @override
    def is_training(self) -> bool:
        return self.board.is_training()

    @override
    def next_step(self) -> Step:
        for proposal in self._untrained():
            try:
                check_time(self.context)
            except TimeIsUp:
                break
            board = self.board
            begun = board.begin(None)
            if begun is None:
                break
            trial, lock = begun
            set_system_attr(trial.study, trial, KEY, self.context.key(proposal))
            return _AheadJob(
                context=self.context,
                board=board,
                stage=AHEAD.name,
                trial=trial,
                proposal=proposal,
                lock=lock,
            )
        return Wait()

    def _untrained(self) -> Iterator[Proposal]:
        context = self.context
        if context.settings.shares_trials:
            return  # the others cannot reuse what no trial has asked for
        for proposal in self.proposals():
            key = context.key(proposal)
            known = context.ledger.find(key) or context.ahead.find(key)
            exceeds = context.cost_limits.excess(context.limited_costs(proposal.config)) > 0
            if known is None and not exceeds and not context.trains_elsewhere(key, ""):
                yield proposal


@dataclass(kw_only=True)
class _AheadJob(TrainingJob):
    """Training that no trial has asked for yet."""

    @override
    def settle(self) -> tuple[Record, ...]:
        outcome, context, trial = self.outcome, self.context, self.trial
        if not self.lock.is_locked:
            return ()
        if outcome is None or outcome.is_late:
            self.fail()
            return ()
        seconds = time.perf_counter() - self.start
        loss = context.objective.loss(outcome.measured)
        record = record_of(context, trial, self.stage, self.proposal, outcome, loss, seconds)
        store_record(trial, record)
        trial.study.tell(trial, loss)
        context.ahead.add(record)
        self.board.forget(trial.number)
        return ()
