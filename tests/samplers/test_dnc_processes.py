"""Several processes share a study."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path

import optuna
import pytest
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from optuna_dnc.samplers import DNCSampler
from tests.processes import exit_code, fork, needs_fork
from tests.samplers.test_dnc_duties import bowl

pytestmark = [needs_fork, pytest.mark.filterwarnings("ignore:.*use of fork")]


def open_storage(kind: str, path: Path) -> BaseStorage:
    if kind == "journal":
        return JournalStorage(JournalFileBackend(str(path)))
    return RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 60}})


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_processes_share_a_study(tmp_path: Path, kind: str) -> None:
    def storage() -> BaseStorage:
        return open_storage(kind, tmp_path / "shared.db")

    def create() -> None:
        optuna.create_study(study_name="shared", storage=storage())

    def work(worker: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sampler = DNCSampler(seed=worker, n_startup_trials=5)
            study = optuna.load_study(study_name="shared", storage=storage(), sampler=sampler)
        study.optimize(bowl, n_trials=6)

    # In a process as well: others must not inherit connections of SQLite.
    assert exit_code(fork(create)) == 0
    processes = [fork(partial(work, worker)) for worker in range(3)]
    assert [exit_code(process) for process in processes] == [0, 0, 0]
    study = optuna.load_study(study_name="shared", storage=storage())
    assert len({tuple(t.params.values()) for t in study.trials}) == 18
    assert study.best_value < 0.05
