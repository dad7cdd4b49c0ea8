"""Execution of a search, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from optuna_dnc._disk_errors import disk_errors_told, is_disk_broken
from optuna_dnc._errors import InputError, StorageError, brief
from optuna_dnc.data.class_balance import class_warnings
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.storage import is_storage_failure
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.trial_digests import trial_digests
from optuna_dnc.search.context import SearchContext, TimeIsUp
from optuna_dnc.search.events import Event, SearchStarted, StageDone, StageStarted, TrialDone
from optuna_dnc.search.finish import write_result
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.stage import Stage


@dataclass(frozen=True, kw_only=True)
class SearchRun:
    """A search whose folder is claimed and whose studies are open."""

    context: SearchContext
    studies: Studies
    stages: Sequence[Stage]
    dataset: str
    """Its name."""
    emit: Callable[[Event], None]
    notes: dict[str, Any] = field(default_factory=dict)
    """What result.json is to hold besides."""

    def start(self, reason: str | None) -> None:
        """Say what is searched, and why this network family if nobody named it."""
        context = self.context
        self.emit(
            SearchStarted(
                network=context.family.name,
                reason=reason,
                n_train=len(context.data.train),
                n_val=len(context.data.val),
                folder=context.folder.path,
                n_measured=len(context.ledger.records),
                warnings=tuple(class_warnings(context.data)),
            )
        )

    def to_the_end(self) -> SearchResult:
        """Run all stages, as far as time allows, and write the result."""
        try:
            for stage in self.stages:
                self.run_stage(stage)
        except TimeIsUp:
            return self.end(complete=False)
        return self.end(complete=True)

    def run_stage(self, stage: Stage) -> None:
        """Run or go on with one stage.

        Raises:
            TimeIsUp: No further training would end before the deadline.
        """
        context = self.context
        n_trials = stage.n_trials(context)
        self.emit(StageStarted(stage.name, n_trials))
        number = 0
        trials = stage.run(context, partial(self.studies.open, stage.key))
        for number, record in enumerate(trials, start=1):
            self.emit(
                TrialDone(
                    stage=stage.name,
                    number=number,
                    n_trials=max(n_trials, number),
                    record=record,
                    best=context.ledger.best,
                    seconds_left=self._seconds_left(stage, number),
                )
            )
        self.emit(StageDone(stage.name, number))

    def end(self, *, complete: bool) -> SearchResult:
        """Save the best network so far, and what was found."""
        return write_result(
            self.context,
            self.stages,
            self.dataset,
            complete,
            self.notes,
            trial_digests(self.studies),
        )

    def _seconds_left(self, stage: Stage, n_done: int) -> float | None:
        context = self.context
        later = sum(
            other.most_epochs(context.family, context.settings)
            for other in self.stages
            if other.key.number > stage.key.number
        )
        epochs = stage.epochs_left(context, n_done) + later
        return context.seconds_for(epochs / context.settings.epochs)


_KEPT = "finished trials are saved. Remove the cause, then run the same search again to resume."


@contextmanager
def problems_told(folder: Path) -> Iterator[None]:
    """Turn errors of disk, storage and memory into an :class:`InputError` with what to do."""
    with disk_errors_told(folder):
        try:
            yield
        except Exception as error:
            if is_disk_broken(error):
                raise
            if is_storage_failure(error):
                reason = brief(error.__cause__ or error)
                raise StorageError(f"storage: it stopped answering ({reason}); {_KEPT}") from error
            if is_out_of_memory(error):
                reason = brief(error)
                raise InputError(
                    f"device: it ran out of memory outside of training ({reason}); {_KEPT}"
                ) from error
            raise
