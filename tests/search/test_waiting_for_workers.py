"""The progress says that workers begin, and if none does."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from optuna_dnc.runs.workers import WorkerStatus
from optuna_dnc.search.events import WorkersSeen
from optuna_dnc.search.progress.display import Progress

WORKER = WorkerStatus(id="a", host="node7", pid=1, device="cpu", threads=1, since=0.0)
SENTENCE = "No worker has begun yet; still waiting for one.\n"


@pytest.fixture(autouse=True)
def _without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optuna_dnc.search.progress.display.PATIENCE", 0.0)


def test_plain_lines_say_that_workers_start(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True) as display:
        display.await_workers(4, are_local=True)
        display.await_workers(4, are_local=False)
    assert capsys.readouterr().err == "Starting 4 workers ...\nWaiting for a worker ...\n"


def test_on_a_terminal_it_is_said_until_one_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # so that rich takes the output for a terminal
    with Progress(True) as display:
        display.await_workers(4, are_local=True)
        display.on_event(WorkersSeen(()))
        assert shown(display) == ["Starting 4 workers ..."]
        display.on_event(WorkersSeen((WORKER,)))
        assert shown(display) == []


def shown(display: Progress) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    console.print(display._bars)
    return console.file.getvalue().splitlines()


def test_it_says_once_that_no_worker_has_begun(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True) as display:
        display.on_event(WorkersSeen(()))
        display.on_event(WorkersSeen(()))
    assert capsys.readouterr().err == SENTENCE


def test_it_does_not_say_so_once_one_has_begun(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True) as display:
        display.on_event(WorkersSeen((WORKER,)))
        display.on_event(WorkersSeen(()))
    assert capsys.readouterr().err == ""
