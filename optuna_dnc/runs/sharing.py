"""What several workers of a run share: its storage and locks, also from other hosts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from platform import node

from optuna.storages import BaseStorage

from optuna_dnc._errors import InputError
from optuna_dnc._locks import FileLocks, Locks
from optuna_dnc._mounts import file_system
from optuna_dnc._optuna_compat import engine_of
from optuna_dnc.runs.database_locks import DIALECTS, DatabaseLocks

PATIENCE = 10.0
"""Seconds in which a worker that is alive changes its note."""

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

_BETTER = (
    "PostgreSQL (postgresql+psycopg://), MariaDB or MySQL (mysql+pymysql://), or a journal file "
    "(journal:///PATH) in a folder that all hosts share"
)
_POLL = 0.1


def locks_of(folder: Path, storage: BaseStorage, scope: str) -> Locks:
    """Return the locks of a run: of its database if that is a server, otherwise of its folder.

    The storage alone decides, so that all workers have the same kind. Somebody who starts a
    database server wants several hosts, and many file systems that hosts share have no locks
    between them.

    Args:
        folder: Folder of lock files; must exist when a lock is taken.
        storage: Storage of the run.
        scope: Name of the run in a database that may have several.
    """
    engine = engine_of(storage)
    if engine is not None and engine.dialect.name in DIALECTS:
        return DatabaseLocks(engine, scope)
    return FileLocks(folder)


def check_reachable_here(storage: BaseStorage, started: Mapping[str, str] | None) -> None:
    """Check that workers on this host may use a storage together with the others of a run.

    Args:
        storage: Storage of the run.
        started: Attribute ``folder`` of the run's first study; None if nothing has begun.

    Raises:
        InputError: It is an SQLite file, and another host uses it, or may.
    """
    engine = engine_of(storage)
    if engine is None or engine.dialect.name != "sqlite":
        return
    host, name = (started or {}).get("host", node()), engine.url.database
    if host != node():
        raise InputError(
            f"storage: it is an SQLite file of host {host}, and SQLite does not work from several "
            f"hosts, here from {node()}; start the search with storage= {_BETTER}."
        )
    if not name or name.startswith(":"):
        return
    file = Path(name.removeprefix("file:"))
    kind = file_system(file.parent)
    if kind is not None and kind.partition(".")[0] in _NETWORK:
        raise InputError(
            f"storage: the SQLite file {file} is on a network file system ({kind}), where several "
            f"workers damage it; choose a folder on a local disk, or storage= {_BETTER}."
        )


def check_locks_reach(
    locks: Locks, holder: str, host: str, note: Callable[[], object], patience: float = PATIENCE
) -> None:
    """Check that locks exclude a worker of another host.

    That worker holds a lock while it is alive. If this process gets it, either the worker is dead,
    or the locks end at the host. Only in the second case its note still changes.

    Args:
        locks: Locks of the run.
        holder: Lock that the other worker holds for as long as it lives.
        host: Name of its host, for the message.
        note: Reads what the other worker writes again and again, such as a file.
        patience: Seconds in which it must have changed; longer than the worker's interval.

    Raises:
        InputError: Both have the lock.
    """
    lock = locks.take(holder)
    if lock is None:
        return
    try:
        before, deadline = note(), time.monotonic() + patience
        while time.monotonic() < deadline:
            time.sleep(_POLL)
            if note() != before:
                raise InputError(
                    f"out: locks on its files do not reach from {node()} to {host}, so that their "
                    "workers would take the same trials; start the search with storage= "
                    "PostgreSQL (postgresql+psycopg://) or MariaDB or MySQL (mysql+pymysql://), "
                    "whose locks are used instead, or in a folder whose file system has locks "
                    "between hosts."
                )
    finally:
        lock.release()
