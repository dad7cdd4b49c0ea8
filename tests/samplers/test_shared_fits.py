"""Workers of a study take the hyperparameters that one of them has fitted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from optuna_dnc import DNCSampler
from optuna_dnc.samplers.dnc import surrogates

N_TRIALS = 12
Opened = Callable[[], BaseStorage]


def sqlite(folder: Path) -> BaseStorage:
    return RDBStorage(f"sqlite:///{folder}/study.db")


def journal(folder: Path) -> BaseStorage:
    return JournalStorage(JournalFileBackend(str(folder / "journal.log")))


STORAGES: dict[str, Callable[[Path], BaseStorage]] = {"sqlite": sqlite, "journal": journal}


@pytest.fixture(scope="module", params=STORAGES)
def studies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder named by a kind of storage, with a study of one worker in ``alone``, and with the
    same study after two more workers have joined in ``shared``; to be copied.
    """
    folder = tmp_path_factory.mktemp("studies") / request.param
    open_in = STORAGES[request.param]
    (folder / "alone").mkdir(parents=True)
    study = optuna.create_study(
        storage=open_in(folder / "alone"), study_name="s", sampler=sampler()
    )
    study.optimize(objective, n_trials=N_TRIALS)
    shared = shutil.copytree(folder / "alone", folder / "shared")
    ask(open_in(shared))  # runs alone so far
    ask(open_in(shared))
    return folder


@pytest.fixture
def opened(studies: Path, tmp_path: Path) -> Opened:
    """Opens a copy of the shared study as a further process does."""
    copied = shutil.copytree(studies / "shared", tmp_path / "shared")
    return partial(STORAGES[studies.name], copied)


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the observations of each fit."""
    done: list[int] = []
    fit = surrogates.fit_hyperparameters

    def counting(kernel: Any, x: Any, y: Any, noise: Any) -> Any:
        done.append(len(y))
        return fit(kernel, x, y, noise)

    monkeypatch.setattr(surrogates, "fit_hyperparameters", counting)
    return done


def objective(trial: optuna.Trial) -> float:
    x, n = trial.suggest_float("x", 0, 1), trial.suggest_int("n", 1, 50, log=True)
    return (x - 0.3) ** 2 + n / 100


def sampler() -> DNCSampler:
    return DNCSampler(seed=3, n_startup_trials=5)


def ask(storage: BaseStorage) -> dict[str, Any]:
    """Begin a trial as a worker that joins, and return its parameters."""
    trial = optuna.load_study(study_name="s", storage=storage, sampler=sampler()).ask()
    objective(trial)
    return dict(trial.params)


def forget(storage: BaseStorage, record: Any) -> list[str]:
    """Replace all records of fits; return their names."""
    study_id = storage.get_study_id_from_name("s")
    names = [n for n in storage.get_study_system_attrs(study_id) if n.startswith("dnc:fit:")]
    for name in names:
        storage.set_study_system_attr(study_id, name, record)
    return names


def test_a_worker_that_joins_fits_nothing_that_another_has_fitted(
    opened: Opened, fits: list[int]
) -> None:
    ask(opened())
    assert fits == []


@pytest.mark.parametrize(
    "record", [None, {"data": "0"}, {"data": "0", "values": [1.0]}, [1], "text"]
)
def test_proposals_are_the_same_without_a_usable_record(
    studies: Path, opened: Opened, fits: list[int], tmp_path: Path, record: Any
) -> None:
    with_record = ask(opened())
    assert fits == []
    other = STORAGES[studies.name](shutil.copytree(studies / "shared", tmp_path / "other"))
    assert forget(other, record)
    assert ask(other) == with_record
    assert fits != []


def test_a_damaged_record_of_the_same_data_is_not_used(opened: Opened, fits: list[int]) -> None:
    storage = opened()
    study_id = storage.get_study_id_from_name("s")
    [name] = forget(storage, None)
    ask(opened())  # writes it again
    known = storage.get_study_system_attrs(study_id)[name]
    for values in (known["values"][1:], [-1.0, *known["values"][1:]], ["x", *known["values"][1:]]):
        storage.set_study_system_attr(study_id, name, {**known, "values": values})
        fits.clear()
        ask(opened())
        assert fits != []


def test_a_trial_that_ends_late_causes_no_further_fit(fits: list[int]) -> None:
    study = optuna.create_study(sampler=sampler())
    study.optimize(objective, n_trials=N_TRIALS)
    running: list[tuple[optuna.Trial, float]] = []
    fits.clear()
    for number in range(24):
        trial = study.ask()
        running.append((trial, objective(trial)))
        if len(running) == 4:  # the second and the third end before the first
            study.tell(*running.pop(number % 3))
    assert len(fits) > 2
    assert len(fits) == len(set(fits))


def test_a_study_with_one_worker_keeps_no_record(studies: Path, tmp_path: Path) -> None:
    alone = shutil.copytree(studies / "alone", tmp_path / "alone")
    assert forget(STORAGES[studies.name](alone), None) == []
