"""A search on the workers of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from optuna.storages import InMemoryStorage

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.runs.storage import for_other_processes
from optuna_dnc.samplers.registry import SAMPLERS
from optuna_dnc.search.events import Listener
from optuna_dnc.search.opening import SearchOpener
from optuna_dnc.search.progress.display import Progress
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.setup import check_shared_gpu
from optuna_dnc.search.watching import Watcher
from optuna_dnc.workers import device_of_worker
from optuna_dnc.workers.drivers import Driver, WorkersDisplay, driving
from optuna_dnc.workers.engines import Engine, drive, opened_engine
from optuna_dnc.workers.work_requests import WorkRequest

SECONDS_TO_CLOSE = 2.0
"""Kept of a time limit for the end of the workers, after that of the search."""


def run_with(
    opener: SearchOpener,
    begun: Callable[[Listener], AbstractContextManager[SearchRun]],
    executor: Engine | None,
    workers: int,
    *,
    workers_per_gpu: int = 1,
    progress: bool | None = None,
) -> SearchResult:
    """Run or resume a search on the workers of an engine, and return its result.

    Args:
        opener: The search.
        begun: Begins it in this process, which is to train nothing.
        executor: The engine; None for local processes, each with a GPU of its own if there are.
        workers: Number of trainings at a time.
        workers_per_gpu: Largest number of local workers of one GPU.
        progress: Whether to show the progress; None for terminals and notebooks alone.
    """
    if isinstance(opener.storage.storage, InMemoryStorage):
        raise InputError(
            "storage: other processes cannot use an InMemoryStorage; give the URL of a database, "
            "or leave storage out."
        )
    with (
        Progress(progress) as display,
        engine_for(opener, executor, workers, workers_per_gpu, display) as engine,
        begun(display.on_event) as run,
    ):
        watcher = Watcher(run)
        with driving(opener.folder.workers, run.worker.member.status.id) as driver:
            request = request_of(opener, driver, is_local=executor is None)
            drive(request, workers, engine, watcher, display)
        watcher.wait_until_alone()
    return SearchResult.load(opener.folder.path, family=opener.family)


@contextmanager
def engine_for(
    opener: SearchOpener,
    executor: Engine | None,
    workers: int,
    workers_per_gpu: int,
    display: WorkersDisplay,
) -> Iterator[Executor]:
    """Start the engine of a search, or use a running one, within the block.

    Optuna is silent meanwhile: this process creates and opens the studies in between its workers.
    The arguments are those of :func:`run_with`; ``display`` shows that workers begin.
    """
    per_gpu = whole("workers_per_gpu", workers_per_gpu, least=1)
    check_shared_gpu(opener.settings.penalize, per_gpu)
    with (
        quiet_optuna(),
        opened_engine(executor, workers, opener.given_device, per_gpu, display=display) as engine,
    ):
        yield engine


def request_of(opener: SearchOpener, driver: Driver, *, is_local: bool) -> WorkRequest:
    """Return the request by which other processes join a search.

    Args:
        opener: The search.
        driver: This process.
        is_local: Whether each worker sees its own GPU only.
    """
    name, sampler = opener.settings.network, opener.settings.sampler
    options: dict[str, Any] = {
        "device": device_of_worker(opener.given_device, is_local=is_local),
        "refit": opener.refit,
        "floors": opener.floors,
        "network": None if name in FAMILIES else opener.family,
        "sampler": None if sampler in SAMPLERS else opener.sampler,
    }
    limit, storage = opener.limit, opener.storage.storage
    return WorkRequest(
        folder=opener.folder.path.resolve(),
        driver=driver,
        data=None if opener.dataset.can_be_loaded_again else opener.dataset,
        storage=for_other_processes(storage) if isinstance(storage, str) else storage,
        options=options,
        ends=driver.now() + limit.left - SECONDS_TO_CLOSE if limit.is_set else None,
    )
