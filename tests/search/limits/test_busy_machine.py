"""How much other processes slow this one down, and what that changes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from optuna_dnc.search.limits import busy_machine, time_limit
from optuna_dnc.search.limits.busy_machine import CpuTime, slowdown_since
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.trials.training import _lateness


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A machine whose times can be set."""
    machine = SimpleNamespace(time=CpuTime(10.0, 30.0))
    monkeypatch.setattr(busy_machine.CpuTime, "now", lambda: machine.time)
    return machine


@pytest.mark.parametrize(
    ("start", "factor"),
    [
        (CpuTime(), 4.0),
        (CpuTime(5.0, 30.0), 1.0),
        (CpuTime(10.0 - 1e-3, 20.0), 1.0),  # too short to tell
        (CpuTime(9.0, -1e6), 20.0),
    ],
)
def test_computations_take_longer_by_the_wait_for_a_cpu(
    machine: SimpleNamespace, start: CpuTime, factor: float
) -> None:
    assert slowdown_since(start) == pytest.approx(factor)


def test_the_time_of_this_thread_is_read() -> None:
    start = CpuTime.now()
    if Path("/proc/thread-self/schedstat").exists():
        assert start.used > 0
        assert CpuTime.now().used >= start.used
    assert slowdown_since(start) >= 1.0


@pytest.mark.parametrize("content", ["", "a b c", "1 2", OSError("missing")])
def test_a_system_that_does_not_tell_counts_as_quiet(
    content: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> str:
        if isinstance(content, OSError):
            raise content
        return str(content)

    monkeypatch.setattr(Path, "read_text", read)
    assert CpuTime.now() == CpuTime(0.0, 0.0)
    assert slowdown_since(CpuTime()) == 1.0


def test_the_end_of_the_process_takes_longer_on_a_busy_machine(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=lambda: 0.0))
    assert TimeLimit(100.0, used_before=20.0).left == pytest.approx(100.0 - 20.0 - 1.0 - 1.6)
    machine.time = CpuTime(10.0, 0.0)
    assert TimeLimit(100.0, used_before=20.0).left == pytest.approx(100.0 - 20.0 - 1.0 - 0.4)
    machine.time = CpuTime(10.0, 1e6)
    assert TimeLimit(100.0, used_before=20.0).left == pytest.approx(100.0 - 20.0 - 1.0 - 2.0)


def test_a_limit_that_begins_later_counts_from_there(machine: SimpleNamespace) -> None:
    limit = TimeLimit(100.0)
    assert limit.slowdown == 1.0
    machine.time = CpuTime(11.0, 31.0)
    assert limit.slowdown == pytest.approx(2.0)


def test_a_first_training_that_begins_too_late_has_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=lambda: clock.now))
    limit = TimeLimit(60.0)
    first: Any = SimpleNamespace(limit=limit, ledger=SimpleNamespace(best=None))
    later: Any = SimpleNamespace(limit=limit, ledger=SimpleNamespace(best="network"))
    is_late = _lateness(first)
    clock.now = 58.0
    assert not is_late()
    clock.now = 60.0
    assert is_late()
    is_late = _lateness(first)
    assert not is_late()
    assert _lateness(later)()
    clock.now = 61.0
    assert is_late()
    assert TimeLimit(1.0).grace == pytest.approx(0.03)
