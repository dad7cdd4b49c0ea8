"""Storage of a search, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from optuna_dnc._disk_errors import is_disk_broken
from optuna_dnc._errors import InputError, StorageError, brief, cut
from optuna_dnc._extras import missing_packages
from optuna_dnc._passwords import without_passwords
from optuna_dnc._retrying import is_server_error
from optuna_dnc.runs.database import (
    check_readable,
    open_database,
    open_existing,
    sqlite_file,
)
from optuna_dnc.runs.journals import journal_file, open_journal, open_redis
from optuna_dnc.runs.servers import open_proxy, open_server

_EXTRAS = {
    "psycopg": "postgresql",
    "pymysql": "mysql",
    "redis": "redis",
    "grpc": "grpc",
    "google": "grpc",
}
"""Extras of optuna-dnc by the packages that they install."""


def open_storage(
    storage: str | Path | BaseStorage, *, create: bool = True, to_read: bool = False
) -> BaseStorage:
    """Open a storage by its URL, or the SQLite file of a run; return an open storage as it is.

    Args:
        storage: URL of a database, ``redis://HOST:PORT/DB``, ``grpc://HOST:PORT`` of Optuna's
            proxy, ``journal:///PATH`` or a path that ends in ``.journal`` or ``.log``; the SQLite
            file of a run; or a storage.
        create: Whether to create a missing file and missing tables.
        to_read: Whether to open an SQLite file read-only.

    Raises:
        StorageError: The storage cannot be reached, or is damaged.
    """
    if isinstance(storage, BaseStorage):
        return storage
    try:
        file = storage if isinstance(storage, Path) else sqlite_file(storage)
        if file is not None and (to_read or not create):
            if isinstance(storage, str):
                _check_reached(file, storage)
            return open_existing(file, to_read=to_read)
        if isinstance(storage, Path):
            return open_database(storage)
        return _opened(storage, create=create)
    except InputError:
        raise
    except Exception as error:
        if is_disk_broken(error):
            raise
        problem = _problem(error, storage)
    # Outside the handler, without context: errors of drivers may hold the password.
    raise StorageError(problem)


def _opened(url: str, *, create: bool) -> BaseStorage:
    journal = journal_file(url)
    if journal is not None:
        return open_journal(journal, create=create)
    scheme = url.partition(":")[0]
    if scheme in ("redis", "rediss", "unix"):
        return open_redis(url)
    if scheme == "grpc":
        return open_proxy(url)
    if sqlite_file(url) is not None or scheme.startswith("sqlite"):
        return RDBStorage(url, skip_table_creation=not create)
    return open_server(url, create=create)


def _check_reached(file: Path, url: str) -> None:
    try:
        check_readable(file)
    except OSError as error:
        raise StorageError(_problem(error, url)) from None


def _problem(error: Exception, storage: str | Path) -> str:
    """Return why a storage cannot be opened and what to do, without its password."""
    # Each database driver has errors of its own.
    cause = error if isinstance(error, ImportError) else _cause(error)
    url = str(storage)
    strerror = cause.strerror if isinstance(cause, OSError) else None
    reason = strerror or brief(cause, url)
    if isinstance(storage, Path):
        return f"{storage} cannot be opened ({reason}); check the disk and its permissions."
    shown = cut(without_passwords(repr(url), url))
    if isinstance(error, ImportError):
        missing = str(getattr(error.__cause__ or error, "name", "")).partition(".")[0]
        if missing in _EXTRAS:
            return missing_packages(f"storage {shown} needs", [missing], _EXTRAS[missing])
        return f"storage {shown} needs a database driver that is missing ({reason}); install it."
    has_at = url.partition("?")[0].count("@") > 1 and not url.startswith("sqlite")
    hint = " (write an @ of the password as %40)" if has_at else ""
    return (
        f"storage {shown} cannot be reached ({reason}); check the URL{hint} and that the database "
        "is running, or drop the storage to use a file in the run's folder."
    )


def for_other_processes(url: str) -> str:
    """Return the URL of a storage with an absolute path, for processes in other folders."""
    if (file := journal_file(url)) is not None and not file.is_absolute():
        return f"journal://{quote(str(file.resolve()))}"
    if (file := sqlite_file(url)) is not None and not file.is_absolute():
        absolute = make_url(url).set(database=str(file.resolve()))
        return absolute.render_as_string(hide_password=False)
    return url


def is_storage_failure(error: BaseException) -> bool:
    """Return whether an open storage has stopped responding."""
    return isinstance(error, StorageInternalError | SQLAlchemyError) or is_server_error(error)


def storage_problem(error: BaseException) -> str | None:
    """Describe the failure of an open storage; None for other errors."""
    if not is_storage_failure(error):
        return None
    return f"storage: it stopped responding ({brief(_cause(error))})"


def _cause(error: BaseException) -> BaseException:
    """Return the error of the driver, without what SQLAlchemy writes around it."""
    cause = error.__cause__ or error
    return getattr(cause, "orig", None) or cause


@contextmanager
def damage_reported(holder: str) -> Iterator[None]:
    """Raise errors of unreadable content in the block as a :class:`StorageError`.

    Args:
        holder: Name of the storage for the message.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        if not _is_damage(cause):
            raise
        raise StorageError(
            f"{holder} is damaged: it holds trials that cannot be read "
            f"({brief(getattr(cause, 'orig', None) or error)}); restore it from a copy."
        ) from error


def _is_damage(error: BaseException | None) -> bool:
    """Return whether an error is of the content, not of the connection or the disk."""
    if isinstance(error, OperationalError):
        return "no such" in str(error)
    is_content = (AssertionError, DatabaseError, LookupError, TypeError, ValueError)
    return isinstance(error, is_content)
