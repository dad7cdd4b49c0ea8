"""Execution of a search, stage by stage, from the first training to the result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from typing_extensions import override

from optuna_dnc._disk_errors import disk_errors_reported, is_disk_broken
from optuna_dnc._errors import InputError, StorageError, brief
from optuna_dnc.data.class_balance import class_warnings
from optuna_dnc.data.tables.summary import column_lines
from optuna_dnc.objectives import is_out_of_memory
from optuna_dnc.pruners.claims import Claims
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.storage import storage_problem
from optuna_dnc.runs.studies import Studies
from optuna_dnc.runs.trial_digests import trial_digests
from optuna_dnc.search.context import SearchContext
from optuna_dnc.search.ending.cross_validation import FoldQueue, choose
from optuna_dnc.search.ending.finish import write_result
from optuna_dnc.search.events import Event, SearchStarted
from optuna_dnc.search.limits.time_limit import StageTimeIsUp, TimeIsUp
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.stages.stage import Stage
from optuna_dnc.search.stages.stage_run import StageRun, TrialCallback
from optuna_dnc.search.stages.worker import DONE, WAIT, Outcome, Worker

FINISH = "finish"
"""Claim of the worker that writes the result."""

Result = TypeVar("Result")


class Steps(ABC, Generic[Result]):
    """Steps of a worker, possibly beside others, until one of them writes the result."""

    @property
    @abstractmethod
    def claims(self) -> Claims:
        """Claims that all workers share."""

    @abstractmethod
    def work_once(self) -> Outcome:
        """Train one network, if this worker can.

        Returns:
            ``done`` if :meth:`finish` may be called: nothing is left to train, or no time.
        """

    @abstractmethod
    def wait(self) -> None:
        """Wait until another worker may have ended a trial."""

    @abstractmethod
    def _finish(self) -> Result:
        """Write the result; the worker holds the claim for it."""

    def complete(self) -> Result:
        """Train all that is left within the time limit, and write the result."""
        while (outcome := self.work_once()) != DONE:
            self.wait_after(outcome)
        return self.finish()

    def work_or_finish(self) -> Outcome:
        """Do the next step; the last one is :meth:`finish`, unless another worker is doing it."""
        outcome = self.work_once()
        if outcome != DONE:
            return outcome
        lock = self.claims.take(FINISH)
        if lock is None:
            return WAIT
        try:
            self._finish()
        finally:
            lock.release()
        return DONE

    def wait_after(self, outcome: Outcome) -> None:
        """Wait for other workers if only they can continue."""
        if outcome == WAIT:
            self.wait()

    def finish(self) -> Result:
        """Write the result. Only one worker at a time does so; the others then find it."""
        with self.claims.held(FINISH):
            return self._finish()


@dataclass(kw_only=True)
class SearchRun(Steps[SearchResult]):
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
                n_folds=len(context.data.folds) or 1,
                folder=context.folder.path,
                n_measured=len(context.ledger.records),
                columns=() if table is None else column_lines(table),
                warnings=tuple(class_warnings(context.data)),
                beside=beside,
            )
        )

    @property
    @override
    def claims(self) -> Claims:
        return self.worker.claims

    @override
    def wait(self) -> None:
        self.worker.wait()

    @override
    def work_once(self) -> Outcome:
        """Train a network of the first stage that has not ended, if this worker can.

        With a limit, each stage gets a share of the time that is left; what it does not need is
        for the next ones.
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
        folds = self._folds_to_train()
        outcome = self.worker.step(folds)
        self._emit_folds(folds)
        return outcome

    def show_folds(self) -> None:
        """Emit the training runs on other folds that workers have ended; all stages have ended."""
        folds = self._folds_to_train()
        self.context.ledger.cross_validation = self.studies.cross_validation()
        self._emit_folds(folds)

    def _folds_to_train(self) -> FoldQueue:
        if self._folds is None:
            with self.deciding():
                self._folds = FoldQueue(self.context, self.studies, self.claims)
        return self._folds

    def _emit_folds(self, folds: FoldQueue) -> None:
        for event in folds.events():
            self.emit(event)

    def deciding(self) -> AbstractContextManager[None]:
        """Hold the decision lock within the block, and know all trials."""
        return self.worker.deciding(*self.stages)

    @override
    def _finish(self) -> SearchResult:
        with self.deciding():
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
            problem = storage_problem(error)
            if problem is not None:
                raise StorageError(f"{problem}; {_RESUME}") from error
            if is_out_of_memory(error):
                reason = brief(error)
                raise InputError(
                    f"device: it ran out of memory outside of training ({reason}); {_RESUME}"
                ) from error
            raise
