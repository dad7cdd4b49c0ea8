"""Hyperband in a Bayesian stage: networks resume from their checkpoints, rung by rung."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import optuna
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from optuna_dnc._errors import DamagedCheckpoint
from optuna_dnc._optuna_compat import set_system_attr
from optuna_dnc.pruners.brackets import HyperbandPlan
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.hyperband_worker import hyperband_worker
from optuna_dnc.pruners.jobs import HyperbandJob
from optuna_dnc.pruners.schedule import Done, Wait
from optuna_dnc.runs.ledger_reader import KEY
from optuna_dnc.runs.records import Record, is_rejected, n_rejected_last
from optuna_dnc.search.context import Proposal, SearchContext
from optuna_dnc.search.stages.bayesian_queue import MOST_REJECTED
from optuna_dnc.search.stages.preparation import SampledQueue
from optuna_dnc.search.stages.stage import Stage, proposal_of
from optuna_dnc.search.time_check import check_time
from optuna_dnc.search.trials.attempts import Crashed
from optuna_dnc.search.trials.jobs import Job, Step
from optuna_dnc.search.trials.outcome import Rejected
from optuna_dnc.search.trials.training import run_leg
from optuna_dnc.search.trials.trial_board import TrialBoard


class HyperbandQueue(SampledQueue):
    """The brackets of a plan; each job trains a network up to its next rung.

    Checkpoints are in the run's folder until the stage is over. A trial whose training raises an
    error waits for the next run, unless the network is the cause.
    """

    def __init__(
        self,
        context: SearchContext,
        study: optuna.Study,
        stage: Stage,
        propose: Callable[[optuna.Trial], Proposal],
        plan: HyperbandPlan,
        claims: Claims,
    ) -> None:
        self.context = context
        self.study = study
        self.stage = stage
        self.propose = propose
        self._board = TrialBoard(study, stage.key, claims)
        self._checkpoints = context.folder.trainings / stage.key.label
        context.folder.check_there()
        self._trials: list[FrozenTrial] = []
        self._records: list[Record] = []
        worker = hyperband_worker(
            study,
            max_resource=context.settings.epochs,
            min_resource=plan.min_resource,
            n_iterations=plan.n_iterations,
            max_total_resource=plan.epochs,
            checkpoints=self._checkpoints,
            claims=claims.of(stage.key.label),
            callbacks=[lambda study, trial: self._trials.append(trial)],
        )
        self._begins_next = worker.board.begins_next
        self._steps = worker.steps()

    @property
    @override
    def board(self) -> TrialBoard:
        return self._board

    @override
    def begins_next(self) -> bool:
        return self._begins_next()

    @override
    def next_step(self) -> Step:
        job = next(self._steps, None)
        self._records += self._ended_now()
        if isinstance(job, Wait):
            return job
        if job is None:
            shutil.rmtree(self._checkpoints, ignore_errors=True)
            with suppress(OSError):
                self.context.folder.trainings.rmdir()
            return Done()
        label = f"{self.stage.name}/{job.trial.number}"
        trained = self.context.ledger.of_trial(label)
        check_time(self.context, job.budget.stop - job.budget.start, trained)
        # One that was begun with an earlier network goes on with it.
        proposal = (
            self.propose(job.trial) if trained is None else proposal_of(self.context, trained)
        )
        key = self.context.key(proposal)
        if self.context.trains_elsewhere(key, label):
            job.postpone()
            return Wait()
        set_system_attr(self.study, job.trial, KEY, key)
        return _Leg(self, job, proposal)

    @override
    def ended(self) -> list[Record]:
        records, self._records = self._records, []
        return records

    def _ended_now(self) -> list[Record]:
        trials, self._trials = self._trials, []
        records = [
            Record.from_trial(trial)
            for trial in trials
            if trial.state in (TrialState.COMPLETE, TrialState.PRUNED) and not is_rejected(trial)
        ]
        for record in records:
            self.context.end(record)
        return records

    @override
    def close(self) -> None:
        self._steps.close()


class _Leg(Job):
    """Training of a network up to its next rung."""

    def __init__(self, queue: HyperbandQueue, job: HyperbandJob, proposal: Proposal) -> None:
        self._queue = queue
        self._job = job
        self._proposal = proposal
        self._end: Callable[[], object] = job.postpone
        self.label = f"{queue.stage.name}/{job.trial.number}"
        self.description = str(proposal.config)

    @override
    def train(self) -> None:
        queue, job = self._queue, self._job
        try:
            loss = run_leg(queue.context, job.trial, queue.stage.name, self._proposal, job.budget)
        except Rejected:
            # Its place goes to another network, unless there are too many.
            is_rare = n_rejected_last(queue.study) < MOST_REJECTED
            self._end = job.discard if is_rare else job.prune
        except (Crashed, DamagedCheckpoint, optuna.TrialPruned) as error:
            self._end = partial(job.fail, error)
        else:
            self._end = partial(job.finish, loss)

    @override
    def settle(self) -> list[Record]:
        self._end()
        self._queue.context.folder.check_there()
        return []

    @override
    def leave(self) -> None:
        """Do nothing: the queue puts back a job that has not ended when it is closed."""
