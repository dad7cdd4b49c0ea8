"""Hyperband with promotion: four processes on one storage, some of them killed."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.processes import exit_code, fork, needs_fork
from tests.pruners.training import check_finished, open_study, work

pytestmark = [needs_fork, pytest.mark.filterwarnings("ignore:.*use of fork")]


def create(kind: str, folder: Path) -> None:
    """Create the study in a process, so that others inherit no connection to its database."""
    assert exit_code(fork(partial(open_study, kind, folder))) == 0


def start(kind: str, folder: Path, seed: int, hangs: bool = False, **options: Any) -> int:
    return fork(partial(work, kind, folder, seed, options, hangs))


def wait(workers: list[int]) -> None:
    assert [exit_code(worker) for worker in workers] == [0] * len(workers)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_four_processes_train_exactly_the_table(
    kind: str, asynchronous: bool, tmp_path: Path
) -> None:
    create(kind, tmp_path)
    options: dict[str, Any] = {"max_resource": 9, "asynchronous": asynchronous}
    wait([start(kind, tmp_path, seed, **options) for seed in range(4)])
    check_finished(open_study(kind, tmp_path), tmp_path, 9)


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_the_others_take_over_from_a_killed_one(kind: str, tmp_path: Path) -> None:
    create(kind, tmp_path)
    hanging = start(kind, tmp_path, 0, hangs=True, max_resource=27)
    while not (tmp_path / "hangs").exists():
        time.sleep(0.05)
    others = [start(kind, tmp_path, seed, max_resource=27) for seed in (1, 2, 3)]
    while len((tmp_path / "log").read_text().splitlines()) < 60:
        time.sleep(0.05)
    os.kill(hanging, signal.SIGKILL)
    assert exit_code(hanging) == -signal.SIGKILL
    wait(others)
    check_finished(open_study(kind, tmp_path), tmp_path, 27)
