"""Locks in Redis exclude threads and hosts, and end some time after their holder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.runs import redis_locks
from optuna_dnc.runs.redis_locks import RedisLocks
from optuna_dnc.runs.sharing import BothLocks, locks_of
from optuna_dnc.runs.storage import open_storage
from tests.servers import Server

Make = Callable[..., RedisLocks]


@pytest.fixture
def client(redis_server: Server) -> Iterator[Any]:
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_server.url) as client:
        yield client


@pytest.fixture
def locks(client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Locks of one more worker of a run that no other test has, on a host of its own."""
    monkeypatch.setattr(redis_locks, "BEAT", 0.02)
    made: list[RedisLocks] = []

    def make(host: str | None = None, seconds: float = 30.0) -> RedisLocks:
        host = f"host-{len(made)}/" if host is None else host
        made.append(RedisLocks(client, str(tmp_path), host, seconds))
        return made[-1]

    yield make
    for each in made:
        keeper = each._keeper
        each._held.clear()
        if keeper is not None:
            keeper.join(0.2)  # it uses the client until it ends


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return value


def die(worker: RedisLocks) -> None:
    """Renew and release nothing any more."""
    worker._held.clear()


def test_each_lock_has_one_holder(locks: Make) -> None:
    one, other = locks(), locks()
    first, second = one.take("1"), one.take("2")
    assert first is not None
    assert one.take("1") is None
    assert other.take("1") is None
    first.release()
    first.release()
    assert not first.is_locked
    assert second is not None
    assert second.is_locked
    assert other.take("1", timeout=-1) is not None
    assert other.take("2", timeout=0.02) is None


def test_a_lock_is_renewed_while_it_is_held(locks: Make) -> None:
    held = locks(seconds=0.5).take("1")
    assert held is not None
    first_end = held.ends
    until(lambda: time.monotonic() > first_end)
    assert held.is_locked
    assert locks().take("1") is None


def test_that_of_a_lost_host_ends(locks: Make) -> None:
    worker = locks(seconds=0.2)
    assert worker.take("1")
    die(worker)
    assert locks().take("1", timeout=30)


def test_that_of_a_dead_process_on_this_host_is_free(locks: Make) -> None:
    worker = locks(host="here/")
    assert worker.take("1")
    die(worker)
    assert locks(host="here/").take("1")
    assert locks(host="").take("1") is None


def test_one_that_was_taken_by_others_meanwhile_is_lost(locks: Make, client: Any) -> None:
    worker = locks()
    lost, kept = worker.take("1"), worker.take("2")
    assert lost is not None
    assert kept is not None
    for key in client.keys(f"optuna_dnc:lock:{worker._scope}:1"):
        client.set(key, "somebody else")
    until(lambda: not lost.is_locked)
    lost.release()
    assert locks().take("1") is None
    assert kept.is_locked


def test_one_that_the_server_has_forgotten_is_taken_again(locks: Make, client: Any) -> None:
    worker = locks()
    held = worker.take("1")
    assert held is not None
    key = f"optuna_dnc:lock:{worker._scope}:1"
    client.delete(key)
    until(lambda: client.get(key))
    assert held.is_locked


def test_one_that_could_not_be_renewed_counts_as_lost(
    locks: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_locks, "BEAT", 600.0)
    held = locks(seconds=0.1).take("1")
    assert held is not None
    until(lambda: not held.is_locked)


def test_workers_of_a_redis_journal_have_them(redis_server: Server, tmp_path: Path) -> None:
    storage = open_storage(redis_server.url)
    one, other = (locks_of(folder, storage, str(tmp_path)) for folder in _two_folders(tmp_path))
    assert isinstance(one, BothLocks)
    held = one.take("1")
    assert held is not None
    # As on two hosts whose file system has no locks between them.
    other._second._host = "another/"
    assert other.take("1") is None
    held.release()
    assert other.take("1")


def _two_folders(parent: Path) -> list[Path]:
    folders = [parent / "one", parent / "other"]
    for folder in folders:
        folder.mkdir()
    return folders
