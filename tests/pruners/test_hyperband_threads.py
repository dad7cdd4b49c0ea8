"""Hyperband with promotion in several threads: the argument ``n_jobs``."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from optuna_dnc._errors import InputError
from optuna_dnc.pruners import Budget, optimize_hyperband
from optuna_dnc.pruners.promotion import in_threads
from tests.pruners.training import Training, check_finished, open_study

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Together:
    """Trains, once two threads have begun their first jobs."""

    def __init__(self, folder: Path) -> None:
        self._training = Training(folder / "log")
        self._both = threading.Barrier(2, timeout=10)
        self._seen: set[int] = set()

    def __call__(self, trial: optuna.Trial, budget: Budget) -> float:
        thread = threading.get_ident()
        if thread not in self._seen:
            self._seen.add(thread)
            self._both.wait()
        return self._training(trial, budget)


def run(study: optuna.Study, folder: Path, objective: Any = None, **options: Any) -> None:
    settings = {"max_resource": 9, "n_jobs": 2, "checkpoints": folder / "checkpoints", **options}
    optimize_hyperband(study, objective or Together(folder), **settings)


def test_two_threads_train_the_table_once(tmp_path: Path) -> None:
    study = open_study("memory", tmp_path)
    run(study, tmp_path)
    check_finished(study, tmp_path, 9)


def test_all_cores_may_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    study = open_study("memory", tmp_path)
    run(study, tmp_path, n_jobs=-1)  # one thread alone would wait for another one
    check_finished(study, tmp_path, 9)


def test_an_error_of_a_thread_is_raised_and_the_rest_goes_on_at_the_next_call(
    tmp_path: Path,
) -> None:
    training = Training(tmp_path / "log")

    def objective(trial: optuna.Trial, budget: Budget) -> float:
        if trial.number == 0:
            raise ValueError("out of luck")
        return training(trial, budget)

    study = open_study("memory", tmp_path)
    with pytest.raises(ValueError, match="out of luck"):
        run(study, tmp_path, objective)
    run(study, tmp_path, objective)
    assert [t.number for t in study.trials if t.state == TrialState.FAIL] == [0]
    assert all(t.state.is_finished() for t in study.trials)


def test_a_stop_ends_all_threads(tmp_path: Path) -> None:
    study = open_study("memory", tmp_path)
    run(study, tmp_path, callbacks=[lambda study, trial: study.stop()])
    assert any(not t.state.is_finished() for t in study.trials)
    run(study, tmp_path, Training(tmp_path / "log"))
    check_finished(study, tmp_path, 9)


def test_an_error_asks_the_other_threads_to_stop() -> None:
    asked, first = threading.Event(), threading.Lock()

    def work() -> None:
        if first.acquire(blocking=False):
            raise ValueError("out of luck")
        assert asked.wait(10)

    with pytest.raises(ValueError, match="out of luck"):
        in_threads(work, 2, asked.set)


def test_ctrl_c_asks_the_threads_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def interrupt(calls: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    def work() -> None:
        assert asked.wait(10)

    monkeypatch.setattr("optuna_dnc.pruners.promotion.wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        in_threads(work, 2, asked.set)


@pytest.mark.parametrize("n_jobs", [0, -2, 1.5])
def test_what_is_no_number_of_threads_is_refused(n_jobs: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^n_jobs must be an int of at least 1, got"):
        run(open_study("memory", tmp_path), tmp_path, n_jobs=n_jobs)
