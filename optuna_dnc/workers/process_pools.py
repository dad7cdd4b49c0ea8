"""Pools of processes that import nothing of the calling script."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from typing import Any, TypeVar

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.backend import get_context
from typing_extensions import override

Result = TypeVar("Result")


@contextmanager
def process_pool(environments: Sequence[Mapping[str, str]]) -> Iterator[Callable[[], Executor]]:
    """Start a process for each worker when it is needed, and end them with the block.

    The processes are those of joblib, as scikit-learn uses them: a script needs no
    ``if __name__ == "__main__"``. If one dies, all of them are started anew.

    Args:
        environments: Variables of each worker, see
            :func:`optuna_dnc.workers.local_environments`.

    Yields:
        A function that returns the executor.
    """
    pool = _Pool(environments)
    try:
        yield lambda: pool
    finally:
        pool.end()


class _Pool(Executor):
    """An executor that outlives its ``shutdown``, to be used again until the end."""

    def __init__(self, environments: Sequence[Mapping[str, str]]) -> None:
        self._environments = environments
        self._processes: Any = None

    @override
    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        try:
            return self._submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self.end()
            return self._submit(fn, *args, **kwargs)

    def _submit(self, fn: Callable[..., Result], *args: Any, **kwargs: Any) -> Future[Result]:
        if self._processes is None:
            self._processes = _started(self._environments)
        future: Future[Result] = self._processes.submit(fn, *args, **kwargs)
        return future

    def end(self) -> None:
        """End the processes, if any."""
        if self._processes is not None:
            self._processes.shutdown(wait=True, kill_workers=True)
            self._processes = None


def _started(environments: Sequence[Mapping[str, str]]) -> Any:
    context = get_context("loky")
    to_take = context.SimpleQueue()
    for environment in environments:
        to_take.put(dict(environment))
    return ProcessPoolExecutor(
        len(environments),
        context=context,
        timeout=None,  # they stay when they are idle
        env=dict(environments[0]),  # for libraries that are imported before the initializer
        initializer=_take_environment,
        initargs=(to_take,),
    )


def _take_environment(to_take: Any) -> None:
    os.environ.update(to_take.get())
