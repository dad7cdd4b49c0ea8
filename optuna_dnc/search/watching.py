"""What the driver of workers shows: their trials as they end, and what each of them trains."""

from __future__ import annotations

import time

from optuna_dnc._optuna_compat import all_trials
from optuna_dnc.runs.records import is_shared
from optuna_dnc.runs.storage import is_storage_failure
from optuna_dnc.runs.workers import Workers, WorkerStatus
from optuna_dnc.search.events import WorkersSeen
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.stages.stage import Stage
from optuna_dnc.search.stages.stage_run import StageRun

MOST_TO_LEAVE = 2.0
"""Seconds that workers have to leave."""


class Watcher:
    """Emits the events of a search that other processes run.

    Args:
        run: The search; trains nothing.
    """

    def __init__(self, run: SearchRun) -> None:
        self._run = run
        folder = run.context.folder.workers
        self._workers = Workers(folder, run.studies.locks(folder))
        self._position = 0
        self._open: StageRun | None = None
        records = run.context.ledger.records
        self._folds_before = run.studies.cross_validation()
        self._known = {record.label for record in records if not (record.waits or record.shared)}

    def look(self) -> None:
        """Emit what has happened since the last look."""
        self.show_stages()
        self._run.emit(WorkersSeen(self.others()))

    def end(self) -> None:
        """Emit what has happened until the end."""
        self._show()
        if self._open is not None:
            self._close(self._open)
            self._show()

    def wait_until_alone(self) -> None:
        """Let workers leave the search that has ended, before their engine ends them."""
        until = time.monotonic() + MOST_TO_LEAVE
        while self.others() and time.monotonic() < until:
            time.sleep(0.05)

    def others(self) -> tuple[WorkerStatus, ...]:
        """Return the live workers but this process."""
        own = self._run.worker.member.status.id
        return tuple(worker for worker in self._workers.live() if worker.id != own)

    def show_stages(self) -> None:
        """Emit the events of stages and trials since the last look."""
        try:
            self._show()
        except Exception as error:
            if not is_storage_failure(error):  # the workers have to cope with it, not the display
                raise

    def _show(self) -> None:
        stages = self._run.stages
        while self._position < len(stages):
            stage, *later = stages[self._position :]
            has_ended = any(map(self._has_begun, later)) if later else self._has_new_folds()
            if self._open is None:
                # Not before: other searches, which share their trials, may have to end first.
                if not has_ended and not self._has_begun(stage):
                    return
                self._open = self._run.opened(stage, self._known)
            self._open.look()
            if not has_ended:
                return
            self._close(self._open)
        self._run.show_folds()

    def _has_new_folds(self) -> bool:
        """Whether leading networks are trained on other folds, for which all stages must end."""
        return self._run.studies.cross_validation() != self._folds_before

    def _close(self, stage_run: StageRun) -> None:
        stage_run.end()
        stage_run.close()
        self._open = None
        self._position += 1

    def _has_begun(self, stage: Stage) -> bool:
        study = self._run.studies.existing(stage.key)
        return study is not None and not all(map(is_shared, all_trials(study)))
