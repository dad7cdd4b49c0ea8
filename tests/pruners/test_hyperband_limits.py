"""Jobs of Hyperband under a limit on their sum, and in place of discarded trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from optuna_dnc.pruners import HyperbandJob
from optuna_dnc.pruners.hyperband_worker import hyperband_worker
from optuna_dnc.pruners.schedule import Wait
from tests.pruners.training import Training, open_study

optuna.logging.set_verbosity(optuna.logging.ERROR)


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
    study: optuna.Study, training: Training, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "max_resource": 9,
        "max_total_resource": 1,
        "checkpoints": tmp_path / "checkpoints",
    }
    same = optuna.load_study(study_name=study.study_name, storage=study._storage)
    one, other = (hyperband_worker(each, **settings).steps() for each in (study, same))
    job = next(one)
    assert isinstance(job, HyperbandJob)
    assert isinstance(next(other), Wait)
    job.finish(training(job.trial, job.budget))
    assert next(other, None) is None


def test_the_limit_is_kept_for_promotions_in_earlier_brackets(
    study: optuna.Study, training: Training, tmp_path: Path
) -> None:
    # One worker trains 3 configurations for 1 epoch and the best of them for 2 more, which leaves
    # 3 epochs for the first of the next bracket.
    settings: dict[str, Any] = {
        "max_resource": 3,
        "max_total_resource": 7,
        "checkpoints": tmp_path / "checkpoints",
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
