"""Workers of a run: who is training what, and since when."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from platform import node
from typing import Any
from uuid import uuid4

from optuna_dnc._locks import WORKER, FileLocks


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

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> WorkerStatus:
        """Create it from what was written by :class:`Workers`."""
        doing = values["doing"]
        return cls(**{**values, "doing": None if doing is None else Doing(**doing)})


class Workers:
    """Live workers of a run; each holds a lock, which ends with its process.

    Args:
        folder: Folder of the run for the files of workers; must exist when one joins.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks = FileLocks(folder)

    @contextmanager
    def joined(self, device: str, threads: int) -> Iterator[Membership]:
        """Be a live worker within the block."""
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
        )
        member = Membership(self._file(name), status)
        try:
            member.note(None)
            yield member
        finally:
            self._remove(name)
            lock.release()

    def names(self) -> list[str]:
        """Return the names of the workers, also of dead ones that nobody has missed yet."""
        return [file.stem for file in self._folder.glob("*.json")]

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
            with suppress(OSError, ValueError, TypeError, KeyError):  # it has just left
                found.append(WorkerStatus.from_dict(json.loads(file.read_text("utf-8"))))
        return sorted(found, key=lambda status: status.since)

    def _remove(self, name: str) -> None:
        with suppress(OSError):
            self._file(name).unlink()
        self._locks.forget(_lock(name))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


class Membership:
    """The entry of one worker among those of the run."""

    def __init__(self, file: Path, status: WorkerStatus) -> None:
        self._file = file
        self.status = status

    def note(self, doing: Doing | None) -> None:
        """Publish what the worker does. It costs no write that waits for the disk."""
        self.status = replace(self.status, doing=doing)
        draft = self._file.with_suffix(".draft")
        with suppress(OSError):  # nothing depends on it
            draft.write_text(json.dumps(asdict(self.status)), "utf-8")
            draft.replace(self._file)


def _lock(name: str) -> str:
    return f"{WORKER}{name}"


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)
