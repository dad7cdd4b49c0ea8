"""One process at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from optuna_dnc._drafts import sweep_drafts
from optuna_dnc._errors import RunBusyError, StorageError

LOCK = ".lock"
"""The file that is locked."""

PATIENCE = 0.5
"""Seconds: somebody who only asks whether a folder is in use holds its lock for a moment."""


@contextmanager
def claimed(folder: Path, doing: str) -> Iterator[None]:
    """Create the folder and hold its lock, which ends with the process whatever ends it.

    Args:
        folder: May be missing.
        doing: What is done there, as in "another process is searching".

    Raises:
        RunBusyError: Another process has the lock.
        StorageError: The folder cannot be written.
    """
    missing = [path for path in (folder / LOCK, folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=PATIENCE)
        lock.acquire()
    except Timeout:
        raise RunBusyError(
            f"out: another process is {doing} in {folder}; wait for it to end, or choose another "
            "folder."
        ) from None
    except OSError as error:
        raise StorageError(f"out: {folder} cannot be written: {error.strerror}.") from None
    try:
        sweep_drafts(folder)
        yield
    except Exception:
        _delete_empty(folder, missing)
        raise
    finally:
        lock.release()


def _delete_empty(folder: Path, created: list[Path]) -> None:
    """Delete a lock and the folders that were made for it, if nothing else came of them."""
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] == [LOCK]:
            for path in created:
                path.rmdir() if path.name != LOCK else path.unlink()


def is_claimed(folder: Path) -> bool:
    """Whether a process that lives is at work there."""
    if not (folder / LOCK).exists():
        return False  # and asking makes no file
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # who cannot write there cannot find out, and does no harm
        return False
