"""SQLite file of a run, with a write-ahead log so that commits do not wait for the disk."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from optuna.storages import RDBStorage
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile, check_regular
from optuna_dnc._locks import file_system, is_claimed
from optuna_dnc._optuna_compat import create_missing_indexes
from optuna_dnc._optuna_compat.read_database import ReadDatabase, newest_schema

_LOCAL = ("ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs")
"""File systems that one machine alone uses."""


_TIMEOUT = 60.0
"""Seconds to wait for other workers, which write one after another."""


def open_database(path: Path) -> RDBStorage:
    """Open or create the SQLite file of a run.

    By default, each commit waits for the disk several times, 1 to 30 ms in total, and a trial has
    ten commits. With a write-ahead log none waits: a killed process loses nothing, a power
    failure the last seconds, and neither damages the file. The log needs memory shared by all
    processes, which network file systems lack: on these and unknown ones the default stays.
    """
    if path.exists():
        check_database(path)
    if _is_local(path.parent):
        # Locked: another process reads a run of an earlier version, which stays as it is.
        with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
    arguments = {"factory": _Connection, "timeout": _TIMEOUT}
    storage = RDBStorage(url_of(path), engine_kwargs={"connect_args": arguments})
    create_missing_indexes(storage)
    return storage


def url_of(path: Path) -> str:
    """Return the URL of an SQLite file, with ``?`` and ``%`` of its path escaped."""
    return URL.create("sqlite", database=str(path.resolve())).render_as_string()


def open_existing(path: Path, *, to_read: bool) -> RDBStorage:
    """Open an SQLite file that holds studies, without creating file or tables.

    Args:
        path: The file.
        to_read: Whether to write nothing to it or beside it.

    Raises:
        InputError: The file is missing, holds no studies, or is damaged.
    """
    check_database(path)
    schema = _schema_of(path)
    if schema is None:
        raise InputError(
            f"{path} holds no studies; run the search again, or give the storage= that it was "
            "started with."
        )
    if to_read and schema == newest_schema():
        return ReadDatabase(read_only_url(path))
    url = read_only_url(path) if to_read or not _may_write(path) else url_of(path)
    return RDBStorage(url, skip_table_creation=True)


def has_studies(path: Path) -> bool:
    """Return whether an SQLite file is there that another process has created to its end.

    The version is what Optuna writes last.
    """
    if not path.is_file():
        return False
    try:
        return bool(_schema_of(path))
    except sqlite3.Error:  # locked
        return False


def check_database(path: Path) -> None:
    """Raise :class:`InputError` unless a file is an intact SQLite database.

    An empty file is valid: a search may be killed while it creates the database.
    """
    try:
        check_regular(path)
    except ValueError as error:
        raise DamagedFile(path, brief(error)) from None
    try:
        if check_readable(path).st_size == 0:
            return
        with closing(_connected(read_only_url(path))) as connection:
            result = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); check its permissions."
        ) from None
    except sqlite3.OperationalError as error:
        if disk_problem(error) is None:
            return  # locked: another process uses it
        raise InputError(
            f"{path} cannot be opened ({brief(error)}); check the disk and its permissions."
        ) from None
    except sqlite3.DatabaseError as error:
        is_other = "not a database" in str(error)
        raise DamagedFile(path, "not an SQLite database" if is_other else brief(error)) from None
    if result != "ok":
        raise DamagedFile(path, brief(ValueError(result)))


def check_readable(path: Path) -> os.stat_result:
    """Raise :class:`OSError` unless an SQLite file may be read; return its facts.

    It is not opened. Locks belong to the process: when it closes any other descriptor of the file,
    it loses those of its connections. The next process to close the file then believes to be the
    last one, and deletes the write-ahead log, with all that is written afterwards
    (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    facts = path.stat()
    problem = None
    if stat.S_ISDIR(facts.st_mode):
        problem = errno.EISDIR
    elif not os.access(path, os.R_OK):
        problem = errno.EACCES
    if problem is not None:
        raise OSError(problem, os.strerror(problem))
    return facts


def read_only_url(path: Path) -> str:
    """Return the URL to read an SQLite file, also without permission to write.

    A connection to a file with a write-ahead log creates two more files, and a read-only one
    leaves them behind. If no process uses the file, SQLite is told that it never changes, and
    creates none.

    Raises:
        InputError: The file is read-only, and its write-ahead log was not merged into it.
    """
    log = path.with_name(f"{path.name}-wal")
    query = {"mode": "ro", "uri": "true"}
    if not _may_write(path):
        if log.exists() and log.stat().st_size:
            raise InputError(
                f"{path} is read-only, and was not closed by the search that wrote it; copy its "
                "folder and open the copy."
            )
        query["immutable"] = "1"
    # The file is read last: while this process uses it, there is a log.
    elif not log.exists() and not is_claimed(path.parent) and _has_log(path):
        query["immutable"] = "1"
    return URL.create("sqlite", database=path.resolve().as_uri(), query=query).render_as_string()


def sqlite_file(url: str) -> Path | None:
    """Return the SQLite file that a storage URL names; None for other URLs, or in memory."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None
    name = parsed.database
    if parsed.get_backend_name() != "sqlite" or not name or name.startswith((":", "file:")):
        return None
    return Path(name)


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _connected(url: str) -> sqlite3.Connection:
    parsed = make_url(url)
    query = "&".join(f"{key}={value}" for key, value in parsed.query.items() if key != "uri")
    return sqlite3.connect(f"{parsed.database}?{query}", uri=True)


def _schema_of(path: Path) -> str | None:
    """Return the version of the tables of Optuna, empty before it is written; None without."""
    with closing(_connected(read_only_url(path))) as connection:
        statement = "SELECT name FROM sqlite_master WHERE name IN ('studies', 'alembic_version')"
        if len(connection.execute(statement).fetchall()) < 2:
            return None
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return "" if version is None else str(version[0])


def _has_log(path: Path) -> bool:
    """Return whether an SQLite file has a write-ahead log, by its header."""
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


class _Connection(sqlite3.Connection):
    """Connection whose commits wait for the disk only without a write-ahead log."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            self.execute("PRAGMA synchronous=NORMAL")


def _is_local(folder: Path) -> bool:
    return file_system(folder) in _LOCAL
