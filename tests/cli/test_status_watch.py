"""The command ``status`` while a search runs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from optuna_dnc import runs
from optuna_dnc._locks import claimed
from optuna_dnc.cli.status_view import status_lines
from optuna_dnc.runs import search_status
from optuna_dnc.runs.workers import WorkerStatus
from optuna_dnc.tradeoff import Tradeoff
from optuna_dnc.tradeoff import status as tradeoff_status_module
from optuna_dnc.tradeoff.status import tradeoff_status
from tests.cli.conftest import FAST_TRAINING, Run


@pytest.fixture
def running(in_finished_search: None, tmp_path: Path) -> ExitStack:
    """Another process works on the search until this is closed."""
    stack = ExitStack()
    stack.enter_context(claimed(tmp_path / "run", "searching"))
    return stack


def test_a_running_search_shows_counts_and_time_left(run: Run, running: ExitStack) -> None:
    with running:
        lines = run("status", "run").out.splitlines()
    assert lines[0].startswith("run: running;")
    assert lines[1].startswith("  core-architecture: 3/3 trials, ")
    assert lines[4].startswith("Time left: about 0 s")


def test_watch_prints_what_has_changed_until_the_search_ends(
    run: Run, running: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            running.close()

    monkeypatch.setattr(time, "sleep", sleep)
    outcome = run("status", "run", "--watch")
    blocks = [block.splitlines()[0] for block in outcome.out.split("\n\n")]
    assert outcome.code == 0
    assert [block.partition(";")[0] for block in blocks] == ["run: running", "run: complete"]


def test_watch_waits_for_the_first_worker(
    in_finished_search: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = search_status("run")
    states = iter([replace(ended, state="new"), replace(ended, state="running"), ended])
    monkeypatch.setattr(runs, "search_status", lambda *arguments: next(states))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    outcome = run("status", "run", "--watch")
    blocks = [block.partition(";")[0] for block in outcome.out.split("\n\n")]
    assert blocks == ["run: new", "run: running", "run: complete"]


def test_the_process_that_shows_the_progress_is_no_worker(
    in_finished_search: None, run: Run
) -> None:
    driver = WorkerStatus(
        id="a", host="node7", pid=31, device="cpu", threads=1, since=0.0, drives=True
    )
    worker = replace(driver, pid=32, drives=False)
    status = replace(search_status("run"), state="running", workers=(driver, worker))
    lines = list(status_lines(status))
    start = lines.index("1 worker; progress shown by process 31 of node7:")
    assert lines[start + 1] == "  node7 cpu, process 32: waits"
    assert "process 31:" not in "".join(lines)


@pytest.fixture
def tradeoff(run: Run, npz: Callable[..., Path]) -> str:
    """Folder of a trade-off that is prepared."""
    options = ["--wc", "0", "1", *FAST_TRAINING, "--workers", "0"]
    assert run("tradeoff", npz(), *options, "--out", "both", "--quiet").code == 0
    return "both"


def test_a_trade_off_is_watched_until_all_of_its_searches_have_ended(
    run: Run, tradeoff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tradeoff_status(tradeoff)
    ended = replace(
        new,
        state="complete",
        searches=tuple(replace(search, state="complete") for search in new.searches),
    )
    states = iter([new, replace(new, state="running", seconds_left=70.0), ended])
    monkeypatch.setattr(tradeoff_status_module, "tradeoff_status", lambda path: next(states))
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    outcome = run("status", tradeoff, "--watch")
    blocks = [block.splitlines() for block in outcome.out.split("\n\n")]
    assert [block[0] for block in blocks] == [
        "both: new; 0/2 searches complete; mlp on data",
        "both: running; 0/2 searches complete; mlp on data",
        "both: complete; 2/2 searches complete; mlp on data",
    ]
    assert blocks[0][-1].endswith("start one with optuna-dnc worker both")
    assert blocks[1][-1] == "Time left: about 1:10 min"
    assert [line for line in blocks[2] if line.startswith("wc-")] == [
        "wc-0: complete; wc 0 on n_params",
        "wc-1: complete; wc 1 on n_params",
    ]


def test_the_searches_of_a_trade_off_have_their_own_storage(
    run: Run, tradeoff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = run("status", tradeoff, "--storage", "sqlite:///other.db")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "--storage" in outcome.err
    monkeypatch.setenv("OPTUNA_DNC_STORAGE", "sqlite:///other.db")
    status = json.loads(run("status", tradeoff, "--json").out)
    assert [search["state"] for search in status["searches"]] == ["new", "new"]


def test_watch_refuses_json(run: Run) -> None:
    outcome = run("status", "run", "--watch", "--json")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "--watch" in outcome.err


@pytest.mark.parametrize("folder", ["run", "."])
def test_watch_imports_no_torch(in_finished_search: None, tmp_path: Path, folder: str) -> None:
    Tradeoff.load(tmp_path).save()
    program = (
        "import sys\n"
        "from optuna_dnc.cli import main\n"
        f"try: main(['status', {folder!r}, '--watch'])\n"
        "except SystemExit: assert not {'torch', 'optuna_dnc.gp'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True)
