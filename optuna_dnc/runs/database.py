"""The SQLite file in a run's folder, set up so that a commit need not wait for the disk."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from optuna.storages import RDBStorage
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile
from optuna_dnc._locks import is_claimed
from optuna_dnc._optuna_compat import create_missing_indexes

_MAGIC = b"SQLite format 3\0"

_LOCAL = ("ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs")
"""File systems that one machine has to itself."""


def open_database(path: Path) -> RDBStorage:
    """Open the file with a run's studies, or create it.

    By default each commit waits for the disk several times, 1 to 30 ms in all, and a trial has
    ten. With a write-ahead log none waits: a killed process loses nothing, a power cut the last
    seconds, and neither damages the file. The log needs memory that all processes share. Network
    file systems have none; there, and where one cannot tell, the default stays.
    """
    if path.exists():
        check_database(path)
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


def open_existing(path: Path, *, to_read: bool) -> RDBStorage:
    """Open an SQLite file that holds studies; creates neither file nor tables.

    Args:
        path: The file.
        to_read: Then nothing is ever written to it or beside it.

    Raises:
        InputError: There is none, it holds no studies, or it is damaged.
    """
    check_database(path)
    if not _has_tables(path):
        raise InputError(
            f"{path} holds no studies yet; run the search again, or give the storage= that it "
            "was begun with."
        )
    url = url_to_look_at(path) if to_read or not _may_write(path) else url_of(path)
    return RDBStorage(url, skip_table_creation=True)


def check_database(path: Path) -> None:
    """Raise :class:`InputError` where a file is no SQLite database that is whole.

    An empty one is: a search that was killed while it created it.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
        if start and start != _MAGIC:
            raise DamagedFile(path, "it is no SQLite database")
        with closing(_connected(url_to_look_at(path))) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if start else "ok"
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except sqlite3.OperationalError as error:
        if disk_problem(error) is None:
            return  # locked: somebody is at work with it
        raise InputError(f"{path} cannot be opened ({brief(error)}).") from None
    except sqlite3.DatabaseError as error:
        raise DamagedFile(path, brief(error)) from None
    if found != "ok":
        raise DamagedFile(path, brief(ValueError(found)))


def url_to_look_at(path: Path) -> str:
    """The URL of an SQLite file that is only read, also where one may not write.

    A connection to a file with a write-ahead log makes two more files, and one that only reads
    leaves them behind. Where nobody is at work there is no need for them: then SQLite takes the
    file for one that never changes.

    Raises:
        InputError: It may only be read, and its write-ahead log would have to be written first.
    """
    log = path.with_name(f"{path.name}-wal")
    query = {"mode": "ro", "uri": "true"}
    if not _may_write(path):
        if log.exists() and log.stat().st_size:
            raise InputError(
                f"{path} cannot be written, and was not closed by the search that wrote it; copy "
                "its folder, and look at the copy."
            )
        query["immutable"] = "1"
    elif _has_log(path) and not log.exists() and not is_claimed(path.parent):
        query["immutable"] = "1"
    return URL.create("sqlite", database=path.resolve().as_uri(), query=query).render_as_string()


def sqlite_file(url: str) -> Path | None:
    """The file that the URL of a storage names; None for one of another kind, or in memory."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return None
    name = parsed.database
    is_file = (
        parsed.get_backend_name() == "sqlite" and name and not name.startswith((":", "file:"))
    )
    return Path(name) if is_file and name and not name.startswith((":", "file:")) else None


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _connected(url: str) -> sqlite3.Connection:
    parsed = make_url(url)
    query = "&".join(f"{key}={value}" for key, value in parsed.query.items() if key != "uri")
    return sqlite3.connect(f"{parsed.database}?{query}", uri=True)


def _has_tables(path: Path) -> bool:
    with closing(_connected(url_to_look_at(path))) as connection:
        statement = "SELECT name FROM sqlite_master WHERE name IN ('studies', 'alembic_version')"
        return len(connection.execute(statement).fetchall()) == 2


def _has_log(path: Path) -> bool:
    """Whether the header of an SQLite file says that it has a write-ahead log."""
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


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
