"""What several workers of a run share: its storage and locks, also from other hosts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from platform import node

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc._locks import FileLocks, Lock, Locks, file_system
from optuna_dnc._optuna_compat import engine_of, journal_of
from optuna_dnc.runs.database_locks import DIALECTS, DatabaseLocks
from optuna_dnc.runs.journals import RedisJournal
from optuna_dnc.runs.redis_locks import RedisLocks

_NETWORK = (
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "panfs",
    "smb3",
    "smbfs",
    "virtiofs",
    "wekafs",
)
"""File systems that several hosts may share; ``fuse`` also with a suffix, as in fuse.sshfs."""

BETTER = (
    "PostgreSQL (postgresql+psycopg://), MariaDB or MySQL (mysql+pymysql://), Redis (redis://), "
    "or a journal file (journal:///PATH) in a folder that all hosts share"
)


def locks_of(folder: Path, storage: BaseStorage, scope: str) -> Locks:
    """Return the locks of a run: files of its folder, and locks of its server if it has some.

    The storage alone decides, so that all workers have the same. Files suffice on one host, and
    on several if their file system has locks between them; many have none. The locks of a
    database or of Redis reach all hosts, but may end with a restart of the server; those of files
    do not.

    Args:
        folder: Folder of lock files; must exist when a lock is taken.
        storage: Storage of the run.
        scope: Name of the run in a database that may have several.
    """
    files, engine = FileLocks(folder), engine_of(storage)
    if engine is not None and engine.dialect.name in DIALECTS:
        return BothLocks(files, DatabaseLocks(engine, scope))
    journal = journal_of(storage)
    if isinstance(journal, RedisJournal):
        return BothLocks(files, RedisLocks(journal.client, scope))
    return files


class BothLocks:
    """Locks that are held while two others are.

    Args:
        first: The locks that are taken first.
        second: The locks that are taken while the first one is held.
    """

    def __init__(self, first: Locks, second: Locks) -> None:
        self._first = first
        self._second = second

    def take(self, name: str, timeout: float = 0.0) -> Lock | None:
        """Acquire a lock; None if it is still held after ``timeout`` seconds, -1 to wait on."""
        start, second = time.monotonic(), None
        first = self._first.take(name, timeout)
        if first is None:
            return None
        try:
            left = timeout if timeout < 0 else max(timeout - (time.monotonic() - start), 0.0)
            second = self._second.take(name, left)
        finally:
            if second is None:
                first.release()
        return None if second is None else _Both(first, second)

    def forget(self, name: str) -> None:
        """Remove what is stored for a lock that nobody will take again."""
        self._first.forget(name)
        self._second.forget(name)


@dataclass(frozen=True)
class _Both:
    first: Lock
    second: Lock

    @property
    def is_locked(self) -> bool:
        return self.first.is_locked and self.second.is_locked

    def release(self) -> None:
        self.second.release()
        self.first.release()


def check_reachable_here(
    storage: BaseStorage, started: Mapping[str, str] | None, *, in_tradeoff: bool = False
) -> None:
    """Check that workers on this host may use a storage together with the others of a run.

    Args:
        storage: Storage of the run.
        started: Attribute ``folder`` of the run's first study; None if nothing has begun.
        in_tradeoff: Whether the run is one search of a trade-off, which has no other storage.

    Raises:
        InputError: It is an SQLite file, and another host uses it, or may.
    """
    engine = engine_of(storage)
    if engine is None or engine.dialect.name != "sqlite":
        return
    remedy = f"start the search with storage= {BETTER}"
    if in_tradeoff:
        remedy = "start all workers of a trade-off on one host, with its folder on a local disk"
    host, name = (started or {}).get("host", node()), engine.url.database
    if host != node():
        raise InputError(
            f"storage: it is an SQLite file of host {host}, and SQLite does not work from several "
            f"hosts, here from {node()}; {remedy}."
        )
    if not name or name.startswith(":"):
        return
    file = Path(name.removeprefix("file:"))
    kind = file_system(file.parent)
    if kind is not None and kind.partition(".")[0] in _NETWORK:
        raise InputError(
            f"storage: the SQLite file {file} is on a network file system ({kind}), where several "
            f"workers damage it; {remedy}."
        )
