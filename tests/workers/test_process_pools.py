"""Pools of processes of joblib, with real processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import pytest

from optuna_dnc.workers import InFlight, Outcome, process_pool

Create = Callable[[], Executor]


@pytest.fixture(scope="module")
def create() -> Iterator[Create]:
    with process_pool([{"MINE": "a", "ALL": "c"}, {"MINE": "b", "ALL": "c"}]) as create:
        yield create


def variables(meet: Path) -> tuple[str, str, int]:
    (meet / str(os.getpid())).touch()
    while len(list(meet.iterdir())) < 2:  # so that both processes have a call
        pass
    return os.environ["MINE"], os.environ["ALL"], os.getpid()


def test_each_process_has_its_variables(create: Create, tmp_path: Path) -> None:
    calls = [create().submit(variables, tmp_path) for _ in range(2)]
    mine, of_all, processes = zip(*(call.result(30) for call in calls), strict=True)
    assert (sorted(mine), set(of_all)) == (["a", "b"], {"c"})
    assert os.getpid() not in processes


def has_torch() -> bool:
    import sys

    return "torch" in sys.modules


def test_it_has_its_variables_before_torch_is_imported(create: Create) -> None:
    assert not create().submit(has_torch).result(30)


def processes_of(create: Create, meet: Path) -> set[int]:
    meet.mkdir()
    calls = [create().submit(variables, meet) for _ in range(2)]
    return {process for *_, process in (call.result(30) for call in calls)}


def test_the_processes_stay_for_the_next_use(create: Create, tmp_path: Path) -> None:
    before = processes_of(create, tmp_path / "before")
    create().shutdown(wait=False, cancel_futures=True)
    assert processes_of(create, tmp_path / "after") == before


def die_once(mark: Path, number: int) -> Outcome:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def test_others_take_the_place_of_processes_that_die(create: Create, tmp_path: Path) -> None:
    InFlight(partial(die_once, tmp_path / "mark"), 2, create).run()
    assert create().submit(os.getpid).result(30) > 0
