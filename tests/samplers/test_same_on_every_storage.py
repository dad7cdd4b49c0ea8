"""Proposals do not depend on where trials are stored."""

from __future__ import annotations

import functools
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage, GrpcStorageProxy, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import create_trial

from optuna_dnc import DNCSampler
from optuna_dnc.samplers import BOHBSampler

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
SERVER = """
import socket, sys, optuna
probe = socket.socket(); probe.bind(("localhost", 0)); port = probe.getsockname()[1]; probe.close()
print(port, flush=True)
storage = optuna.storages.InMemoryStorage()
optuna.storages.run_grpc_proxy_server(storage, host="localhost", port=port)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of a gRPC proxy, in a process of its own."""
    pytest.importorskip("grpc")
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> optuna.storages.RDBStorage:
    """A database of several studies."""
    path = tmp_path_factory.mktemp("database") / "study.db"
    return optuna.storages.RDBStorage(f"sqlite:///{path}")


@pytest.fixture(params=["sqlite", "journal", "grpc"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BaseStorage]:
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
    elif request.param == "journal":
        yield JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))
    else:
        proxy = GrpcStorageProxy(host="localhost", port=request.getfixturevalue("server"))
        proxy.wait_server_ready(timeout=30)
        yield proxy
        proxy.close()


def flat(trial):
    x = [trial.suggest_float(name, 0, 1) for name in ("x", "b", "learning_rate", "a")]
    kind = trial.suggest_categorical("kind", ["relu", "tanh", None])
    return sum((v - 0.3) ** 2 for v in x) + (kind == "tanh")


def branches(trial):
    if trial.suggest_categorical("model", ["svm", "forest"]) == "svm":
        c = trial.suggest_float("C", 1e-3, 1e3, log=True)
        return math.log(c) ** 2 + math.log(trial.suggest_float("gamma", 1e-4, 10, log=True)) ** 2
    return 1 + (trial.suggest_int("depth", 1, 20) - trial.suggest_int("bins", 2, 9)) ** 2 / 100


def layers(trial):
    n = trial.suggest_int("n_layers", 1, 4)
    widths = [trial.suggest_int(f"width_{i}", 8, 256, log=True) for i in range(n)]
    return sum(math.log(w / 64) ** 2 for w in widths) + trial.suggest_float("dropout", 0, 1)


def ranges(trial):
    high = trial.suggest_int("most", 2, 20)
    low = trial.suggest_int("least", 1, high)
    if trial.number % 3:
        trial.suggest_float("alpha", 0, 1)
    return (high - 10) ** 2 + (low - 3) ** 2


def reports(trial):
    x, n = trial.suggest_float("x", 0, 1), trial.suggest_int("n", 1, 9)
    for epoch in range(1, 6):
        trial.report(x + n / epoch, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return x + n / 5


def proposed(storage, objective, sampler, n=16):
    pruner = optuna.pruners.MedianPruner(n_startup_trials=3)
    study = optuna.create_study(storage=storage, sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=n)
    return [t.params for t in study.trials]


def by_dnc(storage, objective):
    return proposed(storage, objective, DNCSampler(seed=0, n_startup_trials=6))


def by_bohb(storage):
    return proposed(storage, branches, BOHBSampler(seed=0, n_min=3))


def by_deep_n_cheap(storage):
    sampler = DNCSampler(seed=0, preset="deep-n-cheap", n_startup_trials=8, n_candidates=50)
    return proposed(storage, branches, sampler)


def in_one_worker(storage):
    return proposed(storage, layers, DNCSampler(seed=0, n_startup_trials=5), 18)


def in_two_workers(storage):
    study = optuna.create_study(storage=storage, sampler=DNCSampler(seed=0, n_startup_trials=5))
    study.optimize(layers, n_trials=12)
    study.sampler = DNCSampler(seed=0, n_startup_trials=5)  # remembers nothing
    study.optimize(layers, n_trials=6)
    return [t.params for t in study.trials]


def of_a_study_that_others_began(storage):
    began = [
        create_trial(
            params={"n_layers": 1, "dropout": 0.5, "width_0": 64},
            distributions={
                "n_layers": IntDistribution(1, 4),
                "dropout": FloatDistribution(0, 1),
                "width_0": IntDistribution(8, 256, log=True),
            },
            value=0.5,
        )
    ]
    study = optuna.create_study(storage=storage, sampler=RandomSampler(seed=0))
    study.add_trials(began)
    study.optimize(layers, n_trials=10)
    study.sampler = DNCSampler(seed=0, n_startup_trials=5)
    study.enqueue_trial({"width_0": 32, "n_layers": 2})
    study.optimize(layers, n_trials=8)
    return [t.params for t in study.trials]


@functools.cache
def in_memory(run: Callable[..., Any], *arguments: Any) -> Any:
    """The same for all storages."""
    return run(InMemoryStorage(), *arguments)


@pytest.mark.parametrize("objective", [flat, branches, layers, ranges, reports])
def test_every_storage_gets_the_same_proposals(
    storage: BaseStorage, objective: Callable[..., Any]
) -> None:
    assert by_dnc(storage, objective) == in_memory(by_dnc, objective)


@pytest.mark.parametrize("run", [by_bohb, by_deep_n_cheap, of_a_study_that_others_began])
def test_so_do_other_samplers_and_studies_that_others_began(
    storage: BaseStorage, run: Callable[..., Any]
) -> None:
    assert run(storage) == in_memory(run)


def test_another_worker_goes_on_with_the_same_proposals(storage: BaseStorage) -> None:
    assert in_two_workers(storage) == in_memory(in_one_worker)


def test_few_trials_note_their_order() -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=8))
    study.optimize(layers, n_trials=25)
    notes = [t.system_attrs["dnc:asked"] for t in study.trials if "dnc:asked" in t.system_attrs]
    assert 1 <= len(notes) <= 4
    assert notes[-1][:1] == ["n_layers"]
