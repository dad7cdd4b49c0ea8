"""Journals of Optuna: a log of all changes, in a file or in Redis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from filelock import BaseFileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import (
    BaseJournalBackend,
    JournalFileBackend,
    JournalFileSymlinkLock,
)

from optuna_dnc._errors import InputError
from optuna_dnc._locks import try_lock
from optuna_dnc.runs.persistent import persistent

ENDINGS = (".journal", ".log")
"""Ends of the names of journal files."""

_AT_ONCE = 1000
"""Entries that are read from Redis at once."""

_APPEND = """
local number = redis.call('incr', ARGV[1] .. 'log_number')
redis.call('set', ARGV[1] .. 'log:' .. string.format('%d', number), ARGV[2])
"""

PersistentJournalStorage = persistent(JournalStorage)


def journal_file(storage: str) -> Path | None:
    """Return the file of ``journal:///PATH`` or of a path with one of :data:`ENDINGS`, if any."""
    if storage.startswith("journal:"):
        return Path(unquote(urlsplit(storage).path))
    is_path = "://" not in storage and storage.endswith(ENDINGS)
    return Path(storage) if is_path else None


def open_journal(file: Path, *, create: bool) -> JournalStorage:
    """Open a journal file.

    Raises:
        OSError: It cannot be opened.
        InputError: It is missing, and must not be created.
    """
    if not create and not file.exists():
        raise InputError(f"{file} is missing; give the storage= that the search was started with.")
    path = str(file.resolve())
    return JournalStorage(JournalFileBackend(path, lock_obj=_SystemLock(path)))


class _SystemLock(JournalFileSymlinkLock):
    """Lock of a journal file that ends with its process.

    Optuna's own locks are files that outlive a killed process; others wait for 30 seconds, and
    then take one away also from a process that is only slow.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._path = Path(path)
        self._taken: BaseFileLock | None = None

    def acquire(self) -> bool:
        self._taken = try_lock(self._path.with_name(f"{self._path.name}.flock"), timeout=-1)
        _drop_incomplete_line(self._path)
        return True

    def release(self) -> None:
        if self._taken is not None:
            self._taken.release()


def _drop_incomplete_line(file: Path) -> None:
    """Delete what a killed process or a full disk has left of an entry.

    The next entry would be appended to it, and the file could not be read any more.
    """
    with file.open("r+b") as log:
        size = end = log.seek(0, 2)
        while end:
            log.seek(end - 1)
            if log.read(1) == b"\n":
                break
            end -= 1
        if end < size:
            log.truncate(end)


def open_redis(url: str) -> JournalStorage:
    """Open the journal in a Redis database."""
    return PersistentJournalStorage(RedisJournal(url))


class RedisJournal(BaseJournalBackend):
    """The log of Optuna's ``JournalRedisBackend``, without its snapshots, which are pickles.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``, see ``redis.Redis.from_url``.
    """

    def __init__(self, url: str) -> None:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # An entry that is sent again would be there twice.
        never = Retry(NoBackoff(), 0)
        self.client = redis.Redis.from_url(url, retry=never, socket_connect_timeout=10)
        """Client of the server."""
        self.client.ping()

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the entries from a number on."""
        last = self.client.get(":log_number")
        end = -1 if last is None else int(last)
        for start in range(log_number_from, end + 1, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, end + 1))
            for entry in self.client.mget([f":log:{number}" for number in numbers]):
                yield json.loads(entry or "")

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append entries."""
        self.client.setnx(":log_number", -1)
        for entry in logs:
            self.client.eval(_APPEND, 0, ":", json.dumps(entry))
