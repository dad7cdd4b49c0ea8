"""Servers of databases that tests start for themselves, in folders of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import pytest

PASSWORD = "s3cr3t pw/@:%'&"
"""A password whose characters mean something in a URL, in Python and in SQL."""
QUOTED = quote(PASSWORD, safe="")
_PATIENCE = 60.0


class Server(ABC):
    """A server with a database ``runs`` and a user ``optuna``."""

    user: ClassVar[str]
    """User of the system who runs it if this process is root's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """URL of the storage, with the password."""

    @staticmethod
    @abstractmethod
    def missing() -> str | None:
        """What is not installed, if anything."""

    @abstractmethod
    def create(self) -> None:
        """Write its folder."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command that runs it in the foreground."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers."""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.as_user(*self.command()), stdout=output, stderr=output, cwd=self.folder
            )
        deadline = time.monotonic() + _PATIENCE
        while not self.is_ready():
            assert self._process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once, as a crash does: nothing is said to its clients."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def as_user(self, *command: str | Path) -> list[str]:
        """Return a command for the user of the server, who is not root."""
        words = [str(word) for word in command]
        if os.geteuid() != 0:
            return words
        identity = f"--reuid={self.user}", f"--regid={self.user}"
        return ["setpriv", *identity, "--clear-groups", *words]

    def run(self, *command: str | Path, text: str = "") -> str:
        """Run a command as this user."""
        done = subprocess.run(
            self.as_user(*command), input=text, capture_output=True, text=True, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


class Postgres(Server):
    user = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://optuna:{QUOTED}@127.0.0.1:{self.port}/runs"

    @staticmethod
    def missing() -> str | None:
        return None if Postgres._programs() else "PostgreSQL (initdb, postgres)"

    @staticmethod
    def _programs() -> Path | None:
        known = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
        found = shutil.which("initdb")
        known += [Path(found).parent] if found else []
        usable = [path for path in known if (path / "initdb").exists()]
        return usable[-1] if usable else None

    def create(self) -> None:
        programs = self._programs()
        assert programs is not None
        self.programs = programs
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self.run(
            *(programs / "initdb", "-D", self.folder / "data", "-U", "optuna", "--no-sync"),
            *("-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C"),
        )

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "max_connections": 60,
            "shared_buffers": "16MB",
        }
        pairs = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *pairs]

    def is_ready(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
                where = connection.execute("SHOW data_directory").fetchone()
                assert where == (str(self.folder / "data"),), "another server answers"
                with suppress(psycopg.errors.DuplicateDatabase):
                    connection.execute("CREATE DATABASE runs")
        except psycopg.OperationalError:
            return False
        return True

    def _url(self, database: str) -> str:
        return f"postgresql://optuna:{QUOTED}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        # The other processes of the server share memory with this one: it ends them.
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT, its immediate shutdown
            self._process.wait()
            self._process = None


class MariaDB(Server):
    user = "mysql"

    @property
    def url(self) -> str:
        return f"mysql+pymysql://optuna:{QUOTED}@127.0.0.1:{self.port}/runs"

    @staticmethod
    def missing() -> str | None:
        programs = ("mariadb-install-db", "mariadbd", "mariadb")
        missing = [name for name in programs if _program(name) is None]
        return f"MariaDB ({', '.join(missing)})" if missing else None

    def create(self) -> None:
        self.run(
            *(_program("mariadb-install-db"), "--no-defaults", f"--datadir={self.data}"),
            *("--auth-root-authentication-method=normal", "--skip-test-db"),
        )

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def command(self) -> list[str]:
        return [
            str(_program("mariadbd")),
            "--no-defaults",
            f"--datadir={self.data}",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            f"--socket={self.folder}/s",
            f"--pid-file={self.folder}/pid",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=16M",
            "--innodb-log-file-size=8M",
        ]

    def is_ready(self) -> bool:
        password = PASSWORD.replace("'", "''")
        done = subprocess.run(
            [
                *(str(_program("mariadb")), "--no-defaults", "-u", "root"),
                f"--socket={self.folder}/s",
            ],
            input="CREATE DATABASE IF NOT EXISTS runs; "
            f"CREATE USER IF NOT EXISTS optuna@'127.0.0.1' IDENTIFIED BY '{password}'; "
            "GRANT ALL ON `runs%`.* TO optuna@'127.0.0.1';",
            capture_output=True,
            text=True,
        )
        return done.returncode == 0


class Redis(Server):
    user = "redis"

    @property
    def url(self) -> str:
        return f"redis://:{QUOTED}@127.0.0.1:{self.port}/0"

    @staticmethod
    def missing() -> str | None:
        return None if shutil.which("redis-server") else "Redis (redis-server)"

    def create(self) -> None:
        escaped = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        settings = self.folder / "settings"
        settings.write_text(f'requirepass "{escaped}"\n')
        settings.chmod(0o644)

    def command(self) -> list[str]:
        where = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        return ["redis-server", str(self.folder / "settings"), *where, *kept]

    def is_ready(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url) as client:
                assert client.config_get("dir") == {"dir": str(self.folder)}
        except redis.ConnectionError:
            return False
        return True


def free_port() -> int:
    """Return a port of this host that nothing listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def started(kind: type[Server], driver: str) -> Iterator[Server]:
    """Yield a running server; skip the test if it is not installed."""
    pytest.importorskip(driver)
    missing = kind.missing()
    if missing is None and os.geteuid() == 0 and not _is_user(kind.user):
        missing = f"The user {kind.user}, who runs it instead of root,"
    if missing is not None:
        pytest.skip(f"{missing} is missing")
    # Not in pytest's own folder: the server's user may not enter it, and the names of Unix
    # sockets must be short.
    with tempfile.TemporaryDirectory(prefix="db", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(kind.user)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server = kind(folder)
        try:
            server.create()
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server."""
    yield from started(Postgres, "psycopg")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A MariaDB server."""
    yield from started(MariaDB, "pymysql")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """A Redis server."""
    yield from started(Redis, "redis")


@pytest.fixture(params=["postgres", "mariadb"])
def database_server(request: pytest.FixtureRequest) -> Server:
    """Each server that has locks."""
    server: Server = request.getfixturevalue(request.param)
    return server
