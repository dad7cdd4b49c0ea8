"""Hyperband in a loop of one's own."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from optuna_dnc._errors import InputError
from optuna_dnc.pruners import DamagedCheckpoint, optimize_hyperband
from tests.docs.documents import DOCUMENTS
from tests.pruners.training import Training, check_finished, open_study

optuna.logging.set_verbosity(optuna.logging.ERROR)


def states_of(study):
    return [trial.state for trial in study.trials]


@pytest.mark.parametrize("schedule", ["hyperband", "halving-once"])
def test_a_loop_trains_the_same_trials_as_an_objective(
    schedule: str,
    study: optuna.Study,
    finish_all: Callable[..., None],
    training: Training,
    tmp_path: Path,
) -> None:
    finish_all(study, schedule=schedule)
    folder = tmp_path / "optimized"
    folder.mkdir()
    optimized = open_study("memory", tmp_path)
    optimize_hyperband(
        optimized,
        Training(folder / "log"),
        max_resource=9,
        schedule=schedule,
        checkpoints=folder / "checkpoints",
    )
    for ours, theirs in zip(study.trials, optimized.trials, strict=True):
        assert (ours.params, ours.values, ours.state) == (
            theirs.params,
            theirs.values,
            theirs.state,
        )
    assert training.log.read_text() == (folder / "log").read_text()


def test_a_loop_that_is_left_gives_its_job_back(
    study: optuna.Study,
    jobs_of: Callable[..., Any],
    finish_all: Callable[..., None],
    tmp_path: Path,
) -> None:
    for job in jobs_of(study):
        job.trial.suggest_float("x", 0, 1)
        break
    assert states_of(study) == [TrialState.WAITING]
    finish_all(study, timeout=60)
    check_finished(study, tmp_path, 9)


def test_an_error_in_the_loop_fails_no_trial(
    study: optuna.Study,
    jobs_of: Callable[..., Any],
    finish_all: Callable[..., None],
    training: Training,
    tmp_path: Path,
) -> None:
    def loop() -> None:
        for job in jobs_of(study):
            if job.budget.start:
                raise ZeroDivisionError
            job.finish(training(job.trial, job.budget))

    with pytest.raises(ZeroDivisionError):
        loop()
    assert TrialState.FAIL not in states_of(study)
    finish_all(study)
    check_finished(study, tmp_path, 9)


def test_the_next_job_needs_the_end_of_the_last(
    study: optuna.Study,
    jobs_of: Callable[..., Any],
    finish_all: Callable[..., None],
    tmp_path: Path,
) -> None:
    jobs = jobs_of(study)
    next(jobs)
    with pytest.raises(RuntimeError, match="trial 0 has not ended; call its finish, prune or"):
        next(jobs)
    assert states_of(study) == [TrialState.WAITING]
    finish_all(study)
    check_finished(study, tmp_path, 9)


def test_a_job_ends_once(study: optuna.Study, jobs_of: Callable[..., Any]) -> None:
    jobs = jobs_of(study)
    job = next(jobs)
    job.finish(0.0)
    for end in (lambda: job.finish(1.0), job.prune, lambda: job.fail(ValueError())):
        with pytest.raises(RuntimeError, match="trial 0 has ended already"):
            end()
    given_back = next(jobs)
    jobs.close()
    with pytest.raises(RuntimeError, match="trial 1 has ended already"):
        given_back.finish(1.0)
    assert study.trials[0].intermediate_values == {1: 0.0}
    assert study.trials[1].intermediate_values == {}


def test_failed_and_pruned_trials_are_not_promoted(
    study: optuna.Study, jobs_of: Callable[..., Any], training: Training
) -> None:
    failed = []
    for job in jobs_of(study):
        if job.trial.number == 2:
            failed.append(job.fail(ValueError("no such layer")))
        elif job.trial.number == 3:
            failed.append(job.fail(optuna.TrialPruned()))
        elif job.trial.number == 4:
            job.prune()
        else:
            job.finish(training(job.trial, job.budget))
    assert failed == [True, False]
    assert states_of(study)[2:5] == [TrialState.FAIL, TrialState.PRUNED, TrialState.PRUNED]
    assert not any(trial.intermediate_values for trial in study.trials[2:5])


def test_the_job_after_a_damaged_checkpoint_begins_at_the_start(
    study: optuna.Study, jobs_of: Callable[..., Any], training: Training
) -> None:
    starts: dict[int, list[int]] = {}

    def loop() -> None:
        for job in jobs_of(study):
            starts.setdefault(job.trial.number, []).append(job.budget.start)
            if job.budget.start:
                assert not job.fail(DamagedCheckpoint("bad magic number"))
                with pytest.raises(RuntimeError, match="ended already"):
                    job.finish(0.0)
            else:
                job.finish(training(job.trial, job.budget))

    with pytest.warns(UserWarning, match=r"is damaged \(bad magic number\)"):
        loop()
    assert [0, 1, 0, 3, 0] in starts.values()
    assert TrialState.FAIL not in states_of(study)


def test_an_error_of_a_full_disk_is_raised_and_the_trial_waits(
    study: optuna.Study,
    jobs_of: Callable[..., Any],
    finish_all: Callable[..., None],
    tmp_path: Path,
) -> None:
    def loop() -> None:
        for job in jobs_of(study):
            job.fail(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    with pytest.raises(OSError, match="No space left"):
        loop()
    assert states_of(study) == [TrialState.WAITING]
    finish_all(study)
    check_finished(study, tmp_path, 9)


def test_a_value_must_be_a_number_and_an_error_an_exception(
    study: optuna.Study, jobs_of: Callable[..., Any]
) -> None:
    jobs = jobs_of(study)
    job = next(jobs)
    with pytest.raises(InputError, match="error must be an Exception, got 'out of luck'"):
        job.fail("out of luck")
    with pytest.raises(InputError, match="value is 'good', but the objective must return a numb"):
        job.finish("good")
    assert states_of(study) == [TrialState.FAIL]


def test_stop_makes_the_job_the_last_one(study: optuna.Study, jobs_of: Callable[..., Any]) -> None:
    for job in jobs_of(study):
        if job.trial.number == 3:
            study.stop()
        job.finish(0.0)
    assert len(study.trials) == 4


def test_callbacks_see_every_ended_trial(
    study: optuna.Study, finish_all: Callable[..., None]
) -> None:
    ended = []
    finish_all(study, callbacks=[lambda study, trial: ended.append((trial.number, trial.state))])
    assert sorted(ended) == [(trial.number, trial.state) for trial in study.trials]


def test_bad_input_is_refused_before_the_first_job(
    study: optuna.Study, jobs_of: Callable[..., Any]
) -> None:
    with pytest.raises(InputError, match="n_iterations must be an int"):
        jobs_of(study, n_iterations=0)
    with pytest.raises(InputError, match="study must be an optuna"):
        jobs_of(None)


def test_a_thread_has_one_loop_over_a_study(
    study: optuna.Study, jobs_of: Callable[..., Any]
) -> None:
    first, second = jobs_of(study), jobs_of(study)
    next(first)
    with pytest.raises(RuntimeError, match="Nested"):
        next(second)
    first.close()
    next(jobs_of(study))
    assert len(study.trials) == 1


def test_another_thread_may_end_a_job(
    study: optuna.Study, jobs_of: Callable[..., Any], training: Training, tmp_path: Path
) -> None:
    for job in jobs_of(study):
        value = training(job.trial, job.budget)
        thread = threading.Thread(target=job.finish, args=(value,))
        thread.start()
        thread.join()
    check_finished(study, tmp_path, 9)


def test_the_example_of_the_documentation_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = next(page for page in DOCUMENTS if page.name == "docs/multifidelity.md")
    (example,) = (code for code in page.blocks("python") if "hyperband_jobs(" in code)
    names: dict[str, object] = {}
    exec(example, names)
    assert states_of(names["study"]).count(TrialState.COMPLETE) == 1 + 1 + 3
