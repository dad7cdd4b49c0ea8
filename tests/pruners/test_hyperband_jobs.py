"""Hyperband in a loop of one's own."""

from __future__ import annotations

import errno
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from optuna_dnc._errors import InputError
from optuna_dnc.pruners import DamagedCheckpoint, HyperbandJob, hyperband_jobs, optimize_hyperband
from optuna_dnc.pruners.hyperband_worker import hyperband_worker
from optuna_dnc.pruners.schedule import Wait
from tests.docs.documents import DOCUMENTS
from tests.pruners.training import Training, check_finished, open_study

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture
def study(fast_path: Path) -> optuna.Study:
    return open_study("memory", fast_path)


@pytest.fixture
def training(fast_path: Path) -> Training:
    return Training(fast_path / "log")


@pytest.fixture
def jobs_of(fast_path: Path) -> Callable[..., Any]:
    """Iterate over the jobs of Hyperband with R = 9 and eta = 3 in the test's folder."""

    def jobs(study: optuna.Study, **options: Any) -> Any:
        settings = {"max_resource": 9, "checkpoints": fast_path / "checkpoints", **options}
        return hyperband_jobs(study, **settings)

    return jobs


@pytest.fixture
def finish_all(jobs_of: Callable[..., Any], training: Training) -> Callable[..., None]:
    """Carry out all jobs that are left."""

    def finish(study: optuna.Study, **options: Any) -> None:
        for job in jobs_of(study, **options):
            job.finish(training(job.trial, job.budget))

    return finish


def states_of(study):
    return [trial.state for trial in study.trials]


@pytest.mark.parametrize("schedule", ["hyperband", "halving-once"])
def test_a_loop_trains_the_same_trials_as_an_objective(
    schedule: str,
    study: optuna.Study,
    finish_all: Callable[..., None],
    training: Training,
    fast_path: Path,
) -> None:
    finish_all(study, schedule=schedule)
    folder = fast_path / "optimized"
    folder.mkdir()
    optimized = open_study("memory", fast_path)
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
    fast_path: Path,
) -> None:
    for job in jobs_of(study):
        job.trial.suggest_float("x", 0, 1)
        break
    assert states_of(study) == [TrialState.WAITING]
    finish_all(study, timeout=60)
    check_finished(study, fast_path, 9)


def test_an_error_in_the_loop_fails_no_trial(
    study: optuna.Study,
    jobs_of: Callable[..., Any],
    finish_all: Callable[..., None],
    training: Training,
    fast_path: Path,
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
    check_finished(study, fast_path, 9)


def test_the_next_job_needs_the_end_of_the_last(
    study: optuna.Study,
    jobs_of: Callable[..., Any],
    finish_all: Callable[..., None],
    fast_path: Path,
) -> None:
    jobs = jobs_of(study)
    next(jobs)
    with pytest.raises(RuntimeError, match="trial 0 has not ended; call its finish, prune or"):
        next(jobs)
    assert states_of(study) == [TrialState.WAITING]
    finish_all(study)
    check_finished(study, fast_path, 9)


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
    fast_path: Path,
) -> None:
    def loop() -> None:
        for job in jobs_of(study):
            job.fail(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    with pytest.raises(OSError, match="No space left"):
        loop()
    assert states_of(study) == [TrialState.WAITING]
    finish_all(study)
    check_finished(study, fast_path, 9)


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
    study: optuna.Study, jobs_of: Callable[..., Any], training: Training, fast_path: Path
) -> None:
    for job in jobs_of(study):
        value = training(job.trial, job.budget)
        thread = threading.Thread(target=job.finish, args=(value,))
        thread.start()
        thread.join()
    check_finished(study, fast_path, 9)


def test_the_example_of_the_documentation_runs(
    fast_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fast_path)
    page = next(page for page in DOCUMENTS if page.name == "docs/multifidelity.md")
    (example,) = (code for code in page.blocks("python") if "hyperband_jobs(" in code)
    names: dict[str, object] = {}
    exec(example, names)
    assert states_of(names["study"]).count(TrialState.COMPLETE) == 1 + 1 + 3


@pytest.mark.parametrize("schedule", ["hyperband", "halving-once"])
def test_another_trial_takes_the_place_of_one_that_was_discarded(
    study: optuna.Study,
    jobs_of: Callable[..., Any],
    finish_all: Callable[..., None],
    training: Training,
    schedule: str,
    tmp_path: Path,
) -> None:
    discarded: list[int] = []
    for job in jobs_of(study, schedule=schedule):
        if job.budget.start == 0 and job.trial.number % 3 == 1:
            discarded.append(job.trial.number)
            job.discard()
        else:
            job.finish(training(job.trial, job.budget))
    assert discarded
    assert all(study.trials[number].state == TrialState.PRUNED for number in discarded)
    others = [trial for trial in study.trials if trial.number not in discarded]
    whole = open_study("memory", tmp_path)
    finish_all(whole, schedule=schedule, checkpoints=tmp_path / "whole")
    counts = [
        Counter(len(t.intermediate_values) for t in trials) for trials in (others, whole.trials)
    ]
    assert counts[0] == counts[1]


def test_a_worker_waits_where_others_still_train_with_the_last_of_the_limit(
    study: optuna.Study, training: Training, fast_path: Path
) -> None:
    settings: dict[str, Any] = {
        "max_resource": 9,
        "max_total_resource": 1,
        "checkpoints": fast_path / "checkpoints",
    }
    same = optuna.load_study(study_name=study.study_name, storage=study._storage)
    one, other = (hyperband_worker(each, **settings).steps() for each in (study, same))
    job = next(one)
    assert isinstance(job, HyperbandJob)
    assert isinstance(next(other), Wait)
    job.finish(training(job.trial, job.budget))
    assert next(other, None) is None


def test_the_limit_is_kept_for_promotions_in_earlier_brackets(
    study: optuna.Study, training: Training, fast_path: Path
) -> None:
    # One worker trains 3 configurations for 1 epoch and the best of them for 2 more, which leaves
    # 3 epochs for the first of the next bracket.
    settings: dict[str, Any] = {
        "max_resource": 3,
        "max_total_resource": 7,
        "checkpoints": fast_path / "checkpoints",
    }
    same = optuna.load_study(study_name=study.study_name, storage=study._storage)
    one, other = (hyperband_worker(each, **settings).steps() for each in (study, same))
    for _ in range(2):
        job = next(one)
        assert isinstance(job, HyperbandJob)
        job.finish(training(job.trial, job.budget))
    job = next(one)
    assert isinstance(job, HyperbandJob)
    assert isinstance(next(other), Wait)
    job.finish(training(job.trial, job.budget))
    promoted = next(other)
    assert isinstance(promoted, HyperbandJob)
    assert promoted.budget.start == 1
    other.close()
