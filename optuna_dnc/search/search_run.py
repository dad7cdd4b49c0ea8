"""Execution of a search, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import optuna
from optuna.trial import FrozenTrial

from optuna_dnc._disk_errors import disk_errors_reported, is_disk_broken
from optuna_dnc._errors import InputError, StorageError, brief
from optuna_dnc.data.class_balance import class_warnings
from optuna_dnc.data.tables.summary import column_lines
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.records import Record
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.storage import is_storage_failure
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.trial_digests import trial_digests
from optuna_dnc.search.context import SearchContext, StageTimeIsUp, TimeIsUp
from optuna_dnc.search.cross_validation import cross_validate
from optuna_dnc.search.events import Event, SearchStarted, StageDone, StageStarted, TrialDone
from optuna_dnc.search.finish import write_result
from optuna_dnc.search.forecast import forecast, outlook_of
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.stage import Stage

TrialCallback: TypeAlias = Callable[[optuna.Study, FrozenTrial], None]


@dataclass(frozen=True, kw_only=True)
class SearchRun:
    """Running search: its folder is locked and its studies are open."""

    context: SearchContext
    studies: Studies
    stages: Sequence[Stage]
    dataset: str
    """Name of the data set."""
    settings: SearchSettings
    """Settings as they were given."""
    emit: Callable[[Event], None]
    notes: dict[str, Any] = field(default_factory=dict)
    """Additional entries of result.json."""
    callbacks: Sequence[TrialCallback] = ()
    """Called with each new trial that has ended."""

    def start(self, reason: str | None, beside: str | None) -> None:
        """Emit the start of the search.

        Args:
            reason: Why the network family was chosen; None if the user named it.
            beside: Why the folder is not the usual one.
        """
        context = self.context
        table = context.data.preprocessing.table
        self.emit(
            SearchStarted(
                network=context.family.name,
                reason=reason,
                n_train=len(context.data.train),
                n_val=len(context.data.val),
                folder=context.folder.path,
                n_measured=len(context.ledger.records),
                columns=() if table is None else column_lines(table),
                warnings=tuple(class_warnings(context.data)),
                beside=beside,
            )
        )

    def complete(self) -> SearchResult:
        """Run all stages within the time limit, choose between leaders, and write the result.

        With a limit, each stage gets a share of the time that is left; what it does not need is
        for the next ones.
        """
        is_complete = True
        try:
            for i, stage in enumerate(self.stages):
                later = sum(other.time_share for other in self.stages[i:])
                self.context.limit.begin_part(stage.time_share / later)
                try:
                    self.run_stage(stage)
                except StageTimeIsUp:
                    is_complete = is_complete and stage.has_enough(self.context)
        except TimeIsUp:
            is_last = stage is self.stages[-1]
            is_complete = is_complete and is_last and stage.has_enough(self.context)
        self.context.pause.check()
        cross_validate(self.context, self.studies, self.emit)
        return self.end(complete=is_complete)

    def run_stage(self, stage: Stage) -> None:
        """Run or resume a stage.

        Raises:
            TimeIsUp: No further training would end before the deadline.
        """
        context = self.context
        self.emit(StageStarted(stage.name, stage.n_trials(context)))
        number = 0
        ended = {r.trial_number for r in context.ledger.of_stages(stage.name) if not r.waits}
        outlook = outlook_of(context, self.stages, stage)
        self.studies.keep_outlook(outlook)
        trials = stage.run(context, partial(self.studies.open, stage.key))
        for number, record in enumerate(trials, start=1):
            before, outlook = outlook.stages, outlook_of(context, self.stages, stage)
            if outlook.stages != before:
                self.studies.keep_outlook(outlook)
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
            if record.trial_number not in ended:
                self._call_back(stage, record)
        self.emit(StageDone(stage.name, number))

    def _call_back(self, stage: Stage, record: Record) -> None:
        if self.callbacks:
            study = self.studies.open(stage.key)
            trial = study.get_trials(deepcopy=False)[record.trial_number]
            for callback in self.callbacks:
                callback(study, trial)

    def end(self, *, complete: bool) -> SearchResult:
        """Save the best network so far and the result."""
        return write_result(
            self.context,
            self.stages,
            self.dataset,
            settings=self.settings,
            complete=complete,
            notes=self.notes,
            trials=trial_digests(self.studies),
        )


_RESUME = "finished trials are saved. Remove the cause, then run the same search again to resume."


@contextmanager
def machine_errors_reported(folder: Path) -> Iterator[None]:
    """Raise errors of disk, storage and memory in the block as an :class:`InputError`."""
    with disk_errors_reported(folder):
        try:
            yield
        except Exception as error:
            if is_disk_broken(error):
                raise
            if is_storage_failure(error):
                reason = brief(error.__cause__ or error)
                raise StorageError(
                    f"storage: it stopped responding ({reason}); {_RESUME}"
                ) from error
            if is_out_of_memory(error):
                reason = brief(error)
                raise InputError(
                    f"device: it ran out of memory outside a training ({reason}); {_RESUME}"
                ) from error
            raise
