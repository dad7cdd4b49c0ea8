"""Storages on other machines: databases on servers, and Optuna's gRPC proxy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urlsplit

from optuna.exceptions import ExperimentalWarning
from optuna.storages import GrpcStorageProxy, RDBStorage
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.event import listens_for

from optuna_dnc._errors import InputError
from optuna_dnc._passwords import without_passwords
from optuna_dnc.runs.database_locks import DIALECTS, DatabaseLocks
from optuna_dnc.runs.forked_connections import leave_to_parent
from optuna_dnc.runs.persistent import persistent

_PATIENCE = 60.0
"""Seconds to wait for another process that creates the tables."""

_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Options of libpq: seconds, but the last one, milliseconds."""

_PYMYSQL = {"connect_timeout": 10, "read_timeout": 120, "write_timeout": 120}
"""Options of PyMySQL in seconds."""

_KEEPALIVE = (
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
)
"""The server notices after a minute, and not after two hours, that a machine is lost."""

PersistentRDBStorage = persistent(RDBStorage)


def open_server(url: str, *, create: bool) -> RDBStorage:
    """Open the database of a server.

    A process needs one connection per thread that uses the storage, and keeps one. A connection
    is tested before its use: the server may have been restarted.

    Args:
        url: URL of SQLAlchemy.
        create: Whether to create missing tables.
    """
    options = {
        "pool_pre_ping": True,
        "pool_size": 1,
        "max_overflow": 31,
        "connect_args": _arguments(make_url(url)),
    }
    with _alone(url, options) if create else nullcontext():
        storage = PersistentRDBStorage(url, options, skip_table_creation=not create)
    _keep_alive(storage.engine)
    leave_to_parent(storage.engine)
    return storage


@contextmanager
def _alone(url: str, options: dict[str, Any]) -> Iterator[None]:
    """Exclude other processes, which would create the same tables at the same time."""
    engine = create_engine(url, **options)
    if engine.dialect.name not in DIALECTS:
        yield
        return
    with engine.connect():  # a server that cannot be reached now is not waited for
        pass
    lock = DatabaseLocks(engine, "", settle=0.0).take("tables", timeout=_PATIENCE)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
        engine.dispose()


def _arguments(url: URL) -> dict[str, Any]:
    """Return options of the driver, but those in the URL."""
    known = {"psycopg": _POSTGRESQL, "psycopg2": _POSTGRESQL, "pymysql": _PYMYSQL}
    options = known.get(url.get_driver_name(), {})
    return {name: value for name, value in options.items() if name not in url.query}


def _keep_alive(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return

    @listens_for(engine, "connect")
    def set_keepalive(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            for statement in _KEEPALIVE:
                cursor.execute(statement)
        connection.commit()


PATIENCE = 10.0
"""Seconds in which a proxy must answer when it is opened."""

_DEFAULT_PORT = 13000

PersistentProxy = persistent(GrpcStorageProxy)


def open_proxy(url: str) -> GrpcStorageProxy:
    """Open the storage behind a proxy, ``grpc://HOST:PORT``.

    Raises:
        InputError: The URL has more than host and port.
        ConnectionError: The proxy does not answer.
    """
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc or parts.path.strip("/") or parts.query:
        raise InputError(
            "storage: the URL of a gRPC proxy is grpc://HOST:PORT, without user, password, path "
            f"and options, got {without_passwords(repr(url), url)}; change it."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        proxy = PersistentProxy(host=host, port=parts.port or _DEFAULT_PORT)
    try:
        proxy.wait_server_ready(timeout=PATIENCE)
    except ConnectionError:  # whose cause has no message
        raise ConnectionError(f"no answer within {PATIENCE:g} seconds") from None
    return proxy
