"""Hyperband with promotion: one worker, and several threads."""

from __future__ import annotations

import math
import shutil
import threading
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from optuna_dnc import DNCSampler
from optuna_dnc.pruners import DamagedCheckpoint
from tests.pruners.training import Training, check_finished, files, open_study, table, trained

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", ["memory", "journal"])
def test_one_worker_trains_exactly_the_table(
    kind: str, asynchronous: bool, tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study(kind, tmp_path)
    run(study, max_resource=81, asynchronous=asynchronous)
    check_finished(study, tmp_path, 81)


def test_the_best_of_each_rung_go_on(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    run(study, max_resource=27)
    first = study.trials[:27]
    for budget, after, places in [(1, 3, 9), (3, 9, 3), (9, 27, 1)]:
        there = [t for t in first if budget in t.intermediate_values]
        there.sort(key=lambda t: t.intermediate_values[budget])
        assert {t.number for t in there[:places]} == {
            t.number for t in first if after in t.intermediate_values
        }


def test_maximize(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path, direction="maximize")
    with pytest.warns(UserWarning, match="is missing"):
        run(study, lambda trial, budget: float(trial.number))
    assert [t.number for t in study.trials if t.state == TrialState.COMPLETE] == [
        8,
        11,
        12,
        13,
        14,
    ]


def test_iterations_and_more_of_them_later(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    run(study, n_iterations=2)
    assert trained(study, 9, 2) == table(9, 2)
    run(study, n_iterations=1)
    assert len(study.trials) == 30
    run(study, n_iterations=3)
    assert trained(study, 9, 3) == table(9, 3)


def test_threads_share_a_study_in_memory(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    threads = [
        threading.Thread(target=run, args=(study,), kwargs={"max_resource": 27}) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check_finished(study, tmp_path, 27)


def test_enqueued_trials_take_the_next_places(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    study.enqueue_trial({"x": 0.0, "k": 0})
    study.enqueue_trial({"x": 0.25}, user_attrs={"why": "a guess"})
    run(study)
    check_finished(study, tmp_path, 9)
    assert study.trials[0].params == {"x": 0.0, "k": 0}
    assert study.trials[1].params["x"] == 0.25


def test_other_trials_of_the_study_are_left_alone(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study("memory", tmp_path)
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=3)
    running = study.ask()
    before = study.trials
    run(study)
    assert study.trials[:4] == before
    assert study.trials[running.number].state == TrialState.RUNNING
    assert len(study.trials) == 4 + 15


@pytest.mark.parametrize("sampler", [DNCSampler(seed=1, n_startup_trials=5), None])
def test_a_resumed_run_is_the_uninterrupted_one(
    sampler: DNCSampler | None, tmp_path: Path, run: Callable[..., None]
) -> None:
    whole = open_study("memory", tmp_path)
    whole.sampler = sampler or whole.sampler
    run(whole)
    epochs = Training(tmp_path / "log").epochs()
    shutil.rmtree(tmp_path / "checkpoints")
    (tmp_path / "log").unlink()
    parts = open_study("memory", tmp_path)
    parts.sampler = sampler or parts.sampler
    for limit in (1, 7, 13, 14, 30, 31, 60):
        run(parts, max_total_resource=limit)
        spent = Training(tmp_path / "log").epochs().total()
        assert spent <= limit
        assert {t.state for t in parts.trials} <= {
            TrialState.WAITING,
            TrialState.PRUNED,
            TrialState.COMPLETE,
        }
    run(parts)
    assert Training(tmp_path / "log").epochs() == epochs
    for a, b in zip(whole.trials, parts.trials, strict=True):
        assert (a.params, a.values, a.state) == (b.params, b.values, b.state)
        assert a.intermediate_values == b.intermediate_values
    assert spent <= 60 < epochs.total()


def test_ctrl_c_loses_the_rung_under_way_and_nothing_else(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    whole = open_study("memory", tmp_path)
    run(whole)
    best = next(t.number for t in whole.trials if t.last_step == 9)
    shutil.rmtree(tmp_path / "checkpoints")
    (tmp_path / "log").unlink()

    def interrupted(at):
        def objective(trial, budget):
            if trial.number == best and budget.start == at:
                trial.suggest_float("x", 0, 1)
                (budget.folder / "epoch").write_text("half way")
                raise KeyboardInterrupt
            return Training(tmp_path / "log")(trial, budget)

        return objective

    study = open_study("memory", tmp_path)
    for at in (0, 1, 3):
        with pytest.raises(KeyboardInterrupt):
            run(study, interrupted(at))
        assert study.trials[best].state == TrialState.WAITING
    run(study)
    check_finished(study, tmp_path, 9)
    assert [t.values for t in study.trials] == [t.values for t in whole.trials]


@pytest.mark.parametrize("error", [ValueError, MemoryError])
def test_a_failure_is_raised_and_the_rest_goes_on_at_the_next_call(
    error: type[Any], tmp_path: Path, run: Callable[..., None]
) -> None:
    training = Training(tmp_path / "log")

    def objective(trial, budget):
        value = training(trial, budget)
        if trial.number in (2, 9):
            raise error("out of luck")
        return value

    study = open_study("memory", tmp_path)
    with pytest.raises(error, match="out of luck"):
        run(study, objective)
    assert [t.state for t in study.trials].count(TrialState.FAIL) == 1
    run(study, objective, catch=error)
    assert [t.number for t in study.trials if t.state == TrialState.FAIL] == [2, 9]
    assert trained(study, 9) == [
        Counter({1: 8, 3: 3, 9: 1}),
        Counter({3: 2, 9: 1}),
        Counter({9: 3}),
    ]
    assert not {path for path in files(tmp_path / "checkpoints") if "/2/" in str(path)}


def test_values_that_are_not_finite_and_pruned_trials_never_go_on(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    def objective(trial, budget):
        if trial.number == 6:
            raise optuna.TrialPruned
        special = [math.nan, math.inf, -math.inf, math.nan, math.nan, math.nan]
        return [*special, 0.0, 1.0, 2.0, *[math.nan] * 3, math.inf, math.nan, 0.5][trial.number]

    study = open_study("memory", tmp_path)
    with pytest.warns(UserWarning, match="is missing"):
        run(study, objective)
    reached = [t.number for t in study.trials if 3 in t.intermediate_values]
    assert reached == [7, 8, 9, 10, 11]
    states = [t.state for t in study.trials]
    assert states[:12] == [TrialState.PRUNED] * 7 + [TrialState.COMPLETE] + [TrialState.PRUNED] * 4
    assert states[12:] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]
    assert study.best_trial.number == 14


def test_a_missing_checkpoint_costs_its_training_and_one_warning(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study("memory", tmp_path)
    run(study, max_total_resource=9)
    shutil.rmtree(tmp_path / "checkpoints")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(study)
    lost = [t for t in study.trials[:9] if 3 in t.intermediate_values]
    assert sorted(str(w.message) for w in caught) == sorted(
        f"The checkpoint of trial {t.number} at 1 is missing; it is trained from the start."
        for t in lost
    )
    epochs = Training(tmp_path / "log").epochs()
    assert {key for key, n in epochs.items() if n > 1} == {(t.number, 1) for t in lost}
    assert trained(study, 9) == table(9)


def test_an_objective_that_saves_nothing_is_told_once_per_trial(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    starts = []

    def objective(trial, budget):
        starts.append(budget.start)
        for epoch in budget.epochs:
            trial.report(trial.number + 1 / epoch, epoch)
        return trial.number + 1 / budget.stop

    study = open_study("memory", tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(study, objective)
    assert set(starts) == {0}
    assert len(caught) == sum(1 for t in study.trials[:12] if t.number in (0, 1, 2, 9))
    assert study.trials[0].intermediate_values == {e: 1 / e for e in range(1, 10)}


def test_a_damaged_checkpoint_is_trained_again_from_the_start(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    training = Training(tmp_path / "log")
    calls = []

    def objective(trial, budget):
        if budget.start:
            calls.append((trial.number, budget.start, budget.stop))
            (budget.folder / "half").touch()
            raise DamagedCheckpoint("bad magic number")
        return training(trial, budget)

    study = open_study("memory", tmp_path)
    with pytest.warns(UserWarning, match=r"trial \d+ at \d is damaged \(bad magic number\)") as w:
        run(study, objective)
    assert len(w) == len({number for number, _, _ in calls})
    assert trained(study, 9) == table(9)
    assert not [path for path in files(tmp_path / "checkpoints") if path.name == "half"]


def test_a_new_configuration_cannot_have_a_damaged_checkpoint(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    def objective(trial: optuna.Trial, budget: int) -> None:
        raise DamagedCheckpoint

    study = open_study("memory", tmp_path)
    with pytest.raises(DamagedCheckpoint):
        run(study, objective)
    assert [t.state for t in study.trials] == [TrialState.FAIL]
