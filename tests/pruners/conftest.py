"""Hyperband with promotion in the folder of a test, as a call and as a loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc.pruners import hyperband_jobs, optimize_hyperband
from tests.pruners.training import Training, open_study

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., None]:
    """Run Hyperband with R = 9 and eta = 3 in the test's folder."""

    def optimize(study: optuna.Study, objective: Any = None, **options: Any) -> None:
        objective = objective or Training(tmp_path / "log")
        settings = {"max_resource": 9, "checkpoints": tmp_path / "checkpoints", **options}
        optimize_hyperband(study, objective, **settings)

    return optimize


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    return open_study("memory", tmp_path)


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path / "log")


@pytest.fixture
def jobs_of(tmp_path: Path) -> Callable[..., Any]:
    """Iterate over the jobs of Hyperband with R = 9 and eta = 3 in the test's folder."""

    def jobs(study: optuna.Study, **options: Any) -> Any:
        settings = {"max_resource": 9, "checkpoints": tmp_path / "checkpoints", **options}
        return hyperband_jobs(study, **settings)

    return jobs


@pytest.fixture
def finish_all(jobs_of: Callable[..., Any], training: Training) -> Callable[..., None]:
    """Carry out all jobs that are left."""

    def finish(study: optuna.Study, **options: Any) -> None:
        for job in jobs_of(study, **options):
            job.finish(training(job.trial, job.budget))

    return finish
