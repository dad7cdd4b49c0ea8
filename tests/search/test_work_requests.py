"""Calls of an engine's workers: one step of a search each, joined once a process."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc._errors import InputError, StorageError
from optuna_dnc._files import DamagedFile
from optuna_dnc._interruption import check_interrupted, is_interruption_requested
from optuna_dnc._limits import LEAST_SECONDS_LEFT
from optuna_dnc.search.pausing import Paused
from optuna_dnc.workers import Outcome, work_requests
from optuna_dnc.workers.drivers import Driver, driving
from optuna_dnc.workers.work_requests import WorkRequest, work


class FakeSearch:
    """A search that notes who joins and leaves, with a script of outcomes."""

    notes: list[str] = []  # noqa: RUF012
    steps: Iterator[Callable[[], Outcome]] = iter(())
    timeout: float | None = None

    def __init__(self, folder: Path, storage: Any, **options: Any) -> None:
        self.notes.append(f"created in {folder.name} with {sorted(options)}")
        FakeSearch.timeout = options.get("timeout")

    @contextmanager
    def joined(self) -> Iterator[FakeSearch]:
        self.notes.append("joined")
        yield self
        self.notes.append("left")

    def work_once(self) -> Outcome:
        return next(FakeSearch.steps)()

    def wait_after(self, outcome: Outcome) -> None:
        pass

    def finish(self) -> None:
        self.notes.append("finished")


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    FakeSearch.notes = []
    with driving(tmp_path, "driver") as driver:
        yield driver
    work_requests._leave(driver)


@pytest.fixture
def request_(driver: Driver, tmp_path: Path) -> WorkRequest:
    return WorkRequest(
        folder=tmp_path / "run",
        driver=driver,
        data=[1.5],
        storage="postgresql://me:secret@host/runs",
        opener=f"{__name__}:FakeSearch",
    )


def will(*steps: Outcome | Callable[[], Outcome]) -> None:
    def constant(outcome: Outcome) -> Callable[[], Outcome]:
        return lambda: outcome

    FakeSearch.steps = iter(s if callable(s) else constant(s) for s in steps)


def test_a_process_joins_once(request_: WorkRequest) -> None:
    will("trained", "wait", "done")
    assert [work(request_, n) for n in range(3)] == ["trained", "wait", "done"]
    assert FakeSearch.notes == ["created in run with ['data', 'progress']", "joined"]


def test_one_request_has_the_result_written_when_all_is_done(request_: WorkRequest) -> None:
    will("wait", "done", "done")
    work(request_, 0)
    work(request_, 1)
    assert "finished" not in FakeSearch.notes
    assert work(replace(request_, finishes=True), 2) == "done"
    assert FakeSearch.notes[1:] == ["joined", "finished"]


@pytest.mark.parametrize(
    ("passed", "left"), [(0.0, 60.0), (40.0, 20.0), (99.0, LEAST_SECONDS_LEFT)]
)
def test_a_process_that_joins_late_has_the_time_that_is_left(
    request_: WorkRequest, monkeypatch: pytest.MonkeyPatch, passed: float, left: float
) -> None:
    ends = request_.driver.now() + 60
    monkeypatch.setattr(Driver, "now", lambda self: ends - 60 + passed)
    will("done")
    work(replace(request_, ends=ends), 0)
    assert FakeSearch.timeout == pytest.approx(left)


@pytest.mark.parametrize("difference", [-300.0, 300.0])
def test_clocks_of_machines_may_differ(
    request_: WorkRequest, monkeypatch: pytest.MonkeyPatch, difference: float
) -> None:
    request_ = replace(request_, ends=request_.driver.now() + 60)
    own = time.time
    monkeypatch.setattr(time, "time", lambda: own() + difference)
    will("done")
    work(request_, 0)
    assert FakeSearch.timeout == pytest.approx(60, abs=30)


def test_a_request_shows_neither_passwords_nor_data(request_: WorkRequest) -> None:
    assert "secret" not in repr(request_)
    assert "1.5" not in repr(request_)
    assert pickle.loads(pickle.dumps(request_)) == request_


def test_a_call_after_the_wish_to_stop_does_nothing(request_: WorkRequest, driver: Driver) -> None:
    driver.stop(at_once=False)
    assert work(request_, 0) == "stopped"
    assert FakeSearch.notes == []


def test_the_wish_to_stop_ends_a_training_after_its_epoch(
    request_: WorkRequest, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_requests, "LOOK", 0.001)
    epochs: list[None] = []

    def train() -> Outcome:
        driver.stop(at_once=False)
        while True:
            epochs.append(time.sleep(0.001))
            check_interrupted()

    will(train)
    assert work(request_, 0) == "stopped"
    assert (epochs != [], FakeSearch.notes[-1]) == (True, "left")
    assert not is_interruption_requested()  # the next search is not interrupted


def test_an_error_ends_the_session(request_: WorkRequest) -> None:
    def fail() -> Outcome:
        raise ValueError("broken")

    will(fail)
    with pytest.raises(ValueError, match="broken"):
        work(request_, 0)
    assert FakeSearch.notes[-1] == "left"


@pytest.mark.parametrize(
    "error", [Paused(), InputError("no."), StorageError("full."), DamagedFile(Path("a"), "b", "c")]
)
def test_errors_reach_the_driver_in_another_process(
    request_: WorkRequest, error: Exception
) -> None:
    def fail() -> Outcome:
        raise error

    will(fail)
    with pytest.raises((Paused, InputError)) as caught:
        work(request_, 0)
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(arrived, Paused | InputError)
    assert str(arrived) == str(error)


def test_a_process_trains_one_network_at_a_time(request_: WorkRequest) -> None:
    # Random numbers of torch belong to the process.
    training = threading.Semaphore(1)

    def train() -> Outcome:
        assert training.acquire(blocking=False)
        time.sleep(0.001)
        training.release()
        return "trained"

    will(*[train] * 6, "done")
    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(partial(work, request_), range(6))) == {"trained"}
    assert FakeSearch.notes.count("joined") == 1
    assert work(request_, 6) == "done"


def wait_until_left() -> None:
    for _ in range(10_000):
        if FakeSearch.notes[-1] == "left":
            return
        time.sleep(0.001)


def test_an_idle_process_leaves_when_the_driver_has_ended(
    request_: WorkRequest, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_requests, "LOOK", 0.001)
    will("trained")
    work(request_, 0)
    driver.file.unlink()
    wait_until_left()
    assert FakeSearch.notes[-1] == "left"


def test_an_idle_session_interrupts_no_other(request_: WorkRequest, driver: Driver) -> None:
    will("trained")
    work(request_, 0)
    driver.stop(at_once=False)
    work_requests._interrupt(work_requests._sessions[driver])
    assert not is_interruption_requested()


def test_a_process_that_nobody_calls_leaves_and_joins_again(
    request_: WorkRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_requests, "LOOK", 0.001)
    monkeypatch.setattr(work_requests, "IDLE", 0.0)
    will("trained")
    work(request_, 0)
    wait_until_left()
    will("done")
    assert work(request_, 1) == "done"
    assert FakeSearch.notes.count("joined") == 2


@pytest.mark.parametrize("is_dead", [False, True])
def test_processes_of_joblib_miss_their_parent_even_if_it_died_before_they_joined(
    monkeypatch: pytest.MonkeyPatch, is_dead: bool
) -> None:
    class Parent:
        def __init__(self) -> None:
            self.pid = os.getpid() if is_dead else os.getppid()

        def is_alive(self) -> bool:
            raise ValueError("Invalid file object: None")

    monkeypatch.setattr(multiprocessing, "parent_process", Parent)
    assert work_requests._is_orphaned() == is_dead
