"""Hyperband with promotion where disks, copies and earlier studies get in the way."""

from __future__ import annotations

import errno
import math
import os
import shutil
import sqlite3
import warnings
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from optuna.trial import TrialState

from optuna_dnc._errors import InputError
from optuna_dnc.pruners import optimize_hyperband
from optuna_dnc.pruners.board import Board
from optuna_dnc.pruners.stored import value_attribute
from tests.pruners.training import Training, check_finished, table, trained

optuna.logging.set_verbosity(optuna.logging.ERROR)


def run(study, folder, max_resource=9, **options):
    """Run Hyperband with eta = 3 in a folder."""
    folder.mkdir(exist_ok=True)
    optimize_hyperband(
        study,
        Training(folder / "log"),
        max_resource=max_resource,
        checkpoints=folder / "checkpoints",
        **options,
    )


@pytest.mark.parametrize("n_added", [3, 22])
def test_trials_of_an_earlier_run_are_no_trials_of_this_one(n_added: int, tmp_path: Path) -> None:
    old, new = optuna.create_study(), optuna.create_study()
    run(old, tmp_path / "old")
    new.add_trials(sorted(old.trials, key=lambda t: -len(t.intermediate_values))[:n_added])
    n_added = len(new.trials)
    run(new, tmp_path / "new", max_resource=27)
    own = optuna.create_study()
    own.add_trials(new.trials[n_added:])
    assert trained(own, 27) == table(27)


def test_a_full_disk_drops_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = optuna.create_study()
    copy, left = shutil.copytree, [2]

    def copytree(*arguments, **named):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return copy(*arguments, **named)

    monkeypatch.setattr(shutil, "copytree", copytree)
    with pytest.raises(OSError, match="No space left"):
        run(study, tmp_path, catch=Exception)
    run(study, tmp_path)
    assert all(t.state != TrialState.FAIL for t in study.trials)
    check_finished(study, tmp_path, 9)


def test_a_disk_that_fills_up_in_the_objective_drops_no_configuration(tmp_path: Path) -> None:
    study = optuna.create_study()

    def no_room(trial, budget):
        if trial.number == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return Training(tmp_path / "log")(trial, budget)

    settings: dict[str, Any] = {"max_resource": 9, "checkpoints": tmp_path / "checkpoints"}
    with pytest.raises(OSError, match="No space left"):
        optimize_hyperband(study, no_room, catch=Exception, **settings)
    assert [t.state for t in study.trials] == [TrialState.WAITING] * 4
    run(study, tmp_path)
    assert all(t.state != TrialState.FAIL for t in study.trials)
    check_finished(study, tmp_path, 9)


def test_a_storage_that_is_gone_for_a_moment_drops_no_configuration(tmp_path: Path) -> None:
    storage = optuna.storages.RDBStorage(
        f"sqlite:///{tmp_path}/study.db", engine_kwargs={"connect_args": {"timeout": 0.1}}
    )
    study = optuna.create_study(storage=storage)
    other = sqlite3.connect(tmp_path / "study.db", isolation_level=None)

    def blocked(trial, budget):
        if trial.number == 3:
            other.execute("BEGIN EXCLUSIVE")
            try:
                trial.set_user_attr("note", "unheard")
            finally:
                other.execute("ROLLBACK")
        return Training(tmp_path / "log")(trial, budget)

    settings: dict[str, Any] = {"max_resource": 9, "checkpoints": tmp_path / "checkpoints"}
    with pytest.raises(StorageInternalError):
        optimize_hyperband(study, blocked, catch=Exception, **settings)
    run(study, tmp_path)
    assert all(t.state != TrialState.FAIL for t in study.trials)
    check_finished(study, tmp_path, 9)


def test_an_objective_may_change_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    study = optuna.create_study()

    def moved(trial, budget):
        os.chdir(elsewhere)
        return Training(tmp_path / "log")(trial, budget)

    optimize_hyperband(study, moved, max_resource=9, checkpoints="checkpoints")
    check_finished(study, tmp_path, 9)


def test_an_interrupted_claim_is_let_go_of_also_while_the_error_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = optuna.create_study()
    storage = study._storage
    set_state = type(storage).set_trial_state_values

    def interrupted(*arguments: Any, **named: Any) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(type(storage), "set_trial_state_values", interrupted)
    with pytest.raises(KeyboardInterrupt) as kept:
        run(study, tmp_path)
    assert type(storage).set_trial_state_values is set_state
    run(study, tmp_path, timeout=60)
    check_finished(study, tmp_path, 9)
    assert kept.value.__traceback__ is not None


def test_a_copy_of_a_study_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    url, begun = f"sqlite:///{tmp_path}/study.db", tmp_path / "begun"
    study = optuna.create_study(study_name="begun", storage=url)
    run(study, begun, max_total_resource=12)
    optuna.copy_study(
        from_study_name="begun", from_storage=url, to_storage=url, to_study_name="copy"
    )
    copy = optuna.load_study(study_name="copy", storage=url)
    with pytest.raises(InputError, match="another study"):
        run(copy, begun)
    run(study, begun)
    check_finished(study, begun, 9)


def test_what_a_killed_worker_had_no_time_to_delete_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, finish = optuna.create_study(), Board.finish

    def killed(board, job, value):
        if not job.is_last:
            return finish(board, job, value)
        study._storage.set_trial_system_attr(job.trial_id, *value_attribute(job.stop, value))
        raise KeyboardInterrupt

    monkeypatch.setattr(Board, "finish", killed)
    with pytest.raises(KeyboardInterrupt):
        run(study, tmp_path)
    monkeypatch.undo()
    run(study, tmp_path)
    complete = [t.number for t in study.trials if t.state == TrialState.COMPLETE]
    for number in complete:
        assert [f.name for f in (tmp_path / "checkpoints" / str(number)).iterdir()] == ["9"]


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode & os.W_OK == 0)
    with pytest.raises(InputError, match="cannot be written"):
        run(optuna.create_study(), tmp_path)


def run_with(study, folder, objective, **options):
    def saving(trial, budget):
        (budget.folder / "model").touch()
        return objective(trial, budget)

    optimize_hyperband(
        study, saving, max_resource=9, checkpoints=folder / "checkpoints", **options
    )


def test_constraints_are_those_of_the_last_rung(tmp_path: Path) -> None:
    def objective(trial, budget):
        trial.set_constraint("error", 5 - budget.stop)
        return trial.suggest_float("x", 0, 1)

    study = optuna.create_study()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        run_with(study, tmp_path, objective)
    for trial in study.trials:
        assert trial.constraints["error"] == 5 - max(trial.intermediate_values)


def test_a_constraint_that_is_no_number_is_refused_in_every_rung(tmp_path: Path) -> None:
    def objective(trial, budget):
        trial.set_constraint("error", math.nan if budget.stop == 3 else 1.0)
        return trial.suggest_float("x", 0, 1)

    with pytest.raises(ValueError, match="NaN is not allowed"):
        run_with(optuna.create_study(), tmp_path, objective)


def test_what_an_objective_returns_counts_whatever_it_reports(tmp_path: Path) -> None:
    def objective(trial, budget):
        x = trial.suggest_float("x", 0, 1)
        for epoch in budget.epochs:
            trial.report(10 + x, epoch)
        return x

    study = optuna.create_study()
    run_with(study, tmp_path, objective)
    for trial in study.trials:
        x = trial.params["x"]
        assert trial.value == x
        rungs = {step for step in trial.intermediate_values if step in (1, 3, 9)}
        assert {trial.intermediate_values[step] for step in rungs & {max(rungs)}} == {x}


def test_an_objective_without_a_number_is_not_caught(tmp_path: Path) -> None:
    study = optuna.create_study()
    with pytest.raises(InputError, match="objective must return a number"):
        run_with(study, tmp_path, lambda trial, budget: None, catch=Exception)
    assert len(study.trials) == 1


def test_failures_that_are_caught_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def objective(trial, budget):
        if trial.number == 2:
            raise ValueError("no such layer")
        return trial.suggest_float("x", 0, 1)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        run_with(optuna.create_study(), tmp_path, objective, catch=ValueError)
    finally:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
    assert "Trial 2 failed and is left out: ValueError('no such layer')" in caplog.text
