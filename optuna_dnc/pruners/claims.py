"""Claims on trials: file locks, which end with the process that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from optuna_dnc._locks import try_lock


class Claims:
    """The claims of one worker, in a folder that all workers of a study share.

    Optuna's change of a trial's state from WAITING to RUNNING is no claim: if several workers
    try it at once, more than one of them may succeed, with SQLite (which reads and writes the
    state in two steps) and with a journal (for trials that a worker has run before). Nor is a
    claim that expires: the system frees a lock as soon as its process and the forks of it have
    ended, for whatever reason, and never before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._decision = FileLock(folder / "decision")

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Keep other workers from deciding and from changing the state of any trial."""
        with self._decision.acquire(poll_interval=0.01):
            yield

    def take(self, number: int) -> FileLock | None:
        """Claim a trial until the lock is released; None if another worker holds it."""
        return try_lock(self._file(number))

    def is_taken(self, number: int) -> bool:
        """Whether a live worker has claimed the trial; not to be called for one's own."""
        lock = self.take(number)
        if lock is None:
            return True
        lock.release()
        return False

    def forget(self, number: int) -> None:
        """Delete the lock file of a trial that no worker will claim again."""
        # Windows deletes no file that is open, as that of one's own claim is.
        with suppress(OSError):
            self._file(number).unlink()

    def _file(self, number: int) -> Path:
        return self._folder / str(number)
