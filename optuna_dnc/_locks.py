"""Locks, which end with the process that holds them, and the file systems they are on."""

from __future__ import annotations

import errno
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from filelock import FileLock, Timeout

from optuna_dnc._drafts import sweep_drafts
from optuna_dnc._errors import RunBusyError, StorageError
from optuna_dnc._names import check_only_files

LOCK = ".lock"
"""Name of the lock file in a folder."""

WORKERS = ".workers"
"""Name of the folder for the files and locks of a run's workers."""

WORKER = "worker-"
"""Start of the names of locks that live workers hold."""

PATIENCE = 0.5
"""Seconds to wait for a lock: :func:`is_claimed` of another process holds it for a moment."""

_POLL = 0.01
_LONGEST_POLL = 0.1

L = TypeVar("L")


class Lock(Protocol):
    """A lock that is held, until it is released or its process has ended."""

    @property
    def is_locked(self) -> bool:
        """Whether it is still held."""

    def release(self) -> None:
        """Release it, from any thread; does nothing the second time."""


class Locks(Protocol):
    """Named locks that all workers of a search share, wherever they run."""

    def take(self, name: str, timeout: float = 0.0) -> Lock | None:
        """Acquire a lock; None if it is still held after ``timeout`` seconds, -1 to wait on."""

    def forget(self, name: str) -> None:
        """Remove what is stored for a lock that nobody will take again."""


class LockKeeper(Protocol):
    """Holder of locks for its process, by name."""

    def holds(self, lock: Any) -> bool:
        """Return whether a lock is held, as far as is known."""

    def release(self, lock: Any) -> None:
        """Release a lock; does nothing if it is not held."""


class KeptLock:
    """A lock that a :class:`LockKeeper` holds."""

    def __init__(self, keeper: LockKeeper, name: str) -> None:
        self.name = name
        self._keeper = keeper

    @property
    def is_locked(self) -> bool:
        """Whether it is still held, as far as is known."""
        return self._keeper.holds(self)

    def release(self) -> None:
        """Release it, from any thread; does nothing the second time."""
        self._keeper.release(self)


class FileLocks:
    """Locks on files of a folder, which must support locks between its hosts.

    Args:
        folder: The folder; must exist when a lock is taken.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, name: str, timeout: float = 0.0) -> Lock | None:
        """Acquire a lock; None if it is still held after ``timeout`` seconds, -1 to wait on."""
        return try_lock(self._folder / name, timeout)

    def forget(self, name: str) -> None:
        """Delete the file of a lock that nobody will take again."""
        # Windows deletes no file that is open, as that of one's own lock is.
        with suppress(OSError):
            (self._folder / name).unlink()


def try_lock(file: Path, timeout: float = 0.0) -> FileLock | None:
    """Acquire a file lock; None if another process holds it.

    Any thread may release the lock.

    Args:
        file: The lock file, which is created.
        timeout: Seconds to wait for the lock.

    Raises:
        OSError: It cannot be opened, or is a symbolic link: the file that it leads to would be
            emptied.
    """
    if file.is_symlink():
        raise OSError(errno.ELOOP, f"{file.name} is a symbolic link", os.fspath(file))
    lock = FileLock(file, timeout=timeout, thread_local=False)
    try:
        lock.acquire(poll_interval=_POLL)
    except Timeout:
        return None
    return lock


def polled(attempt: Callable[[], L | None], timeout: float) -> L | None:
    """Repeat an attempt to take a lock, after pauses of 0.01 to 0.1 seconds.

    Args:
        attempt: Returns the lock, or None if somebody else holds it.
        timeout: Seconds after which to give up, -1 to wait on.
    """
    deadline, pause = time.monotonic() + timeout, _POLL
    while True:
        lock = attempt()
        if lock is not None or (timeout >= 0 and time.monotonic() >= deadline):
            return lock
        time.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(1.5 * pause, _LONGEST_POLL)


@contextmanager
def claimed(folder: Path, doing: str, instead: Callable[[], str] = str) -> Iterator[None]:
    """Create a folder and hold its lock within the block.

    Args:
        folder: The folder; may be missing.
        doing: Activity for the message, as in "another process is searching".
        instead: Returns what to do instead of waiting, for the message.

    Raises:
        RunBusyError: Another process holds the lock.
        StorageError: The folder cannot be written.
        InputError: A folder in it for files of workers is a symbolic link.
    """
    missing = [path for path in (folder / LOCK, folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder / LOCK, PATIENCE)
    except OSError as error:
        raise StorageError(
            f"out: {folder} cannot be written ({error.strerror}); check its permissions, or "
            "choose another folder."
        ) from None
    if lock is None:
        raise RunBusyError(
            f"out: another process is {doing} in {folder}; wait for it to end, {instead()}or "
            "choose another folder."
        )
    try:
        check_only_files(folder / WORKERS)
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
        if {path.name for path in folder.iterdir()} <= {LOCK, WORKERS}:
            if LOCK in (path.name for path in created):
                shutil.rmtree(folder / WORKERS, ignore_errors=True)
            for path in created:
                path.rmdir() if path.name != LOCK else path.unlink()


def is_claimed(folder: Path) -> bool:
    """Whether a live process holds the lock of a folder, or works on the run in it."""
    workers = (folder / WORKERS).glob(f"{WORKER}*")
    return _is_held(folder / LOCK) or any(_is_held(file) for file in workers)


def _is_held(file: Path) -> bool:
    if not file.exists():
        return False  # asking creates no file
    try:
        lock = try_lock(file)
    except OSError:  # without permission to write there is no way to know, and no harm
        return False
    if lock is None:
        return True
    lock.release()
    return False


def file_system(folder: Path) -> str | None:
    """Return the kind of file system of a folder, such as ``ext4``; None if it is unknown."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return None
    number = folder.stat().st_dev
    kinds = {line.split()[2]: line.partition(" - ")[2].split()[0] for line in mounts}
    return kinds.get(f"{os.major(number)}:{os.minor(number)}")
