"""Look-ahead: workers that would wait train what the next grid or stage is likely to ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import optuna
from optuna.trial import TrialState
from typing_extensions import override

from optuna_dnc._locks import Lock
from optuna_dnc._optuna_compat import set_system_attr
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Wait
from optuna_dnc.runs.ledger_reader import KEY
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.stage_keys import AHEAD
from optuna_dnc.runs.studies import Studies
from optuna_dnc.search.attempts import Crashed
from optuna_dnc.search.context import Proposal, SearchContext, TimeIsUp
from optuna_dnc.search.jobs import Job, JobQueue, Step
from optuna_dnc.search.outcome import Outcome, record_of, store_record
from optuna_dnc.search.trial_board import TrialBoard
from optuna_dnc.search.trials import trained


@dataclass(frozen=True)
class LookAhead(JobQueue):
    """Trainings that are likely to be asked for, in a study of their own.

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
                self.context.check_time()
            except TimeIsUp:
                break
            trial, lock = self.board.begin(None)
            set_system_attr(trial.study, trial, KEY, self.context.key(proposal))
            return _AheadJob(self, trial, proposal, lock)
        return Wait()

    def _untrained(self) -> Iterator[Proposal]:
        context = self.context
        if context.settings.shares_trials:
            return  # the others cannot reuse what no trial has asked for
        for proposal in self.proposals():
            key = context.key(proposal)
            known = context.ledger.find(key) or context.ahead.find(key)
            costs = context.limited_costs(proposal.config)
            exceeds = bool(costs) and context.cost_limits.excess(costs) > 0
            if known is None and not exceeds and not context.trains_elsewhere(key, ""):
                yield proposal


@dataclass
class _AheadJob(Job):
    """Training that no trial has asked for yet."""

    queue: LookAhead
    trial: optuna.Trial
    proposal: Proposal
    lock: Lock
    outcome: Outcome | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.label = f"{AHEAD.name}/{self.trial.number}"
        self.description = str(self.proposal.config)
        self._start = time.perf_counter()

    @override
    def train(self) -> None:
        try:
            self.outcome = trained(self.queue.context, self.trial, AHEAD.name, self.proposal)
        except Crashed:
            self.outcome = None

    @override
    def settle(self) -> tuple[Record, ...]:
        outcome, context, study = self.outcome, self.queue.context, self.trial.study
        if outcome is None or outcome.is_late:
            study.tell(self.trial, state=TrialState.FAIL)
        else:
            seconds = time.perf_counter() - self._start
            loss = context.objective.loss(outcome.measured)
            record = record_of(
                context, self.trial, AHEAD.name, self.proposal, outcome, loss, seconds
            )
            store_record(self.trial, record)
            study.tell(self.trial, loss)
            context.ahead.add(record)
        self.queue.board.forget(self.trial.number)
        return ()

    @override
    def leave(self) -> None:
        self.lock.release()
