"""Execution of one stage by one worker, possibly beside others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import optuna
from optuna.trial import FrozenTrial

from optuna_dnc.runs.records import Record
from optuna_dnc.search.context import Proposal
from optuna_dnc.search.events import Event, StageDone, StageStarted, TrialDone
from optuna_dnc.search.limits.time_limit import StageTimeIsUp, TimeIsUp
from optuna_dnc.search.stages.forecast import forecast, outlook_of
from optuna_dnc.search.stages.look_ahead import LookAhead
from optuna_dnc.search.stages.stage import Stage
from optuna_dnc.search.stages.worker import DONE, WAIT, Outcome, Worker

TrialCallback: TypeAlias = Callable[[optuna.Study, FrozenTrial], None]


@dataclass(kw_only=True)
class StageRun:
    """Steps of a worker in a stage, and the events of all its trials, whoever trained them.

    To be created with the stages before at their end.
    """

    worker: Worker
    stage: Stage
    stages: Sequence[Stage]
    """All stages of the search."""
    emit: Callable[[Event], None]
    callbacks: Sequence[TrialCallback]
    """Called with each trial that has ended since the opening."""
    known: Set[str] | None = None
    """Names of trials that had ended before; None for all that have ended by now."""
    _shown: set[str] = field(default_factory=set, init=False)
    _time_is_up: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        worker, context, stage = self.worker, self.worker.context, self.stage
        with worker.deciding(*self.stages):
            n_trials = stage.n_trials(context)
            opener = partial(worker.studies.open, stage.key)
            self._queue = stage.jobs(context, opener, worker.claims)
        self._look_ahead = None
        if context.settings.hyperband is None:
            self._look_ahead = LookAhead(context, worker.studies, worker.claims, self._ahead)
        worker.take_ended()
        self.emit(StageStarted(stage.name, n_trials))
        records = [r for r in context.ledger.of_stages(stage.name) if not (r.waits or r.shared)]
        if self.known is None:
            self.known = {record.label for record in records}
        self._kept = outlook_of(context, self.stages, stage)
        worker.studies.keep_outlook(self._kept)
        self._show(records)

    def work_once(self) -> Outcome:
        """Do the next step.

        Raises:
            StageTimeIsUp: No further training would end in the time of the stage, and no other
                worker is training one of its networks.
            TimeIsUp: None would end before the deadline.
        """
        if self._time_is_up or self._is_left():
            return self._wait_for_others()
        try:
            outcome = self.worker.step(self._queue, self.stage, instead=self._look_ahead)
        except StageTimeIsUp:
            self._time_is_up = True
            self._queue.close()
            return self._wait_for_others()
        self._show(self.worker.take_ended())
        if outcome == DONE:
            self.end()
        return outcome

    def look(self) -> None:
        """Show the trials that other workers have ended."""
        with self.worker.deciding(self.stage):
            pass
        self._show(self.worker.take_ended())

    def end(self) -> None:
        """Emit the end of the stage."""
        self.emit(StageDone(self.stage.name, len(self._shown)))

    def _ahead(self) -> Iterator[Proposal]:
        """Yield what is likely to be asked for when other workers have ended their trainings."""
        if self.worker.context.ledger.best is None:
            return  # everything starts from the best network so far
        yield from self._queue.ahead()
        for later in self._later()[:1]:
            yield from later.ahead(self.worker.context)

    def _later(self) -> Sequence[Stage]:
        return self.stages[self.stages.index(self.stage) + 1 :]

    def _is_left(self) -> bool:
        """Return whether its time is up for other workers, which are training for a later one."""
        worker = self.worker
        if not worker.context.limit.is_set or not worker.has_company():
            return False
        return any(worker.is_training(stage) for stage in self._later())

    def _wait_for_others(self) -> Outcome:
        with self.worker.deciding(self.stage):
            is_busy = self._queue.is_training()
        self._show(self.worker.take_ended())
        if not is_busy:
            raise StageTimeIsUp
        if self.worker.context.limit.is_over():
            raise TimeIsUp
        return WAIT

    def close(self) -> None:
        """Leave the stage; a trial that has not ended waits for any worker."""
        self._queue.close()

    def _show(self, ended: Iterable[Record]) -> None:
        context, stage = self.worker.context, self.stage
        # Other workers may have taken over trials of other searches.
        own = [record for record in ended if not record.shared]
        new = [record for record in own if record.label not in self._shown]
        for record in sorted(new, key=lambda record: record.trial_number):
            self._shown.add(record.label)
            number = len(self._shown)
            outlook = outlook_of(context, self.stages, stage)
            if not outlook.is_like(self._kept):
                self._kept = outlook
                self.worker.studies.keep_outlook(outlook)
            estimate = forecast(context, outlook, stage, number)
            self.emit(
                TrialDone(
                    stage=stage.name,
                    number=number,
                    n_trials=estimate.n_trials,
                    record=record,
                    best=context.ledger.best,
                    seconds_left=estimate.seconds,
                    stage_seconds_left=estimate.stage_seconds,
                )
            )
            if self.known is not None and record.label not in self.known:
                self._call_back(record)

    def _call_back(self, record: Record) -> None:
        if self.callbacks:
            study = self.worker.studies.open(self.stage.key)
            trial = study.get_trials(deepcopy=False)[record.trial_number]
            for callback in self.callbacks:
                callback(study, trial)
