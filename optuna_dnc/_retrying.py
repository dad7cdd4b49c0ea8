"""Retries of storage operations that a lost connection interrupted."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import optuna

from optuna_dnc._errors import brief

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds in which a storage that has stopped must answer again."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_ON_LOST_CONNECTION = "8s2b"
"""SQLAlchemy's code of the error of a statement on a connection that was lost before."""

_logger = optuna.logging.get_logger("optuna.optuna_dnc")


def retried(action: Callable[[], T], patience: float | None = None) -> T:
    """Call a function until the storage responds, after pauses of 0.1 s, 0.2 s... 5 s.

    Args:
        action: Reads the storage, or writes what may be written twice.
        patience: Seconds after which its error is raised; None for :data:`PATIENCE`.
    """
    patience = PATIENCE if patience is None else patience
    deadline, pause = time.monotonic() + patience, _FIRST_PAUSE
    while True:
        try:
            return action()
        except Exception as error:
            if not is_connection_lost(error) or time.monotonic() + pause > deadline:
                raise
            if pause == _FIRST_PAUSE:
                cause = error.__cause__ or error
                reason = brief(getattr(cause, "orig", None) or cause)
                _logger.warning(
                    f"The storage does not respond ({reason}); trying again for {patience:.0f} s."
                )
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def is_connection_lost(error: BaseException) -> bool:
    """Return whether a server could not be reached, or ended the connection."""
    cause = error.__cause__ if isinstance(error, optuna.exceptions.StorageInternalError) else error
    if isinstance(cause, _loaded("sqlalchemy.exc", "DBAPIError")):
        is_lost = cause.connection_invalidated or isinstance(
            cause, _loaded("sqlalchemy.exc", "OperationalError")
        )
        return is_lost and not isinstance(cause.orig, sqlite3.Error)
    if isinstance(cause, _loaded("sqlalchemy.exc", "PendingRollbackError")):
        # Optuna reads trials a second time, in another way, on the connection that was lost.
        return bool(cause.code == _ON_LOST_CONNECTION)
    if isinstance(cause, _loaded("grpc", "RpcError")):
        return bool(cause.code().name == "UNAVAILABLE")
    return isinstance(
        cause, (_loaded("redis", "ConnectionError"), _loaded("redis", "TimeoutError"))
    )


def is_server_error(error: BaseException) -> bool:
    """Return whether an error is of a client of gRPC or Redis."""
    return isinstance(error, (_loaded("grpc", "RpcError"), _loaded("redis", "RedisError")))


def _loaded(module: str, name: str) -> Any:
    """Return a class of errors, or () if its module was not imported: then nobody raises it."""
    return getattr(sys.modules.get(module), name, ())
