"""A trade-off on the workers of an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from optuna_dnc.search.events import WorkersSeen
from optuna_dnc.search.opening import SearchOpener
from optuna_dnc.search.running_with import engine_for, request_of
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.watching import Watcher
from optuna_dnc.tradeoff.folder import TradeoffFolder
from optuna_dnc.tradeoff.status import each_once
from optuna_dnc.tradeoff.tradeoff_run import TradeoffRun
from optuna_dnc.workers.drivers import WorkersDisplay, driving
from optuna_dnc.workers.engines import Engine, drive

OPENER = "optuna_dnc.tradeoff.reopening:tradeoff_of_folder"


def run_with(
    folder: TradeoffFolder,
    opener: SearchOpener,
    begun: Callable[[], AbstractContextManager[TradeoffRun]],
    executor: Engine | None,
    workers: int,
    workers_per_gpu: int,
    display: WorkersDisplay,
) -> None:
    """Run or resume the searches of a trade-off on the workers of an engine.

    Args:
        folder: Folder of the trade-off.
        opener: One of its searches.
        begun: Begins them in this process, which is to train nothing.
        executor: See :meth:`optuna_dnc.search.StagedSearch.run`, as the following.
        workers: Number of trainings at a time.
        workers_per_gpu: Largest number of local workers of one GPU.
        display: Shows that workers begin and stop.
    """
    with (
        engine_for(opener, executor, workers, workers_per_gpu, display) as engine,
        begun() as run,
    ):
        watching = _Watching(run.open_runs)
        member = run.worker.member.status
        with driving(run.context.folder.workers, member.id) as driver:
            request = replace(
                request_of(opener, driver, is_local=executor is None),
                folder=folder.path.resolve(),
                storage=None,
                opener=OPENER,
            )
            drive(request, workers, engine, watching, display)
        watching.wait_until_alone()


class _Watching:
    """Emits the events of all searches, and what each worker trains in any of them."""

    def __init__(self, runs: Sequence[SearchRun]) -> None:
        self._emit = runs[0].emit
        self._watchers = [Watcher(run) for run in runs]

    def look(self) -> None:
        for watcher in self._watchers:
            watcher.show_stages()
        others = (worker for watcher in self._watchers for worker in watcher.others())
        self._emit(WorkersSeen(each_once(others)))

    def end(self) -> None:
        for watcher in self._watchers:
            watcher.end()

    def wait_until_alone(self) -> None:
        for watcher in self._watchers:
            watcher.wait_until_alone()
