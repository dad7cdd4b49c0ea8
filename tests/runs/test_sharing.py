"""Which locks a run has, and whether workers on another host may join it."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import asdict
from pathlib import Path
from platform import node

import pytest
from optuna.storages import InMemoryStorage, get_storage

from optuna_dnc import InputError
from optuna_dnc._locks import FileLocks
from optuna_dnc.runs import sharing, workers
from optuna_dnc.runs.database import open_database
from optuna_dnc.runs.sharing import BothLocks, check_reachable_here, locks_of
from optuna_dnc.runs.storage import for_other_processes, open_storage
from optuna_dnc.runs.workers import Workers
from tests.servers import Server

HERE = {"host": node(), "path": "/runs/digits"}
THERE = {"host": "other", "path": "/runs/digits"}


@pytest.fixture(autouse=True)
def _no_other_worker_has_to_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optuna_dnc.runs.database_locks.SETTLE", 0.0)


def test_a_run_has_locks_of_its_database_beside_those_of_files(
    database_server: Server, tmp_path: Path
) -> None:
    storage = open_storage(database_server.url)
    here, there = tmp_path / "here", tmp_path / "there"  # as if files were not shared
    here.mkdir()
    there.mkdir()
    lock = locks_of(here, storage, str(tmp_path)).take("1", timeout=-1)
    others = locks_of(there, get_storage(storage), str(tmp_path))
    assert others.take("1") is None
    lock.release()
    free = others.take("1")
    assert free is not None
    free.release()


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
    with pytest.raises(InputError, match="all workers of a trade-off on one host") as caught:
        check_reachable_here(storage, THERE, in_tradeoff=True)
    assert "storage=" not in str(caught.value)


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


def note_of(folder: Path, host: str) -> Path:
    """The file of a worker on another host."""
    with Workers(folder).joined("cpu", 1) as member:
        status = {**asdict(member.status), "host": host}
    file = folder / f"{member.status.id}.json"
    file.write_text(json.dumps(status))
    return file


def test_locks_that_exclude_a_worker_of_another_host_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 600.0)
    file = note_of(tmp_path, "other")
    held = FileLocks(tmp_path).take(f"worker-{file.stem}")
    Workers(tmp_path).check_reach()
    held.release()


def test_locks_that_both_hosts_get_are_refused(tmp_path: Path) -> None:
    file = note_of(tmp_path, "other")
    beat = threading.Timer(0.2, os.utime, [file, (1, 1)])
    beat.start()
    with pytest.raises(InputError, match=r"locks on files of .* do not reach .* to other"):
        Workers(tmp_path).check_reach()
    beat.join()


def test_a_dead_worker_of_another_host_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.2)
    file = note_of(tmp_path, "other")
    Workers(tmp_path).check_reach()
    assert FileLocks(tmp_path).take(f"worker-{file.stem}")


def test_the_file_of_a_live_worker_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BEAT", 0.01)
    with Workers(tmp_path).joined("cpu", 1) as member:
        file = tmp_path / f"{member.status.id}.json"
        before, deadline = file.stat().st_mtime_ns, time.monotonic() + 30
        while file.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_both_locks_are_held_or_none(tmp_path: Path) -> None:
    here, there = FileLocks(tmp_path), FileLocks(tmp_path / "database")
    (tmp_path / "database").mkdir()
    both = BothLocks(here, there)
    lock = both.take("1", timeout=-1)
    assert lock.is_locked
    assert here.take("1") is None
    assert there.take("1") is None
    lock.release()
    assert not lock.is_locked
    theirs = there.take("1")
    assert both.take("1", timeout=0.05) is None
    assert here.take("1").is_locked
    theirs.release()
    both.forget("2")


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("a b.journal", "journal://{}/a%20b.journal"),
        ("/there/a.log", "/there/a.log"),
        ("journal:///there/a", "journal:///there/a"),
        ("sqlite:///a.db?timeout=9", "sqlite:///{}/a.db?timeout=9"),
        ("sqlite:////there/a.db", "sqlite:////there/a.db"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://me:p%40@db/a", "postgresql+psycopg://me:p%40@db/a"),
    ],
)
def test_other_processes_find_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, absolute: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert for_other_processes(url) == absolute.format(tmp_path)
