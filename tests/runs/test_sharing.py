"""Which locks a run has, and whether workers on another host may join it."""

from __future__ import annotations

import threading
from pathlib import Path
from platform import node

import pytest
from optuna.storages import InMemoryStorage, get_storage

from optuna_dnc import InputError
from optuna_dnc._locks import FileLocks
from optuna_dnc.runs import sharing
from optuna_dnc.runs.database import open_database
from optuna_dnc.runs.database_locks import DatabaseLocks
from optuna_dnc.runs.sharing import check_locks_reach, check_reachable_here, locks_of
from optuna_dnc.runs.storage import open_storage
from tests.servers import Server

HERE = {"host": node(), "path": "/runs/digits"}
THERE = {"host": "other", "path": "/runs/digits"}


def test_a_run_has_the_locks_of_its_database(database_server: Server, tmp_path: Path) -> None:
    storage = open_storage(database_server.url)
    for opened in (storage, get_storage(storage)):
        assert isinstance(locks_of(tmp_path, opened, "run"), DatabaseLocks)


def test_other_runs_have_those_of_files(tmp_path: Path) -> None:
    for storage in (open_database(tmp_path / "study.db"), InMemoryStorage()):
        locks = locks_of(tmp_path, storage, "run")
        assert isinstance(locks, FileLocks)
        lock = locks.take("trial")
        assert (tmp_path / "trial").exists()
        lock.release()


def test_a_file_of_sqlite_is_for_one_host(tmp_path: Path) -> None:
    storage = open_database(tmp_path / "study.db")
    check_reachable_here(storage, HERE)
    check_reachable_here(storage, None)
    with pytest.raises(InputError, match="SQLite file of host other") as caught:
        check_reachable_here(storage, THERE)
    for remedy in ("PostgreSQL", "MariaDB", "journal"):
        assert remedy in str(caught.value)


@pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs", "lustre"])
def test_it_is_refused_on_a_network_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    storage = get_storage(open_database(tmp_path / "study.db"))
    monkeypatch.setattr(sharing, "file_system", lambda folder: kind)
    with pytest.raises(InputError, match=rf"network file system \({kind}\)"):
        check_reachable_here(storage, HERE)


@pytest.mark.parametrize("kind", ["btrfs", "ext4", None])
def test_it_may_be_used_on_other_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str | None
) -> None:
    monkeypatch.setattr(sharing, "file_system", lambda folder: kind)
    check_reachable_here(open_database(tmp_path / "study.db"), HERE)


def test_other_storages_are_for_any_host(tmp_path: Path) -> None:
    check_reachable_here(open_storage(f"journal://{tmp_path}/trials"), THERE)


def test_locks_that_exclude_the_other_host_reach_it(tmp_path: Path) -> None:
    held = FileLocks(tmp_path).take("worker-1")
    check_locks_reach(FileLocks(tmp_path), "worker-1", "other", lambda: 1 / 0)
    held.release()


def test_locks_that_both_hosts_get_are_refused(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    held = FileLocks(tmp_path / "there").take("worker-1")
    note = tmp_path / "note.json"
    note.write_text("1")
    beat = threading.Timer(0.2, note.write_text, ["2"])
    beat.start()
    with pytest.raises(InputError, match=r"locks on its files do not reach .* to other"):
        check_locks_reach(FileLocks(tmp_path), "worker-1", "other", note.read_bytes)
    beat.join()
    held.release()


def test_the_lock_of_a_dead_worker_says_nothing(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    check_locks_reach(locks, "worker-1", "other", lambda: b"dead", patience=0.2)
    assert locks.take("worker-1")
