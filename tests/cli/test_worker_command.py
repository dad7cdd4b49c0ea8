"""Workers of a search from the command line."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from optuna_dnc._errors import InputError
from optuna_dnc._interruption import Interrupted, check_interrupted, interruptible
from optuna_dnc.cli import engines
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.ledger_reader import LedgerReader
from optuna_dnc.runs.workers import Workers
from optuna_dnc.workers import engines as workers_engines
from tests.cli.conftest import FASTEST, Run

SEARCH = ("search", "data.npz", *FASTEST, "--network", "mlp", "--out", "run", "--no-refit", "-q")


@pytest.fixture(autouse=True)
def _same_threads_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _data(npz: Callable[..., Path]) -> None:
    npz()


@pytest.fixture
def prepared(run: Run) -> str:
    """Output of the command that prepares a run."""
    outcome = run(*SEARCH, "--workers", "0")
    assert outcome.code == 0
    return outcome.out


def test_zero_workers_prepare_the_run_and_say_how_to_start_others(
    prepared: str, tmp_path: Path, run: Run
) -> None:
    assert f"optuna-dnc worker {tmp_path / 'run'}" in prepared
    status = run("status", "run").out
    assert status.startswith("run: new;")
    assert status.endswith("No worker has begun; start one with optuna-dnc worker run\n")


def test_a_worker_of_a_prepared_run_is_told_that_its_storage_is_missing(run: Run) -> None:
    assert run(*SEARCH, "--workers", "0", "--storage", "trials.journal").code == 0
    outcome = run("worker", "run")
    assert outcome.code == 2
    assert "give the --storage of the search" in outcome.err
    assert run("worker", "run", "--storage", "trials.journal", "--timeout", "0").code == 0


def test_a_worker_trains_until_the_search_has_ended(prepared: str, run: Run) -> None:
    outcome = run("worker", "run")
    lines = outcome.err.splitlines()
    assert (outcome.code, outcome.out) == (0, "")
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) for line in lines)
    assert "joined run" in lines[0]
    assert ", cpu, threads 1: " in lines[0]
    assert any("core-architecture/0: loss " in line for line in lines)
    assert lines[-1].endswith("the search in run has ended.")
    assert run("status", "run").out.startswith("run: complete;")


def test_a_storage_that_fails_is_no_bad_input(
    prepared: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionError("server closed"))

    monkeypatch.setattr(LedgerReader, "update", fail)
    outcome = run("worker", "run")
    assert outcome.code == 75
    assert "storage: it stopped responding" in outcome.err


def test_another_worker_finds_the_result(prepared: str, run: Run, tmp_path: Path) -> None:
    run("worker", "run")
    before = (tmp_path / "run" / "result.json").read_bytes()
    outcome = run("worker", "run")
    assert (outcome.code, len(outcome.err.splitlines())) == (0, 2)
    assert (tmp_path / "run" / "result.json").read_bytes() == before


def test_a_worker_leaves_when_its_time_is_over(prepared: str, run: Run) -> None:
    outcome = run("worker", "run", "--timeout", "0")
    assert outcome.code == 0
    assert outcome.err.splitlines()[-1].endswith(
        "time is over; nobody else works on the search; go on with optuna-dnc worker run."
    )


def test_a_worker_whose_time_is_over_counts_those_that_go_on(
    prepared: str, run: Run, tmp_path: Path
) -> None:
    workers = Workers(tmp_path / "run" / ".workers")
    with workers.joined("cpu", 1), workers.joined("cpu", 1), workers.joined("", 1, drives=True):
        outcome = run("worker", "run", "--timeout", "0")
    assert outcome.err.splitlines()[-1].endswith("time is over; 2 other workers go on.")


def test_a_second_search_is_told_how_to_help_the_first(prepared: str, run: Run) -> None:
    with RunFolder("run").claimed():
        outcome = run(*SEARCH)
    assert outcome.code == 2
    assert "another process is searching in run; wait for it to end, speed it up with " in (
        outcome.err
    )
    assert "optuna-dnc worker run, or choose another folder." in outcome.err


def test_a_search_of_a_tradeoff_is_helped_in_the_folder_of_all(prepared: str, run: Run) -> None:
    file = Path("run", "settings.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"shares_trials": True}))
    assert RunFolder("run").joining_command == "optuna-dnc worker ."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("worker", "nothing"), "nothing does not exist; give the folder of a search"),
        ((*SEARCH, "--scheduler", "tcp://127.0.0.1:1"), "--scheduler needs --workers"),
        (
            (*SEARCH, "--scheduler", "tcp://x:1", "--workers", "2", "--workers-per-gpu", "2"),
            "--workers-per-gpu 2 is for local workers",
        ),
        ((*SEARCH, "--workers-per-gpu", "2"), "--workers-per-gpu needs --workers"),
        (
            (*SEARCH, "--workers", "2", "--workers-per-gpu", "2", "--penalize", "t_epoch"),
            "--workers-per-gpu 2 cannot be used with --penalize t_epoch",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert message in outcome.err
    assert not (tmp_path / "run").exists()


def test_a_worker_of_a_paused_search_says_how_to_go_on(prepared: str, run: Run) -> None:
    assert run("pause", "run").code == 0
    outcome = run("worker", "run")
    assert outcome.code == 0
    assert outcome.err.endswith("the search is paused; go on with optuna-dnc resume run\n")


def test_the_command_of_a_worker_shows_no_password(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    class Prepared:
        prepare = staticmethod(lambda: None)
        folder = type("Folder", (), {"path": tmp_path})

    engines.prepare(Prepared, {"storage": "postgresql://me:secret@host/runs"})  # type: ignore[arg-type]
    printed = capsys.readouterr().out
    assert "OPTUNA_DNC_STORAGE:" in printed
    assert "--storage" not in printed
    assert "secret" not in printed
    engines.prepare(Prepared, {"storage": "grpc://host:1"})  # type: ignore[arg-type]
    assert "--storage grpc://host:1" in capsys.readouterr().out


def test_local_workers_run_a_search(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    outcome = run(*SEARCH, "--workers", "2")
    assert outcome.code == 0, outcome.err
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["complete"]
    assert sum(place["joined"] for place in result["workers"]) >= 1


def test_workers_of_a_gpu_that_is_missing_are_warned_of(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(environments: object) -> None:
        raise InputError("no engine is started in this test.")

    monkeypatch.setattr(workers_engines, "local_cluster", refuse)
    outcome = run(*SEARCH, "--workers", "2", "--workers-per-gpu", "2")
    assert outcome.err.startswith(
        "optuna-dnc: --workers-per-gpu 2 has no effect: the device is the CPU, and the workers "
        "share the cores.\n"
    )


def test_a_signal_may_be_left_until_the_end_of_an_epoch() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interruptible(at_once=False):
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted):
            check_interrupted()
    assert signal.getsignal(signal.SIGTERM) == before
