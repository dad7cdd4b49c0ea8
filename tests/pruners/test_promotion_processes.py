"""Hyperband with promotion: four processes on one storage, some of them killed."""

from __future__ import annotations

import time
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import pytest

from tests.pruners.training import check_finished, open_study, work

# A forkserver imports Optuna once for all processes.
processes = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
processes.set_forkserver_preload(["tests.pruners.training"])


def start(kind, folder, seed, hangs=False, **options):
    process = processes.Process(target=work, args=(kind, folder, seed, options, hangs))
    process.start()
    return process


def wait(workers):
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_four_processes_train_exactly_the_table(
    kind: str, asynchronous: bool, fast_path: Path
) -> None:
    open_study(kind, fast_path)
    options = {"max_resource": 9, "asynchronous": asynchronous}
    wait([start(kind, fast_path, seed, **options) for seed in range(4)])
    check_finished(open_study(kind, fast_path), fast_path, 9)


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_the_others_take_over_from_a_killed_one(kind: str, fast_path: Path) -> None:
    open_study(kind, fast_path)
    hanging = start(kind, fast_path, 0, hangs=True, max_resource=27)
    while not (fast_path / "hangs").exists():
        time.sleep(0.05)
    others = [start(kind, fast_path, seed, max_resource=27) for seed in (1, 2, 3)]
    while len((fast_path / "log").read_text().splitlines()) < 60:
        time.sleep(0.05)
    hanging.kill()
    wait(others)
    check_finished(open_study(kind, fast_path), fast_path, 27)
