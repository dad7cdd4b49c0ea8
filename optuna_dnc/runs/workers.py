"""Workers of a run: who is training what, since when, and how many trials have ended."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from platform import node
from typing import Any
from uuid import uuid4

from optuna_dnc._errors import InputError
from optuna_dnc._files import parse_json, read_bounded
from optuna_dnc._locks import WORKER, FileLocks, Locks
from optuna_dnc._names import check_only_files

BEAT = 2.0
"""Seconds between two changes of the file of a worker."""

PATIENCE = 10.0
"""Seconds in which the file of a worker that is alive changes."""

LASTING = ("decision", "finish", "endings")
"""Files of workers that outlast them: locks that all of them take, and a count."""

_POLL = 0.1


@dataclass(frozen=True, kw_only=True)
class Doing:
    """What a worker does."""

    trial: str
    """Name of the trial, ``stage/number``."""
    network: str
    """Description of the network."""
    since: float
    """When it began, in seconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class WorkerStatus:
    """A live worker of a run."""

    id: str
    host: str
    pid: int
    device: str
    threads: int
    """Threads that its trainings use."""
    since: float
    """When it joined, in seconds since the epoch."""
    doing: Doing | None = None
    """What it trains; None while it decides or waits."""
    drives: bool = False
    """Whether it trains nothing, and shows what the others do."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> WorkerStatus:
        """Create it from what was written by :class:`Workers`."""
        doing = values["doing"]
        return cls(**{**values, "doing": None if doing is None else Doing(**doing)})


class Workers:
    """Live workers of a run; each holds a lock, which ends with its process.

    Args:
        folder: Folder of the run for the files of workers; must exist when one joins.
        locks: Locks of the run; None for files in the folder.

    Raises:
        InputError: The folder is a symbolic link.
    """

    def __init__(self, folder: Path, locks: Locks | None = None) -> None:
        if folder.is_symlink():  # what dead workers have left is deleted
            check_only_files(folder)
        self._folder = folder
        self._locks = FileLocks(folder) if locks is None else locks

    @contextmanager
    def joined(self, device: str, threads: int, *, drives: bool = False) -> Iterator[Membership]:
        """Be a live worker within the block."""
        self.live()  # which deletes the files of dead ones
        name = uuid4().hex[:12]
        lock = self._locks.take(_lock(name), timeout=-1)
        assert lock is not None, "it waits on"
        status = WorkerStatus(
            id=name,
            host=node(),
            pid=os.getpid(),
            device=device,
            threads=threads,
            since=time.time(),
            drives=drives,
        )
        member = Membership(self, self._file(name), status)
        left = threading.Event()
        beats = threading.Thread(target=_beat, args=(self._file(name), left), daemon=True)
        try:
            member.note(None)
            beats.start()
            yield member
        finally:
            left.set()
            self._remove(name)
            lock.release()

    def check_reach(self) -> None:
        """Check that locks on files exclude the workers of other hosts.

        If the lock of such a worker can be taken, either it is dead, or locks end at the host.
        Only in the second case its file still changes.

        Raises:
            InputError: Locks end at the host.
        """
        if not isinstance(self._locks, FileLocks):  # those of a server reach all hosts
            return
        taken, changes = [], {}
        try:
            for status, file in self._of_other_hosts():
                lock = self._locks.take(_lock(status.id))
                if lock is not None:
                    taken.append(lock)
                    changes[file] = status.host, _changed(file)
            deadline = time.monotonic() + PATIENCE
            while changes and time.monotonic() < deadline:
                time.sleep(_POLL)
                for file, (host, before) in changes.items():
                    if _changed(file) not in (before, None):
                        raise InputError(
                            f"out: locks on files of {self._folder.parent} do not reach from "
                            f"{node()} to {host}, so that their workers would take the same "
                            "trials; start the search with the storage= of PostgreSQL, MariaDB, "
                            "MySQL or Redis, which have locks of their own, or in a folder whose "
                            "file system has locks between hosts."
                        )
        finally:
            for lock in taken:
                lock.release()

    def _of_other_hosts(self) -> Iterator[tuple[WorkerStatus, Path]]:
        for file in self._folder.glob("*.json"):
            status = _read(file)
            if status is not None and status.host != node():
                yield status, file

    def names(self) -> list[str]:
        """Return the names of the workers, also of dead ones that nobody has missed yet."""
        return [file.stem for file in self._folder.glob("*.json")]

    @property
    def are_several(self) -> bool:
        """Whether there is more than one, as far as is known."""
        return len(self.names()) > 1

    def live(self) -> list[WorkerStatus]:
        """Return the live workers in the order in which they joined.

        Files of dead ones are deleted, unless the folder is read-only.
        """
        found = []
        for file in self._folder.glob("*.json"):
            lock = self._locks.take(_lock(file.stem)) if _is_writable(self._folder) else None
            if lock is not None:
                self._remove(file.stem)
                lock.release()
                continue
            status = _read(file)
            if status is not None:
                found.append(status)
        return sorted(found, key=lambda status: status.since)

    def sweep(self) -> None:
        """Delete what dead workers have left: to be called when all trials have ended."""
        self.live()
        names = {file.name.partition(".")[0] for file in self._folder.iterdir()}
        for name in names - {*LASTING, *self.names()}:
            lock = self._locks.take(name)
            if lock is not None:
                self._delete(name)
                self._locks.forget(name)
                lock.release()

    def _remove(self, name: str) -> None:
        self._delete(name)
        self._locks.forget(_lock(name))

    def _delete(self, name: str) -> None:
        """Delete the files of a worker or a trial, apart from its lock."""
        for file in self._folder.glob(f"{name}.*"):
            with suppress(OSError):
                file.unlink()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


class Membership:
    """The entry of one worker among those of the run."""

    def __init__(self, workers: Workers, file: Path, status: WorkerStatus) -> None:
        self.workers = workers
        self._file = file
        self.status = status

    def note(self, doing: Doing | None) -> None:
        """Publish what the worker does. It costs no write that waits for the disk."""
        self.status = replace(self.status, doing=doing)
        draft = self._file.with_suffix(".draft")
        with suppress(OSError):  # nothing depends on it
            draft.write_text(json.dumps(asdict(self.status)), "utf-8")
            draft.replace(self._file)


def _read(file: Path) -> WorkerStatus | None:
    """Return the content of the file of a worker; None if the worker has just left."""
    try:
        return WorkerStatus.from_dict(parse_json(read_bounded(file)))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _changed(file: Path) -> int | None:
    """Return when a file was changed last; None if it is missing."""
    try:
        with file.open("rb") as opened:  # NFS asks its server only then
            return os.fstat(opened.fileno()).st_mtime_ns
    except OSError:
        return None


def _beat(file: Path, left: threading.Event) -> None:
    """Change the time of a file until the worker has left."""
    while not left.wait(BEAT):
        with suppress(OSError):
            os.utime(file)


def _lock(name: str) -> str:
    return f"{WORKER}{name}"


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)


class Endings:
    """A file that gets a byte longer whenever a worker has ended a trial.

    To look at its length costs next to nothing, and neither the lock nor the storage. Between
    hosts it may be known some seconds later.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "endings"

    def add(self) -> None:
        """Say that a trial has ended."""
        with suppress(OSError), self._file.open("ab") as file:  # nothing depends on it
            file.write(b".")

    def count(self) -> int:
        """Return how many have ended."""
        try:
            return self._file.stat().st_size
        except OSError:
            return 0
