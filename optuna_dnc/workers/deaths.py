"""Errors by which engines report that a worker has died."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, CancelledError

_DEATHS = ("KilledWorker", "WorkerLost", "ManagerLost", "FutureCancelledError")
"""Names of errors of Dask and Parsl, which need not be installed."""


def breaks_executor(error: BaseException) -> bool:
    """Whether an executor reports that it is broken as a whole, as process pools do."""
    return isinstance(error, BrokenExecutor)


def cause_of_death(error: BaseException) -> str | None:
    """Return the error that reports a worker's death in short; None for any other error."""
    names = [kind.__name__ for kind in type(error).__mro__]
    if isinstance(error, BrokenExecutor | CancelledError) or any(n in _DEATHS for n in names):
        return names[0]
    return None
