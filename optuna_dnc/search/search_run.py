"""Execution of a search, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optuna_dnc._disk_errors import disk_errors_reported, is_disk_broken
from optuna_dnc._errors import InputError, StorageError, brief
from optuna_dnc.data.class_balance import class_warnings
from optuna_dnc.data.tables.summary import column_lines
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.storage import is_storage_failure
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.trial_digests import trial_digests
from optuna_dnc.search.context import SearchContext, StageTimeIsUp, TimeIsUp
from optuna_dnc.search.cross_validation import FoldQueue, choose
from optuna_dnc.search.events import Event, SearchStarted
from optuna_dnc.search.finish import write_result
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.stage import Stage
from optuna_dnc.search.stage_run import StageRun, TrialCallback
from optuna_dnc.search.worker import DONE, WAIT, Outcome, Worker

FINISH = "finish"
"""Claim of the worker that ends the search."""


@dataclass(kw_only=True)
class SearchRun:
    """Running search, as one of its workers runs it: its studies are open."""

    worker: Worker
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
    _position: int = field(default=0, init=False)
    _open: StageRun | None = field(default=None, init=False)
    _folds: FoldQueue | None = field(default=None, init=False)
    _is_complete: bool = field(default=True, init=False)

    @property
    def context(self) -> SearchContext:
        """State that the stages share."""
        return self.worker.context

    @property
    def studies(self) -> Studies:
        """Studies of the stages."""
        return self.worker.studies

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
        """Run all stages within the time limit, choose between leaders, and write the result."""
        while (outcome := self.work_once()) != DONE:
            self.wait_after(outcome)
        return self.finish()

    def wait_after(self, outcome: Outcome) -> None:
        """Wait for other workers if only they can go on."""
        if outcome == WAIT:
            self.worker.wait()

    def work_once(self) -> Outcome:
        """Train a network of the first stage that has not ended, if this worker can.

        With a limit, each stage gets a share of the time that is left; what it does not need is
        for the next ones.

        Returns:
            ``done`` if :meth:`finish` may be called: nothing is left to train, or no time.
        """
        while self._position < len(self.stages):
            stage = self.stages[self._position]
            try:
                outcome = self._work_on(stage)
            except StageTimeIsUp:
                self._is_complete = self._is_complete and stage.has_enough(self.context)
            except TimeIsUp:
                is_last = stage is self.stages[-1]
                has_enough = is_last and stage.has_enough(self.context)
                self._is_complete = self._is_complete and has_enough
                self._position = len(self.stages) - 1
            else:
                if outcome != DONE:
                    return outcome
            self.close()
            self._position += 1
        return self._work_on_folds()

    def work_or_finish(self) -> Outcome:
        """Do the next step; the last one is :meth:`finish`, unless another worker is doing it."""
        outcome = self.work_once()
        if outcome != DONE:
            return outcome
        lock = self.worker.claims.take(FINISH)
        if lock is None:
            return WAIT
        try:
            self._finish()
        finally:
            lock.release()
        return DONE

    def run_stage(self, stage: Stage) -> None:
        """Run or resume a stage, with all workers that take part.

        Raises:
            TimeIsUp: No further training would end before the deadline.
        """
        with closing(self.opened(stage)) as stage_run:
            while (outcome := stage_run.work_once()) != DONE:
                self.wait_after(outcome)

    def _work_on(self, stage: Stage) -> Outcome:
        if self._open is None:
            later = sum(other.time_share for other in self.stages[self._position :])
            self.context.limit.begin_part(stage.time_share / later)
            self._open = self.opened(stage)
        return self._open.work_once()

    def opened(self, stage: Stage, known: Set[str] | None = None) -> StageRun:
        """Open a stage; those before have ended.

        Args:
            stage: The stage.
            known: Names of trials for which callbacks have been called; None for all of it.
        """
        return StageRun(
            worker=self.worker,
            stage=stage,
            stages=self.stages,
            emit=self.emit,
            callbacks=self.callbacks,
            known=known,
        )

    def _work_on_folds(self) -> Outcome:
        """Train a leading network on another fold, to choose between leaders."""
        worker = self.worker
        if self._folds is None:
            with worker.deciding(*self.stages):
                self._folds = FoldQueue(worker.context, worker.studies, worker.claims)
        outcome = worker.step(self._folds)
        for event in self._folds.events():
            self.emit(event)
        return outcome

    def finish(self) -> SearchResult:
        """Choose between leaders, save the best network so far and the result.

        Only one worker at a time does so; the others then find the result.
        """
        with self.worker.claims.held(FINISH):
            return self._finish()

    def _finish(self) -> SearchResult:
        with self.worker.deciding(*self.stages):
            if self._folds is not None:
                choose(self.context, self.studies, self._folds.networks)
        result = self.end(complete=self._is_complete)
        self.worker.member.workers.sweep()
        return result

    def end(self, *, complete: bool) -> SearchResult:
        """Save the best network so far and the result."""
        return write_result(
            self.context,
            self.stages,
            self.dataset,
            settings=self.settings,
            complete=complete,
            notes=self.notes | {"workers": self.studies.workers()},
            trials=trial_digests(self.studies),
        )

    def close(self) -> None:
        """Leave the open stage, if any."""
        if self._open is not None:
            self._open.close()
            self._open = None


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
