"""The SQLite file in a run's folder, set up so that a commit need not wait for the disk."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from optuna.storages import RDBStorage
from sqlalchemy import URL

from optuna_dnc._errors import InputError
from optuna_dnc._optuna_compat import create_missing_indexes

_LOCAL = ("ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs")
"""File systems that one machine has to itself."""


def open_database(path: Path) -> RDBStorage:
    """Open the file with a run's studies, or create it.

    By default each commit waits for the disk several times, 1 to 30 ms in all, and a trial has
    ten. With a write-ahead log none waits: a killed process loses nothing, a power cut the last
    seconds, and neither damages the file. The log needs memory that all processes share. Network
    file systems have none; there, and where one cannot tell, the default stays.
    """
    if _is_local(path.parent):
        # Locked: somebody is looking at a run of an earlier version, which stays as it is.
        with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
    storage = RDBStorage(url_of(path), engine_kwargs={"connect_args": {"factory": _Connection}})
    create_missing_indexes(storage)
    return storage


def url_of(path: Path) -> str:
    """The URL of an SQLite file; in one, ``?`` and ``%`` of a path would mean something else."""
    return URL.create("sqlite", database=str(path.resolve())).render_as_string()


def url_to_look_at(path: Path) -> str:
    """The URL of an SQLite file, also in a folder that one may only read.

    There SQLite could not even look whether somebody writes; nobody does, or does so elsewhere.

    Raises:
        InputError: It may only be read, and its write-ahead log would have to be written first.
    """
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return url_of(path)
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise InputError(
            f"{path} cannot be written, and was not closed by the search that wrote it; copy its "
            "folder, and look at the copy."
        )
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    return URL.create("sqlite", database=path.resolve().as_uri(), query=query).render_as_string()


class _Connection(sqlite3.Connection):
    """Waits for the disk only where the file has no write-ahead log."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            self.execute("PRAGMA synchronous=NORMAL")


def _is_local(folder: Path) -> bool:
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return False
    number = folder.stat().st_dev
    kinds = {line.split()[2]: line.partition(" - ")[2].split()[0] for line in mounts}
    return kinds.get(f"{os.major(number)}:{os.minor(number)}") in _LOCAL
