"""The progress says if no worker of an engine begins."""

from __future__ import annotations

import pytest

from optuna_dnc.runs.workers import WorkerStatus
from optuna_dnc.search import progress
from optuna_dnc.search.events import WorkersSeen
from optuna_dnc.search.progress import Progress

WORKER = WorkerStatus(id="a", host="node7", pid=1, device="cpu", threads=1, since=0.0)
SENTENCE = "No worker has begun yet; still waiting for one.\n"


@pytest.fixture(autouse=True)
def _without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)


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
