"""A worker of a search: decides under the lock, trains without it, and records under it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from optuna.trial import TrialState

from optuna_dnc._interruption import check_interrupted
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.pruners.schedule import Wait
from optuna_dnc.runs.ledger_reader import LedgerReader
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.stage_keys import AHEAD
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.workers import Doing, Endings, Membership, Workers
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.stages.stage import Stage
from optuna_dnc.search.trials.jobs import Job, JobQueue, Settled
from optuna_dnc.search.trials.trial_board import TrialBoard

Outcome: TypeAlias = Literal["trained", "wait", "done"]
"""What a worker has done: trained a network, or nothing, since only other workers can go on, or
since nothing is left."""

TRAINED: Literal["trained"] = "trained"
WAIT: Literal["wait"] = "wait"
DONE: Literal["done"] = "done"

MOST_PREPARATIONS = 3
"""Preparations of a decision; after the last one, what has changed is computed under the lock."""

SHARE_OF_UPDATE = 0.01
"""Share of a time limit after which the time that is left is stored again."""

LOOK = 0.02
"""Seconds between two looks of a waiting worker at whether another one has ended a trial."""

LONGEST_PAUSE = 1.0
"""Seconds after which it decides anew in any case: others may have died, or be on another host."""


@dataclass(kw_only=True)
class Worker:
    """One of the workers of a search.

    All state is in the studies and the folder: any number of workers takes part, and each of them
    may die.
    """

    context: SearchContext
    studies: Studies
    claims: Claims
    member: Membership
    """Entry of this worker among those of the run."""
    ended: list[Record] = field(default_factory=list)
    """Records of trials that have ended, whoever trained them, for :meth:`take_ended`."""
    last_job: str | None = None
    """Name of the trial that it has trained last."""

    def __post_init__(self) -> None:
        self._reader = LedgerReader(self.studies, self.context.ledger)
        self._ahead = LedgerReader(self.studies, self.context.ahead)
        self._may_look_ahead = self.studies.existing(AHEAD) is not None
        self._endings = Endings(self.context.folder.workers)
        self._n_endings = 0
        self._time_kept = math.inf

    @contextmanager
    def deciding(self, *stages: Stage, training: bool = False) -> Iterator[None]:
        """Hold the decision lock within the block, and know what others have done until then.

        Args:
            stages: Stages whose trials are read.
            training: Whether a trial is claimed.
        """
        self.context.folder.check_there()  # a lock would create it anew
        with self.claims.deciding(), self.studies.deciding(training=training):
            self._n_endings = self._endings.count()
            for stage in stages:
                self.ended += self._reader.update(stage.key)
            self._read_ahead()
            self.context.running = self._reader.running | self._ahead.running
            yield

    def _read_ahead(self) -> None:
        """Read what was trained ahead, and end what dead workers have begun."""
        self._may_look_ahead = self._may_look_ahead or self.has_company()
        study = self.studies.existing(AHEAD) if self._may_look_ahead else None
        if study is None:
            return
        board = TrialBoard(study, AHEAD, self.claims)
        for trial in board.trials():
            if trial.state == TrialState.RUNNING and not board.is_taken(trial):
                study.tell(trial.number, state=TrialState.FAIL)
        self._ahead.update(AHEAD)

    def is_training(self, stage: Stage) -> bool:
        """Return whether any worker is training a trial of a stage."""
        study = self.studies.existing(stage.key)
        return study is not None and TrialBoard(study, stage.key, self.claims).is_training()

    def has_company(self) -> bool:
        """Return whether there are other workers."""
        return Workers(self.context.folder.workers).are_several

    def step(self, queue: JobQueue, *stages: Stage, instead: JobQueue | None = None) -> Outcome:
        """Do the next job of a queue.

        Args:
            queue: The jobs.
            stages: Stages whose trials it depends on.
            instead: Jobs to do instead of waiting for other workers.

        Raises:
            Paused: A pause is wanted.
            TimeIsUp: No further training would end in time.
        """
        self.context.pause.check()
        step = None
        for left in reversed(range(MOST_PREPARATIONS)):
            if self.has_company():  # who would have to wait
                queue.prepare()
            with self.deciding(*stages):
                if left and not queue.is_prepared:
                    continue  # another worker was faster
                step = queue.next_step()
                self.ended += queue.ended()
                if isinstance(step, Wait) and instead is not None and self.has_company():
                    step = instead.next_step()
                if isinstance(step, Settled):
                    self._settled([step.record] if step.record is not None else [])
                break
        if isinstance(step, Job):
            self._do(step, *stages)
        elif isinstance(step, Settled):
            self._endings.add()
        else:
            return WAIT if isinstance(step, Wait) else DONE
        return TRAINED

    def wait(self) -> None:
        """Wait until another worker has ended a trial since the last decision, or for a second.

        Raises:
            Interrupted: A signal has requested to stop.
        """
        end = time.monotonic() + LONGEST_PAUSE
        while self._endings.count() == self._n_endings and time.monotonic() < end:
            check_interrupted()
            time.sleep(LOOK)

    def _do(self, job: Job, *stages: Stage) -> None:
        try:
            self.member.note(Doing(trial=job.label, network=job.description, since=time.time()))
            job.train()
            with self.deciding(*stages, training=True):
                self._settled(job.settle())
                self._keep_time_left()
            self.last_job = job.label
        finally:
            job.leave()
            self._endings.add()
            self.member.note(None)

    def _keep_time_left(self) -> None:
        """Store the time that the search has left, for workers that join later."""
        limit = self.context.limit
        if limit.is_set and limit.left <= self._time_kept - SHARE_OF_UPDATE * limit.seconds:
            self._time_kept = limit.left
            self.studies.keep_time_left(max(self._time_kept, 0.0))

    def _settled(self, records: Iterable[Record]) -> None:
        for record in records:
            self._reader.end(record.label)
            self.ended.append(record)

    def take_ended(self) -> list[Record]:
        """Return the records of trials that have ended since the last call."""
        ended, self.ended = self.ended, []
        return ended
