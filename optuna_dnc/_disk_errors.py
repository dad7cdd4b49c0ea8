"""Disk errors (disk full, read-only or failing disks) in one line with file and cause."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna_dnc._errors import InputError, StorageError, brief

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Messages of SQLite, safetensors and torch, which do not raise OSError.
_FULL_SIGNS = (
    "database or disk is full",
    "No space left on device",
    "PytorchStreamWriter failed writing",
)
_BROKEN = (*_FULL, errno.EIO, errno.EROFS, errno.ESTALE)
_IO_ERROR = "disk I/O error"
_SQLITE_SIGNS = (
    _IO_ERROR,
    "unable to open database file",
    "attempt to write a readonly database",
    "database disk image is malformed",
    "file is not a database",
)
_NOT_OF_DISK = (
    BlockingIOError,
    ChildProcessError,
    ConnectionError,
    InterruptedError,
    ProcessLookupError,
    TimeoutError,
)


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error, or one of its causes, means that the disk is full."""
    return any(_is_full(cause) for cause in _causes(error))


def is_disk_broken(error: BaseException) -> bool:
    """Return whether an error means that the disk is full, read-only or failing."""
    return any(
        _is_full(cause)
        or (isinstance(cause, OSError) and cause.errno in _BROKEN)
        or _IO_ERROR in str(cause)
        for cause in _causes(error)
    )


def disk_problem(error: BaseException, path: Path | None = None) -> str | None:
    """Return a disk error as ``FILE: CAUSE``; None for other errors.

    Args:
        error: The error, also wrapped by another library.
        path: File or folder that was used, for errors that name none.
    """
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno and not isinstance(cause, _NOT_OF_DISK):
            file = cause.filename if isinstance(cause.filename, str | bytes) else path
            reason = cause.strerror or os.strerror(cause.errno)
        elif any(sign in str(cause) for sign in (*_FULL_SIGNS, *_SQLITE_SIGNS)):
            file, reason = path, brief(getattr(cause, "orig", None) or cause)
        else:
            continue
        return reason if file is None else f"{os.fsdecode(file)}: {reason}"
    return None


@contextmanager
def disk_errors_reported(folder: Path) -> Iterator[None]:
    """Raise disk errors in the block as a :class:`StorageError` in one line.

    Args:
        folder: Folder in use, for errors that name no file.

    Raises:
        StorageError: The disk is full or fails; other errors pass.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        problem = disk_problem(error, folder)
        if problem is None:
            raise
        what, remedy = "disk error", "Remove the cause"
        if is_disk_full(error) or _IO_ERROR in str(error):  # SQLite's word for several
            what, remedy = "disk full or failing", "Free some space"
        raise StorageError(
            f"out: {what} at {folder} ({problem}); finished trials are saved. {remedy}, then run "
            "the same search again to resume."
        ) from error


def _is_full(cause: BaseException) -> bool:
    is_it = isinstance(cause, OSError) and cause.errno in _FULL
    return is_it or any(sign in str(cause) for sign in _FULL_SIGNS)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, its cause, the cause of that, and so on."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
