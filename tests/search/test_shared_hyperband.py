"""Workers that share a search with Hyperband."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.trial import TrialState

from optuna_dnc.samplers.dnc import planner
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.stages.worker import WAIT
from optuna_dnc.search.trials.jobs import Job

HYPERBAND = {
    "strategy": "joint",
    "pruner": "hyperband",
    "epochs": 3,
    "budget": 9,
    "n_startup_trials": 1,
    "n_steps": 1,
}


def beside_one(other: SearchRun) -> str:
    """Train until another worker has to be waited for, and return the last outcome."""
    while (outcome := other.work_once()) == "trained":
        pass
    return outcome


def test_a_worker_waits_for_the_last_trainings_of_others(
    search: Callable[..., StagedSearch], tmp_path: Path
) -> None:
    with search(**HYPERBAND).begun():
        pass
    with search(**HYPERBAND).joined() as one, search(**HYPERBAND).joined() as other:
        for _ in ("pilot", "first network"):
            one.work_once()
        assert one._open is not None
        with one.worker.deciding(*one.stages):
            job = one._open._queue.next_step()
            assert isinstance(job, Job)
        assert beside_one(other) == WAIT
        job.train()
        with one.worker.deciding(*one.stages):
            job.settle()
        assert beside_one(other) == "done"
        study = other.studies.open(other.stages[-1].key)
        states = {trial.state for trial in study.trials}
    assert TrialState.RUNNING not in states
    assert not (tmp_path / "run" / "trainings").exists()


def test_networks_are_planned_before_the_decision_lock_is_taken(
    search: Callable[..., StagedSearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    under_lock: list[bool] = []
    optimize = planner.optimize_acquisition

    def noted(*args, **kwargs):
        under_lock.append("decision" in one.claims._held.names)
        return optimize(*args, **kwargs)

    monkeypatch.setattr(planner, "optimize_acquisition", noted)
    with search(**HYPERBAND).begun():
        pass
    with search(**HYPERBAND).joined() as one, search(**HYPERBAND).joined():
        while one.work_once() == "trained":
            pass
        n_trials = len(one.studies.open(one.stages[-1].key).trials)
    assert under_lock == [False] * (n_trials - HYPERBAND["n_startup_trials"])
