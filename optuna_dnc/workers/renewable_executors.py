"""Executors that are created when they are needed, and anew when they have broken."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TypeVar

from typing_extensions import override

Result = TypeVar("Result")


class RenewableExecutor(Executor):
    """The executor that a function creates, from the first call until the shutdown.

    Process pools break as a whole when one of their processes dies; then another one is created.

    Args:
        create: Creates the executor.
    """

    def __init__(self, create: Callable[[], Executor]) -> None:
        self._create = create
        self._executor: Executor | None = None
        self.generation = 0
        """How many executors have been replaced."""

    @override
    def submit(
        self, fn: Callable[..., Result], /, *args: object, **kwargs: object
    ) -> Future[Result]:
        if self._executor is None:
            self._executor = self._create()
        return self._executor.submit(fn, *args, **kwargs)

    def renew(self) -> None:
        """Create another executor for the next call."""
        self._dismiss()
        self.generation += 1

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._dismiss(wait=wait)

    def _dismiss(self, *, wait: bool = False) -> None:
        if self._executor is not None:
            # Nothing is to be cancelled, and neither loky's nor Dask's executors could do so.
            self._executor.shutdown(wait=wait)
            self._executor = None


def breaks_executor(error: BaseException) -> bool:
    """Whether an executor reports that it is broken as a whole, as process pools do."""
    return isinstance(error, BrokenExecutor)
