"""Engines, what the driver of their workers does, and why an engine takes no calls."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeAlias, runtime_checkable

from optuna_dnc._arguments import whole
from optuna_dnc._errors import InputError, shown
from optuna_dnc._limits import MOST_WORKERS
from optuna_dnc.workers.dask_clusters import cluster_at, local_cluster
from optuna_dnc.workers.devices import local_environments
from optuna_dnc.workers.drivers import STOPPING, NoDisplay, WorkersDisplay
from optuna_dnc.workers.in_flight import InFlight
from optuna_dnc.workers.renewable_executors import RenewableExecutor
from optuna_dnc.workers.work_requests import WorkRequest, work

Engine: TypeAlias = Executor | Callable[[], Executor] | str
"""An executor; a function that creates one; or the address of a Dask cluster's scheduler."""


@contextmanager
def opened_engine(
    executor: Engine | None,
    workers: int,
    device: str,
    workers_per_gpu: int = 1,
    *,
    display: WorkersDisplay | None = None,
) -> Iterator[Executor]:
    """Start an engine, or use a running one, within the block.

    An executor that a function creates lasts from the first call to the end of the block.

    Args:
        executor: The engine; None for local processes, each with a GPU of its own if there are.
        workers: Number of calls at a time.
        device: Device of the trainings, as it was given.
        workers_per_gpu: Largest number of local workers of one GPU.
        display: Shows that workers begin.
    """
    workers = whole("workers", workers, least=1, most=MOST_WORKERS)
    per_gpu = whole("workers_per_gpu", workers_per_gpu, least=1)
    if executor is not None and per_gpu > 1:
        raise InputError(
            f"workers_per_gpu={per_gpu} is for local workers; leave it out: the engine assigns "
            "its GPUs."
        )
    (display or NoDisplay()).await_workers(workers, are_local=executor is None)
    if executor is None:
        with local_cluster(local_environments(workers, device=device, per_gpu=per_gpu)) as local:
            yield local
    elif isinstance(executor, str):
        with cluster_at(executor) as cluster:
            yield cluster
    elif isinstance(executor, Executor):
        yield executor
    elif callable(executor):
        renewable = RenewableExecutor(executor)
        try:
            yield renewable
        finally:
            renewable.shutdown(wait=False)
    else:
        raise InputError(
            "executor must be a concurrent.futures.Executor, a function that creates one, or the "
            f"address of a Dask scheduler, got {shown(executor)}; leave it out for local workers."
        )


class Watching(Protocol):
    """What shows the driver's user what its workers do."""

    def look(self) -> None:
        """Show what has happened since the last look."""

    def end(self) -> None:
        """Show what has happened until the end."""


def drive(
    request: WorkRequest,
    workers: int,
    engine: Executor,
    watching: Watching,
    display: WorkersDisplay,
) -> None:
    """Have an engine's workers do all that a request asks for, and one of them finish it.

    Args:
        request: The request.
        workers: Number of calls at a time.
        engine: The engine.
        watching: Looks at the whole about twice a second.
        display: Shows what happens to the driver's user.
    """
    keep_working(request, workers, engine, display, watching.look)
    watching.end()
    keep_working(replace(request, finishes=True), 1, engine, display)


def keep_working(
    request: WorkRequest,
    workers: int,
    engine: Executor,
    display: WorkersDisplay,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Have an engine's workers do all that a request asks for.

    Args:
        request: The request.
        workers: Number of calls at a time.
        engine: The engine.
        display: Shows what happens to the driver's user.
        look: Called about twice a second.
    """
    obstacles = Obstacles(engine)

    def tick() -> None:
        look()
        obstacles.look()

    def stop(at_once: bool) -> None:
        request.driver.stop(at_once)
        if not at_once:
            display.say(STOPPING)

    InFlight(partial(work, request), workers, engine, on_tick=tick, on_stop=stop).run()


SECONDS_BETWEEN = 10.0
"""Between two questions; an obstacle is told if it is still there at the second one."""


@runtime_checkable
class TellsObstacles(Protocol):
    """An engine that knows why none of its workers takes calls."""

    def obstacle(self) -> str | None:
        """Return why no worker takes calls, and what to do; None if one may."""


class Obstacles:
    """Warns once if all workers of an engine are kept from taking calls."""

    def __init__(self, engine: object) -> None:
        self._engine = engine if isinstance(engine, TellsObstacles) else None
        self._was_there = False
        self._due = time.monotonic() + SECONDS_BETWEEN

    def look(self) -> None:
        """Ask the engine, if it is time to."""
        if self._engine is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + SECONDS_BETWEEN
        obstacle = self._engine.obstacle()
        if obstacle is not None and self._was_there:
            self._engine = None
            warnings.warn(obstacle, stacklevel=2)
        self._was_there = obstacle is not None
