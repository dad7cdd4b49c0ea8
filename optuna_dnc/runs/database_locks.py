"""Locks of a database server, which end with the connection of their holder."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from optuna_dnc._locks import KeptLock, polled
from optuna_dnc._retrying import retried

BEAT = 1.0
"""Seconds between two checks of the connection that holds locks."""

SETTLE = 5.0
"""Seconds after the start of a server in which others may take their locks again."""


@dataclass(frozen=True)
class _Dialect:
    """Statements of one kind of database, which take a ``key``."""

    take: str
    release: str
    uptime: str
    """Selects the seconds since the start of the server in its last column."""
    settings: tuple[str, ...] = ()
    """Statements for a new connection."""


_MYSQL = _Dialect(
    "SELECT GET_LOCK(:key, 0)",
    "SELECT RELEASE_LOCK(:key)",
    "SHOW GLOBAL STATUS LIKE 'Uptime'",
    # A machine that is lost is silent; the server has no shorter time for it.
    ("SET SESSION wait_timeout = 300",),
)
DIALECTS = {
    "postgresql": _Dialect(
        "SELECT pg_try_advisory_lock(:key)",
        "SELECT pg_advisory_unlock(:key)",
        "SELECT extract(epoch FROM now() - pg_postmaster_start_time())",
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}
"""Statements by SQLAlchemy's names of the kinds of databases that have such locks."""


class DatabaseLocks:
    """Locks by name within a database, for workers on any number of hosts.

    All locks of an instance share one connection, apart from those of the storage. The server
    frees them when the connection ends: at once if the process is killed, and within a minute
    (PostgreSQL) or five (MySQL, MariaDB) if its machine or the network is lost. While locks are
    held, a thread keeps the connection alive; if it was lost because the server was restarted, the
    thread takes the locks again, before others can have them.

    The connection must be one to the server, or through a pooler that keeps it for the session:
    not through PgBouncer in transaction or statement mode.

    Args:
        engine: Engine of PostgreSQL, MySQL or MariaDB.
        scope: What the names belong to, such as the name of a run.
        settle: Seconds after the start of the server in which locks are only taken again; None
            for :data:`SETTLE`.
    """

    def __init__(self, engine: Engine, scope: str, settle: float | None = None) -> None:
        self._engine = engine
        self._settle = SETTLE if settle is None else settle
        self._scope = scope
        self._statements = DIALECTS[engine.dialect.name]
        self._held: dict[str, KeptLock] = {}
        self._guard = threading.RLock()
        self._connection: Connection | None = None
        self._keeper: threading.Thread | None = None
        self._settled = 0.0

    def take(self, name: str, timeout: float = 0.0) -> KeptLock | None:
        """Acquire a lock; None if it is still held after ``timeout`` seconds, -1 to wait on.

        Threads of this process exclude each other, too.
        """
        return polled(partial(retried, partial(self._try, name)), timeout)

    def forget(self, name: str) -> None:
        """Nothing is stored for a lock that nobody holds."""

    def holds(self, lock: KeptLock) -> bool:
        """Return whether a lock is held, as far as is known."""
        return self._held.get(lock.name) is lock

    def release(self, lock: KeptLock) -> None:
        """Release a lock; does nothing if it is not held."""
        with self._guard:
            if not self.holds(lock):
                return
            del self._held[lock.name]
            try:
                if self._connection is not None:
                    self._ask(self._connection, self._statements.release, lock.name)
            except SQLAlchemyError:
                self._disconnect()  # which releases it, too

    def _try(self, name: str) -> KeptLock | None:
        with self._guard:
            # The database would give a lock to the same connection twice.
            if name in self._held:
                return None
            try:
                connection = self._connected()
                if time.monotonic() < self._settled or not self._takes(connection, name):
                    return None
            except SQLAlchemyError:
                self._disconnect()
                raise
            self._held[name] = lock = KeptLock(self, name)
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, daemon=True)
                self._keeper.start()
            return lock

    def _connected(self) -> Connection:
        if self._connection is not None:
            return self._connection
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()  # it is no longer one of the storage's pool
        for setting in self._statements.settings:
            self._connection.execute(text(setting))
        for name in [name for name in self._held if not self._takes(self._connection, name)]:
            del self._held[name]  # somebody else was faster
        uptime = self._connection.execute(text(self._statements.uptime)).fetchone()
        assert uptime is not None
        self._settled = time.monotonic() + self._settle - float(uptime[-1])
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()

    def _takes(self, connection: Connection, name: str) -> bool:
        return self._ask(connection, self._statements.take, name)

    def _ask(self, connection: Connection, statement: str, name: str) -> bool:
        return bool(connection.execute(text(statement), {"key": self._key(name)}).scalar())

    def _key(self, name: str) -> int | str:
        """Return a key for the whole server: an integer of 64 bits, or at most 64 characters."""
        database = self._engine.url.database or ""
        named = "\0".join(("optuna_dnc", database, self._scope, name)).encode()
        if self._engine.dialect.name == "postgresql":
            return int.from_bytes(blake2b(named, digest_size=8).digest(), "big", signed=True)
        return f"optuna_dnc/{blake2b(named, digest_size=16).hexdigest()}"

    def _keep(self) -> None:
        """Keep the connection while locks are held, and close it afterwards."""
        while True:
            time.sleep(BEAT)
            with self._guard:
                try:
                    if not self._held:
                        self._disconnect()
                        self._keeper = None
                        return
                    self._connected().execute(text("SELECT 1"))
                except SQLAlchemyError:
                    self._disconnect()
