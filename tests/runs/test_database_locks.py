"""Locks of a database server exclude threads and processes, and end with their holder."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from optuna_dnc.runs import database_locks
from optuna_dnc.runs.database_locks import DatabaseLocks
from tests.servers import Server

HOLDER = """
import sys, time
from sqlalchemy import create_engine
from optuna_dnc.runs.database_locks import DatabaseLocks
locks = DatabaseLocks(create_engine(sys.argv[1]), sys.argv[2], settle=0.0)
print(locks.take("trial") is not None, flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_locks, "BEAT", 0.05)


@pytest.fixture
def engine(database_server: Server) -> Iterator[Engine]:
    engine = create_engine(database_server.url, pool_pre_ping=True)
    yield engine
    engine.dispose()


@pytest.fixture
def locks(engine: Engine, tmp_path: Path) -> Iterator[Callable[..., DatabaseLocks]]:
    """Locks of one more worker of a run that no other test has."""
    made: list[DatabaseLocks] = []

    def make(settle: float = 0.0) -> DatabaseLocks:
        made.append(DatabaseLocks(engine, str(tmp_path), settle))
        return made[-1]

    yield make
    for locks in made:
        locks._held.clear()
        locks._disconnect()


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return value


def test_threads_of_a_worker_exclude_each_other(locks: Callable[..., DatabaseLocks]) -> None:
    shared, inside, most = locks(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            lock = shared.take("decision", timeout=-1)
            inside += 1
            most = max(most, inside)
            time.sleep(0.001)
            inside -= 1
            lock.release()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_workers_exclude_each_other_lock_by_lock(locks: Callable[..., DatabaseLocks]) -> None:
    one, other = locks(), locks()
    first, second = one.take("1"), one.take("2")
    assert other.take("1") is None
    assert other.take("2", timeout=0.05) is None
    first.release()
    first.release()
    assert not first.is_locked
    assert second.is_locked
    assert other.take("1").is_locked
    assert other.take("2") is None
    other.forget("1")


def test_runs_of_other_names_do_not(engine: Engine, locks: Callable[..., DatabaseLocks]) -> None:
    assert locks().take("1")
    other = DatabaseLocks(engine, "other", settle=0.0).take("1")
    assert other is not None
    other.release()


def test_a_waiting_worker_gets_the_lock_when_it_is_released(
    locks: Callable[..., DatabaseLocks],
) -> None:
    held = locks().take("1")
    threading.Timer(0.05, held.release).start()  # by another thread
    assert locks().take("1", timeout=-1).is_locked


def test_the_locks_of_a_killed_process_are_free(
    database_server: Server, locks: Callable[..., DatabaseLocks], tmp_path: Path
) -> None:
    command = [sys.executable, "-c", HOLDER, database_server.url, str(tmp_path)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "True\n"
        assert locks().take("trial") is None
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    assert locks().take("trial", timeout=30)


def test_a_worker_without_locks_needs_no_connection(locks: Callable[..., DatabaseLocks]) -> None:
    worker = locks()
    worker.take("1").release()
    until(lambda: worker._connection is None)
    assert worker.take("1")


def end_connections(server: Server, engine: Engine) -> None:
    """End all other connections to the database, as an administrator does."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = 'runs'"
                )
            )
            return
        own = connection.execute(text("SELECT connection_id()")).scalar()
        for row in connection.execute(text("SHOW PROCESSLIST")).fetchall():
            if row[0] != own:
                connection.execute(text(f"KILL {row[0]}"))


def test_locks_are_taken_again_after_their_connection_was_lost(
    database_server: Server, engine: Engine, locks: Callable[..., DatabaseLocks]
) -> None:
    worker, other = locks(), locks()
    held, before = worker.take("1"), worker._connection
    end_connections(database_server, engine)
    until(lambda: worker._connection not in (None, before))
    assert held.is_locked
    assert other.take("1") is None


def test_a_lock_that_another_worker_took_meanwhile_is_lost(
    database_server: Server,
    engine: Engine,
    locks: Callable[..., DatabaseLocks],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database_locks, "BEAT", 600.0)
    worker = locks()
    lost, kept = worker.take("1"), worker.take("2")
    end_connections(database_server, engine)
    theirs = until(lambda: locks().take("1"))
    assert until(lambda: worker.take("3"))
    assert not lost.is_locked
    assert kept.is_locked
    lost.release()
    assert theirs.is_locked


def test_after_a_start_of_the_server_holders_are_first(
    database_server: Server, locks: Callable[..., DatabaseLocks]
) -> None:
    worker = locks(settle=600.0)
    assert worker.take("1") is None
    worker._settle = 0.0
    worker._disconnect()
    held = worker.take("1")
    worker._settle = 600.0
    database_server.stop()
    database_server.start()
    other = locks(settle=600.0)
    assert other.take("2") is None
    assert held.is_locked
    until(lambda: locks().take("1") is None)


@pytest.mark.parametrize(("url", "kind"), [("postgresql+psycopg", int), ("mysql+pymysql", str)])
def test_keys_have_the_size_that_the_database_takes(url: str, kind: type) -> None:
    pytest.importorskip(url.partition("+")[2])
    one, other = (create_engine(f"{url}://h/{name}") for name in ("a", "b"))
    keys = [DatabaseLocks(one, "run")._key("x" * n) for n in range(100)]
    keys.append(DatabaseLocks(other, "run")._key("x"))
    assert len(set(keys)) == 101
    for key in keys:
        assert isinstance(key, kind)
        assert -(2**63) <= key < 2**63 if isinstance(key, int) else len(key) <= 64
