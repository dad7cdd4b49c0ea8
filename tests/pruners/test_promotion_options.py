"""Hyperband with promotion: callbacks, time limits, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from optuna_dnc._errors import InputError
from optuna_dnc.pruners import optimize_hyperband
from tests.pruners.training import open_study, table, trained

optuna.logging.set_verbosity(optuna.logging.ERROR)


def test_callbacks_see_every_ended_trial_and_may_stop(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    seen = []
    study = open_study("memory", tmp_path)

    def callback(study: optuna.Study, trial: optuna.Trial) -> None:
        seen.append((trial.number, trial.state))
        if len(seen) == 4:
            study.stop()

    run(study, callbacks=[callback])
    assert len(seen) == 4
    run(study, callbacks=[callback])
    assert sorted(seen) == [(t.number, t.state) for t in study.trials]
    assert trained(study, 9) == table(9)


def test_nothing_is_begun_after_the_timeout(tmp_path: Path, run: Callable[..., None]) -> None:
    def objective(trial, budget):
        time.sleep(0.1)
        return 0.0

    study = open_study("memory", tmp_path)
    run(study, objective, timeout=0)
    assert not study.trials
    run(study, objective, timeout=0.25)
    assert 1 <= len(study.trials) <= 3


def test_a_waiting_trial_that_somebody_else_ran_counts_as_failed(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study("memory", tmp_path)
    run(study, max_total_resource=9)
    best = min(study.trials, key=lambda t: t.intermediate_values[1])
    popped = study.ask()
    study.tell(popped, 0.0)
    while popped.number != best.number:
        popped = study.ask()
        study.tell(popped, 0.0)
    run(study)
    assert study.trials[best.number].state == TrialState.COMPLETE
    assert 3 not in study.trials[best.number].intermediate_values
    assert not any(t.state == TrialState.WAITING for t in study.trials)


def test_other_settings_for_the_same_study_are_refused(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study("memory", tmp_path)
    run(study, max_total_resource=9)
    with pytest.raises(InputError, match=r"max_resource is 27, but .* started with 9"):
        run(study, max_resource=27)
    with pytest.raises(InputError, match=r"rule is 'formula'.*'paper-table'"):
        run(study, rule="formula")
    run(study, asynchronous=True)


def test_a_folder_belongs_to_one_study(tmp_path: Path, run: Callable[..., None]) -> None:
    run(open_study("memory", tmp_path), max_total_resource=3)
    with pytest.raises(InputError, match=r"checkpoints: .* another study; choose a new folder"):
        run(open_study("memory", tmp_path))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    with pytest.raises(InputError, match="is not empty"):
        run(open_study("memory", tmp_path), checkpoints=tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="cannot be made a folder"):
        run(open_study("memory", tmp_path), checkpoints=tmp_path / "log")


@pytest.mark.parametrize(
    "options",
    [
        {"max_resource": 9.0},
        {"reduction_factor": 1},
        {"min_resource": 10},
        {"rule": "table"},
        {"n_iterations": 0},
        {"timeout": -1},
        {"timeout": "1 h"},
        {"max_total_resource": 0.5},
        {"asynchronous": "no"},
        {"catch": "ValueError"},
        {"catch": [ValueError()]},
        {"catch": 5},
        {"callbacks": print},
        {"checkpoints": None},
        {"checkpoints": ""},
    ],
)
def test_bad_input(options: dict[str, Any], tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    with pytest.raises(InputError, match=next(iter(options))):
        run(study, **options)
    assert not study.trials


def test_a_call_that_is_refused_leaves_the_study_as_it_was(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    run(open_study("memory", tmp_path), max_total_resource=3)
    study = open_study("memory", tmp_path)
    with pytest.raises(InputError, match="another study"):
        run(study, max_resource=27)
    run(study, max_resource=9, max_total_resource=9, checkpoints=tmp_path / "own")
    assert study.trials


@pytest.mark.parametrize(("study", "objective"), [(None, min), ("memory", None)])
def test_what_is_no_study_or_no_function_is_refused(
    study: str | None, objective: Callable[..., Any] | None, tmp_path: Path
) -> None:
    given = open_study(study, tmp_path) if study else None
    with pytest.raises(InputError, match="objective must" if study else "study must"):
        optimize_hyperband(given, objective, max_resource=9, checkpoints=tmp_path / "c")


def test_two_objectives_are_refused(run: Callable[..., None]) -> None:
    study = optuna.create_study(directions=["minimize", "minimize"])
    with pytest.raises(InputError, match="one objective, got 2"):
        run(study)


@pytest.mark.parametrize("value", [None, "good", [1.0], 10**400])
def test_an_objective_must_return_a_number(
    value: int | list[float] | str | None, tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study("memory", tmp_path)
    with pytest.raises(InputError, match="objective must return a number"):
        run(study, lambda trial, budget: value)
    assert [t.state for t in study.trials] == [TrialState.FAIL]


def test_a_loop_within_a_loop_is_refused(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    with pytest.raises(RuntimeError, match="Nested"):
        run(study, lambda trial, budget: run(study))
