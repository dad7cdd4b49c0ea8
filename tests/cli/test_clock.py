"""Time limits of commands, which count from the start of the process."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from optuna_dnc.cli import clock
from optuna_dnc.cli.clock import MOST_TO_IMPORT, start_clock, with_time_limit
from optuna_dnc.runs.recipe import PRESET_SECONDS
from optuna_dnc.search.limits import time_limit
from optuna_dnc.search.limits.time_limit import TimeLimit

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Time by the clock of commands, which stands still."""
    time_now = SimpleNamespace(seconds=1_000.0)
    stopped = SimpleNamespace(monotonic=lambda: time_now.seconds)
    monkeypatch.setattr(clock, "time", stopped)
    monkeypatch.setattr(clock, "_started", 1_000.0)
    return time_now


def used(options: dict[str, Any]) -> tuple[float, float]:
    """Seconds of the time limit, and of these the ones that had passed before."""
    limit = with_time_limit(options)["timeout"]
    assert isinstance(limit, TimeLimit)
    return limit.seconds, limit.used_before


def test_a_limit_counts_from_the_start_of_the_process(
    now: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_process_age", lambda: 3.0)
    start_clock(with_process=True)
    now.seconds += 2.0
    assert used({"timeout": 60.0}) == (60.0, 5.0)


def test_a_command_within_a_process_begins_when_it_is_called(
    now: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_process_age", lambda: 3.0)
    now.seconds += 50.0
    start_clock(with_process=False)
    now.seconds += 2.0
    assert used({"timeout": 60.0}) == (60.0, 2.0)


@pytest.mark.parametrize("age", [None, -1.0, MOST_TO_IMPORT])
def test_without_a_sound_age_it_counts_from_the_imports(
    now: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, age: float | None
) -> None:
    monkeypatch.setattr(clock, "_process_age", lambda: age)
    now.seconds += 1.0
    start_clock(with_process=True)
    assert used({"timeout": 60.0}) == (60.0, 1.0)


@pytest.mark.parametrize(("preset", "seconds"), PRESET_SECONDS.items())
def test_presets_have_a_limit_unless_one_is_given(
    now: SimpleNamespace, preset: str, seconds: float
) -> None:
    assert used({"preset": preset}) == (seconds, 0.0)
    assert used({"preset": preset, "timeout": 7.0}) == (7.0, 0.0)


@pytest.mark.parametrize("options", [{}, {"preset": "default"}, {"preset": "deep-n-cheap"}])
def test_no_limit_stays_none(options: dict[str, Any]) -> None:
    assert with_time_limit(options) == options


@LINUX
def test_the_age_is_that_of_the_process() -> None:
    script = (
        "import time, sys; from optuna_dnc.cli.clock import _process_age as age\n"
        "first = age(); before = time.monotonic(); time.sleep(0.05); second = age()\n"
        "assert 0 <= first <= second - 0.05, (first, second)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize("content", [OSError("no such file"), "", "1 (a b) R 2"])
def test_a_system_that_does_not_tell_the_age_is_no_error(
    monkeypatch: pytest.MonkeyPatch, content: str | OSError
) -> None:
    def read(path: Path) -> str:
        if isinstance(content, OSError):
            raise content
        return content

    monkeypatch.setattr(Path, "read_text", read)
    assert clock._process_age() is None


def test_a_limit_keeps_some_seconds_for_the_end_of_the_process() -> None:
    limit = TimeLimit(100.0, used_before=20.0)
    assert limit.is_set
    assert limit.left <= 100.0 - 20.0 - 0.4 - 1.0
    assert TimeLimit(5.0, used_before=9.0).is_over()
    assert not TimeLimit().is_set
    assert TimeLimit().left == math.inf
    assert TimeLimit.of(None) == TimeLimit()


def test_trainings_leave_time_to_the_end_of_the_search() -> None:
    limit = TimeLimit(1_000.0)
    limit.reserved = 10_000.0
    assert limit.is_over()
    assert limit.left > 0


def test_a_part_of_a_search_has_its_share_of_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=lambda: 50.0))
    limit = TimeLimit(1_000.0)
    left = limit.left
    limit.begin_part(0.25)
    assert limit.left_in_part == pytest.approx(left / 4)
    limit.reserved = 0.9 * left
    assert limit.left_in_part == pytest.approx(0.1 * left)
