"""Locks of a killed process end although a process that it has forked lives on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from optuna_dnc._optuna_compat import engine_of
from optuna_dnc.runs.database_locks import DatabaseLocks
from optuna_dnc.runs.storage import open_storage
from tests.servers import Server

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this system"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def forked(live: Callable[[], object]) -> int:
    pid = os.fork()
    if not pid:
        try:
            live()
        finally:
            os._exit(0)
    return pid


def test_a_fork_does_not_keep_the_locks_of_its_parent(database_server: Server) -> None:
    def locks() -> DatabaseLocks:
        engine = engine_of(open_storage(database_server.url))
        assert engine is not None
        return DatabaseLocks(engine, "forks", settle=0.0)

    read, write = os.pipe()

    def hold() -> None:
        held = locks()
        assert held.take("decision") is not None
        idle = forked(lambda: time.sleep(60))
        os.write(write, str(idle).encode())
        time.sleep(60)

    holder = forked(hold)
    idle = int(os.read(read, 20))
    try:
        others = locks()
        assert others.take("decision") is None  # the fork has changed nothing
        os.kill(holder, signal.SIGKILL)
        lock = others.take("decision", timeout=10)
        assert lock is not None
        lock.release()
    finally:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
        os.kill(idle, signal.SIGKILL)


def test_a_fork_may_use_the_storage_of_its_parent(database_server: Server) -> None:
    storage = open_storage(database_server.url)
    studies = storage.get_all_studies()
    read, write = os.pipe()
    child = forked(lambda: os.write(write, str(len(storage.get_all_studies())).encode()))
    os.close(write)
    assert os.read(read, 20) == str(len(studies)).encode()
    os.waitpid(child, 0)
    assert len(storage.get_all_studies()) == len(studies)
