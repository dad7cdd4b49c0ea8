"""A trial of a search as a job: reused or trained, recorded, and told to its study."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import optuna
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from optuna_dnc._locks import Lock
from optuna_dnc._optuna_compat import set_system_attr, trial_id
from optuna_dnc.runs.ledger_reader import KEY
from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.trials.attempts import Crashed
from optuna_dnc.search.trials.jobs import Job, Settled
from optuna_dnc.search.trials.outcome import Outcome, is_rejected_now, record_of, store_record
from optuna_dnc.search.trials.training import replay, trained
from optuna_dnc.search.trials.trial_board import TrialBoard


def fail(board: TrialBoard, trial: optuna.Trial) -> None:
    """End a trial without an outcome."""
    trial.study.tell(trial, state=TrialState.FAIL)
    board.forget(trial.number)


@dataclass(frozen=True, kw_only=True)
class TrialFactory:
    """Factory of the trials of a stage; the worker holds the decision lock.

    The weights of a new best network are saved before its trial is told, so that a worker killed
    in between trains it again and does not lose its weights.
    """

    context: SearchContext
    board: TrialBoard
    stage: str
    """Name of the stage."""
    may_stop: bool = False
    """Whether the study's pruner may stop trainings. If so, configurations that were stopped
    before are not trained again, either."""

    def is_free(self, trial: FrozenTrial) -> bool:
        """Return whether a trial that has not ended can be started now."""
        return not (self.board.is_taken(trial) or self._is_parked(trial))

    def _is_parked(self, trial: FrozenTrial) -> bool:
        """Return whether a trial waits for another one that is training the same network."""
        key = trial.system_attrs.get(KEY)
        if key is None or trial.state != TrialState.WAITING:
            return False
        return self.context.trains_elsewhere(key, self.label(trial.number))

    def label(self, number: int) -> str:
        """Return the name of a trial."""
        return f"{self.stage}/{number}"

    def begin(
        self, trial: FrozenTrial | None, propose: Callable[[optuna.Trial], Proposal]
    ) -> Job | Settled | None:
        """Propose a network for a trial, and settle it if nothing is to be trained.

        Args:
            trial: The trial, which nobody has claimed; None for a new one.
            propose: Suggests its network and training.

        Returns:
            The training; or the settled trial; or None if another worker is training the same
            network, whose outcome the trial waits for, or the trial itself.
        """
        start = time.perf_counter()
        begun = self.board.begin(trial)
        if begun is None:
            return None
        live, lock = begun
        job = None
        try:
            proposal = propose(live)
            key = self.context.key(proposal)
            outcome = self._known(live, proposal, key)
            if outcome is not None:
                return Settled(self.tell(live, proposal, outcome, start))
            set_system_attr(live.study, live, KEY, key)
            if self.context.trains_elsewhere(key, self.label(live.number)):
                live.storage.set_trial_state_values(trial_id(live), TrialState.WAITING)
                return None
            try:
                is_rejected = is_rejected_now(self.context, live, self.stage, proposal)
            except Crashed:
                fail(self.board, live)
                return Settled(None)
            if is_rejected:
                live.study.tell(live, state=TrialState.PRUNED)
                return Settled(None)
            job = _TrialJob(
                context=self.context,
                board=self.board,
                stage=self.stage,
                trial=live,
                proposal=proposal,
                lock=lock,
                start=start,
                may_stop=self.may_stop,
                factory=self,
            )
            return job
        finally:
            if job is None:
                lock.release()

    def _known(self, trial: optuna.Trial, proposal: Proposal, key: str) -> Outcome | None:
        """Return the outcome of a configuration that need not be trained."""
        context, epochs = self.context, proposal.training.epochs
        known = context.ledger.find(key)
        if known is None and self.may_stop:
            known = context.ledger.find_stopped(key)
        if known is not None:
            if self.may_stop:
                replay(trial, known, epochs)
            return Outcome(known.measured, known.pruned, {}, reused_from=known.label)
        ahead = None if self.may_stop else context.ahead.find(key)
        if ahead is not None:
            replay(trial, ahead, epochs)
            return Outcome.of_record(ahead, seconds=ahead.seconds)
        elsewhere = context.peers.find(context, key)
        if elsewhere is None:
            return None
        replay(trial, elsewhere, epochs)
        return Outcome.of_record(elsewhere, reused_from=elsewhere.reused_from)

    def tell(
        self, trial: optuna.Trial, proposal: Proposal, outcome: Outcome, start: float
    ) -> Record:
        """Store the record of a trial, and tell the study.

        If time was up during the training, the network counts for the result of this worker as it
        is, and the study is not told: the trial is trained to its end when the search goes on.
        """
        context = self.context
        seconds = outcome.seconds + time.perf_counter() - start
        loss = context.objective.loss(outcome.measured)
        record = record_of(context, trial, self.stage, proposal, outcome, loss, seconds)
        if not outcome.is_late:
            store_record(trial, record)
            if record.pruned:
                trial.study.tell(trial, state=TrialState.PRUNED)
            else:
                trial.study.tell(trial, record.loss)
            self.board.forget(trial.number)
        context.end(record)
        return record


@dataclass(kw_only=True)
class TrainingJob(Job):
    """Training of a network to its end, unless the pruner stops it."""

    context: SearchContext
    board: TrialBoard
    stage: str
    trial: optuna.Trial
    proposal: Proposal
    lock: Lock
    start: float = field(default_factory=time.perf_counter)
    may_stop: bool = False
    outcome: Outcome | None = field(default=None, init=False)
    """None before the training, and if the network crashed the process too often."""

    def __post_init__(self) -> None:
        self.label = f"{self.stage}/{self.trial.number}"
        self.description = str(self.proposal.config)

    @override
    def train(self) -> None:
        with suppress(Crashed):
            self.outcome = trained(
                self.context, self.trial, self.stage, self.proposal, may_stop=self.may_stop
            )

    def fail(self) -> None:
        """End the trial without an outcome."""
        fail(self.board, self.trial)

    @override
    def leave(self) -> None:
        self.lock.release()


@dataclass(kw_only=True)
class _TrialJob(TrainingJob):
    """Training of a trial of a stage."""

    factory: TrialFactory

    @override
    def settle(self) -> list[Record]:
        if not self.lock.is_locked:
            return []  # this host was cut off for so long that others may train the trial
        if self.outcome is None:
            self.fail()
            return []
        return [self.factory.tell(self.trial, self.proposal, self.outcome, self.start)]
