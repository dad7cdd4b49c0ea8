"""Calls kept in flight on any executor."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial
from pathlib import Path

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc._interruption import Interrupted, request_interruption
from optuna_dnc.workers import in_flight
from optuna_dnc.workers.in_flight import InFlight, Outcome


class AtOnce(Executor):
    """Runs each call when it is submitted."""

    def submit(self, fn: Callable[..., Outcome], /, *args: object) -> Future[Outcome]:  # type: ignore[override]
        future: Future[Outcome] = Future()
        try:
            future.set_result(fn(*args))
        except BaseException as error:
            future.set_exception(error)
        return future


class OfLoky(AtOnce):
    """Its ``shutdown`` takes the argument that those of all engines take, as loky's and Dask's."""

    def shutdown(self, wait: bool = True) -> None:  # type: ignore[override]
        self.waited = wait


class KilledWorker(Exception):  # noqa: N818 - its name is how it is known
    """As Dask's, by name."""


def scripted(*outcomes: Outcome | BaseException) -> Callable[[int], Outcome]:
    """A call with these outcomes in order; the last one for ever."""
    script = list(outcomes)

    def call(number: int) -> Outcome:
        outcome = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return call


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds slept, which pass at once."""
    slept: list[float] = []
    clock, skipped = time.monotonic, 0.0

    def sleep(seconds: float) -> None:
        nonlocal skipped
        slept.append(round(seconds, 2))
        skipped += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + skipped)
    return slept


def test_it_calls_until_all_is_done() -> None:
    numbers: list[int] = []

    def call(number: int) -> Outcome:
        numbers.append(number)
        return "trained" if number <= 5 else "done"

    with ThreadPoolExecutor(2) as threads:
        InFlight(call, 2, threads).run()
    # Each of the two stops at the first "done" of its own, and no number comes twice.
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6, 7]


def test_so_many_calls_are_in_flight_at_a_time() -> None:
    all_there = threading.Barrier(3)

    def call(number: int) -> Outcome:
        all_there.wait(timeout=10)
        return "done"

    with ThreadPoolExecutor(5) as threads:
        InFlight(call, 3, threads).run()


def test_a_call_that_has_to_wait_is_repeated_after_pauses_that_grow(pauses: list[float]) -> None:
    waits: list[Outcome] = ["wait"] * 8
    InFlight(scripted(*waits, "trained", "wait", "done"), 1, AtOnce()).run()
    assert pauses[:8] == pytest.approx([0.02, 0.04, 0.08, 0.1, 0.1, 0.1, 0.1, 0.1], abs=0.02)
    assert pauses[-1] == pytest.approx(0.02, abs=0.01)  # after work the pause is short again


def test_a_call_is_repeated_when_its_worker_has_died() -> None:
    InFlight(scripted(KilledWorker(), "trained", KilledWorker(), "done"), 1, AtOnce()).run()


def test_workers_that_die_in_a_row_end_it() -> None:
    with pytest.raises(InputError, match=r"^workers: 11 workers died in a row .*KilledWorker"):
        InFlight(scripted(KilledWorker()), 2, AtOnce()).run()


def test_deaths_are_counted_anew_after_a_piece_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_flight, "MOST_DEATHS", 1)
    death = KilledWorker()
    InFlight(scripted(death, "trained", death, "trained", death, "done"), 1, AtOnce()).run()


def test_an_error_of_the_function_is_raised_and_stops_the_others() -> None:
    released, asked = threading.Event(), []

    def call(number: int) -> Outcome:
        if number == 1:
            raise InputError("storage: it is full.")
        released.wait(timeout=10)
        return "stopped"

    def on_stop(at_once: bool) -> None:
        asked.append(at_once)
        released.set()

    with ThreadPoolExecutor(2) as threads, pytest.raises(InputError, match="it is full"):
        InFlight(call, 2, threads, on_stop=on_stop).run()
    assert asked == [False]


def die_once(mark: str, number: int) -> Outcome:
    """End the process in the first call of all, and in no other."""
    if Path(mark).exists():
        Path(mark).unlink()
        os._exit(1)
    return "done"


@pytest.fixture
def mark(tmp_path: Path) -> str:
    (tmp_path / "mark").touch()
    return str(tmp_path / "mark")


def test_a_pool_that_breaks_is_created_anew(mark: str) -> None:
    pools: list[Executor] = []

    def pool() -> Executor:
        pools.append(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
        return pools[-1]

    InFlight(partial(die_once, mark), 2, pool).run()
    assert len(pools) == 2


def test_one_that_cancels_nothing_is_created_anew() -> None:
    pools: list[OfLoky] = []

    def pool() -> Executor:
        pools.append(OfLoky())
        return pools[-1]

    InFlight(scripted(BrokenExecutor(), "done"), 1, pool).run()
    assert [each.waited for each in pools] == [False, False]


def test_a_pool_that_breaks_and_was_given_ends_it(mark: str) -> None:
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
        pytest.raises(InputError, match=r"^executor: ProcessPoolExecutor broke .*lambda"),
    ):
        InFlight(partial(die_once, mark), 1, pool).run()


def test_ctrl_c_stops_workers_and_a_second_one_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    released = threading.Event()

    def call(number: int) -> Outcome:
        released.wait(timeout=10)
        return "stopped"

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    def on_stop(at_once: bool) -> None:
        asked.append(at_once)
        if at_once:
            released.set()

    monkeypatch.setattr(in_flight, "wait", interrupted)
    with ThreadPoolExecutor(1) as threads, pytest.raises(KeyboardInterrupt):
        InFlight(call, 1, threads, on_stop=on_stop).run()
    assert asked == [False, True]


def test_a_signal_whose_exception_was_lost_stops_it_too() -> None:
    stopped: list[bool] = []

    def call(number: int) -> Outcome:
        request_interruption(signal.SIGTERM)  # the handler's exception was dropped
        return "trained"

    try:
        with pytest.raises(Interrupted):
            InFlight(call, 1, AtOnce(), on_stop=stopped.append).run()
    finally:
        request_interruption(None)
    assert stopped == [False]


def test_progress_is_looked_at_while_calls_run() -> None:
    looked = threading.Event()

    def call(number: int) -> Outcome:
        looked.wait(timeout=10)
        return "done"

    with ThreadPoolExecutor(1) as threads:
        InFlight(call, 1, threads, on_tick=looked.set).run()
    assert looked.is_set()
