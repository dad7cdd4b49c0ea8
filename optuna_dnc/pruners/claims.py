"""Claims on trials: locks, which end with the process that holds them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from optuna_dnc._locks import Lock, Locks


class _Held(threading.local):
    """Names of the claims that the current thread holds within a block."""

    def __init__(self) -> None:
        self.names: set[str] = set()


class Claims:
    """The claims of one worker, by locks that all workers of a study share.

    Optuna's change of a trial's state from WAITING to RUNNING is no claim: if several workers
    try it at once, more than one of them may succeed, with SQLite (which reads and writes the
    state in two steps) and with a journal (for trials that a worker has run before). Locks are:
    the system frees one as soon as its process and the forks of it have ended, for whatever
    reason, and no sooner, or, with a server, when its host was cut off for too long.
    """

    def __init__(self, locks: Locks, prefix: str = "") -> None:
        self._locks = locks
        self._prefix = prefix
        self._held = _Held()

    def of(self, part: str) -> Claims:
        """Return this worker's claims on the trials of a part of a run; decisions are of all."""
        claims = Claims(self._locks, f"{self._prefix}{part}-")
        claims._held = self._held
        return claims

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Keep other workers from deciding and from changing the state of any trial."""
        with self.held("decision"):
            yield

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold a claim within the block; wait until no other worker holds it.

        Does nothing in a block in which this thread holds it already.
        """
        if name in self._held.names:
            yield
            return
        lock = self._locks.take(name, timeout=-1)
        assert lock is not None, "it waits on"
        self._held.names.add(name)
        try:
            yield
        finally:
            self._held.names.remove(name)
            lock.release()

    def take(self, trial: int | str) -> Lock | None:
        """Claim a trial until the lock is released; None if another worker holds it.

        Args:
            trial: Number of the trial, or its name among those of several studies.
        """
        return self._locks.take(f"{self._prefix}{trial}")

    def is_taken(self, trial: int | str) -> bool:
        """Whether a live worker has claimed the trial; not to be called for one's own."""
        lock = self.take(trial)
        if lock is None:
            return True
        lock.release()
        return False

    def forget(self, trial: int | str) -> None:
        """Forget the claims of a trial that no worker will claim again."""
        self._locks.forget(f"{self._prefix}{trial}")
