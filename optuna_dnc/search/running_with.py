"""A search on the workers of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from optuna.storages import InMemoryStorage

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, shown
from optuna_dnc.nets.registry import FAMILIES
from optuna_dnc.samplers.registry import SAMPLERS
from optuna_dnc.search.drivers import Driver, driving
from optuna_dnc.search.events import Listener
from optuna_dnc.search.opening import SearchOpener
from optuna_dnc.search.progress import Progress
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.watching import Watcher
from optuna_dnc.search.work_requests import WorkRequest, work
from optuna_dnc.search.worker_baseline import check_shared_gpu
from optuna_dnc.workers import InFlight, local_environments
from optuna_dnc.workers.dask_clusters import cluster_at, local_cluster

Engine: TypeAlias = Executor | Callable[[], Executor] | str
"""An executor; a function that creates one; or the address of a Dask cluster's scheduler."""


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
    workers = whole("workers", workers, least=1)
    workers_per_gpu = whole("workers_per_gpu", workers_per_gpu, least=1)
    check_shared_gpu(opener.settings.penalize, workers_per_gpu)
    if isinstance(opener.storage.storage, InMemoryStorage):
        raise InputError(
            "storage: other processes cannot use an InMemoryStorage; give the URL of a database, "
            "or leave storage out."
        )
    with (
        _engine(executor, workers, opener.given_device, workers_per_gpu) as engine,
        Progress(progress) as display,
        begun(display.on_event) as run,
    ):
        watcher = Watcher(run)
        with driving(opener.folder.workers, run.worker.member.status.id) as driver:
            request = request_of(opener, driver, is_local=executor is None)
            calls: dict[str, Any] = {"on_tick": watcher.look, "on_stop": driver.stop}
            InFlight(partial(work, request), workers, engine, **calls).run()
            watcher.end()
            finish = partial(work, replace(request, finishes=True))
            InFlight(finish, 1, engine, on_stop=driver.stop).run()
        watcher.wait_until_alone()
    return SearchResult.load(opener.folder.path, family=opener.family)


@contextmanager
def _engine(
    executor: Engine | None, workers: int, device: str, per_gpu: int
) -> Iterator[Executor | Callable[[], Executor]]:
    if executor is None:
        with local_cluster(local_environments(workers, device=device, per_gpu=per_gpu)) as local:
            yield local
    elif isinstance(executor, str):
        with cluster_at(executor) as cluster:
            yield cluster
    elif isinstance(executor, Executor) or callable(executor):
        yield executor
    else:
        raise InputError(
            "executor must be a concurrent.futures.Executor, a function that creates one, or the "
            f"address of a Dask scheduler, got {shown(executor)}; leave it out for local workers."
        )


def request_of(opener: SearchOpener, driver: Driver, *, is_local: bool) -> WorkRequest:
    """Return the request by which other processes join a search.

    Args:
        opener: The search.
        driver: This process.
        is_local: Whether each worker sees its own GPU only.
    """
    name, sampler = opener.settings.network, opener.settings.sampler
    device = opener.given_device
    if is_local and device.startswith("cuda"):
        device = "cuda"
    options: dict[str, Any] = {
        "device": device,
        "refit": opener.refit,
        "floors": opener.floors,
        "network": None if name in FAMILIES else opener.family,
        "sampler": None if sampler in SAMPLERS else opener.sampler,
    }
    if opener.limit.is_set:
        options["timeout"] = opener.limit.left
    is_noted = opener.dataset.origin is not None
    return WorkRequest(
        folder=opener.folder.path.resolve(),
        driver=driver,
        data=None if is_noted else opener.dataset,
        storage=opener.storage.storage,
        options=options,
    )
