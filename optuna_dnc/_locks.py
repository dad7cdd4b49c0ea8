"""File locks, which end with the process that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from optuna_dnc._drafts import sweep_drafts
from optuna_dnc._errors import RunBusyError, StorageError

LOCK = ".lock"
"""Name of the lock file in a folder."""

PATIENCE = 0.5
"""Seconds to wait for a lock: :func:`is_claimed` of another process holds it for a moment."""


def try_lock(file: Path, timeout: float = 0.0) -> FileLock | None:
    """Acquire a file lock; None if another process holds it.

    Any thread may release the lock.

    Args:
        file: The lock file, which is created.
        timeout: Seconds to wait for the lock.
    """
    lock = FileLock(file, timeout=timeout, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


@contextmanager
def claimed(folder: Path, doing: str) -> Iterator[None]:
    """Create a folder and hold its lock within the block.

    Args:
        folder: The folder; may be missing.
        doing: Activity for the message, as in "another process is searching".

    Raises:
        RunBusyError: Another process holds the lock.
        StorageError: The folder cannot be written.
    """
    missing = [path for path in (folder / LOCK, folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder / LOCK, PATIENCE)
    except OSError as error:
        raise StorageError(
            f"out: {folder} cannot be written ({error.strerror}); choose another folder."
        ) from None
    if lock is None:
        raise RunBusyError(
            f"out: another process is {doing} in {folder}; wait for it to end, or choose another "
            "folder."
        )
    try:
        sweep_drafts(folder)
        yield
    except Exception:
        _delete_empty(folder, missing)
        raise
    finally:
        lock.release()


def _delete_empty(folder: Path, created: list[Path]) -> None:
    """Delete the lock file and the folders created for it if they hold nothing else."""
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [LOCK]:
            for path in created:
                path.rmdir() if path.name != LOCK else path.unlink()


def is_claimed(folder: Path) -> bool:
    """Whether a live process holds the lock of a folder."""
    if not (folder / LOCK).exists():
        return False  # asking creates no file
    try:
        lock = try_lock(folder / LOCK)
    except OSError:  # without permission to write there is no way to know, and no harm
        return False
    if lock is None:
        return True
    lock.release()
    return False
