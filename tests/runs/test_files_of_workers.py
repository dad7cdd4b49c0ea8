"""What is kept of the workers of a run, and what is deleted when they are dead."""

from __future__ import annotations

from pathlib import Path

import pytest

from optuna_dnc._locks import FileLocks
from optuna_dnc.runs.workers import LASTING, Workers


@pytest.fixture
def workers(tmp_path: Path) -> Workers:
    return Workers(tmp_path)


def leave_files(folder: Path) -> None:
    """Leave what a worker and a driver leave that are killed in the midst of trainings."""
    with Workers(folder).joined("cpu", 1) as dead:
        names = {path.name for path in folder.iterdir()}
        driver = f"{dead.status.id}.driver"
    for name in (*names, driver, "1-joint-3", "1-joint-3.attempt", "1-joint-3.log"):
        (folder / name).touch()


def test_who_joins_deletes_the_files_of_dead_workers(workers: Workers, tmp_path: Path) -> None:
    leave_files(tmp_path)
    with workers.joined("cpu", 1):
        assert len(workers.names()) == 1
        assert not list(tmp_path.glob("*.driver"))


def test_what_dead_workers_have_left_is_swept_in_the_end(workers: Workers, tmp_path: Path) -> None:
    for name in LASTING:
        (tmp_path / name).touch()
    leave_files(tmp_path)
    workers.sweep()
    assert {path.name for path in tmp_path.iterdir()} == {*LASTING}


def test_nothing_of_a_live_worker_is_swept(workers: Workers, tmp_path: Path) -> None:
    with workers.joined("cpu", 1) as live:
        (tmp_path / f"{live.status.id}.driver").touch()
        lock = FileLocks(tmp_path).take("9-ahead-0")
        assert lock is not None
        (tmp_path / "9-ahead-0.attempt").touch()
        before = {path.name for path in tmp_path.iterdir()}
        workers.sweep()
        assert {path.name for path in tmp_path.iterdir()} == before
        lock.release()
