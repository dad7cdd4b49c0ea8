"""Workers of a study take the hyperparameters that one of them has fitted."""

from __future__ import annotations

from collections.abc import Callable
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


@pytest.fixture(params=["sqlite", "journal"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the storage as a further process does."""
    if request.param == "sqlite":
        return lambda: RDBStorage(f"sqlite:///{tmp_path}/study.db")
    return lambda: JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))


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


def begin(storage: BaseStorage) -> None:
    """Create a study with some trials."""
    study = optuna.create_study(storage=storage, study_name="s", sampler=sampler())
    study.optimize(objective, n_trials=N_TRIALS)


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
    begin(opened())
    ask(opened())  # runs alone so far
    ask(opened())
    fits.clear()
    ask(opened())
    assert fits == []


@pytest.mark.parametrize(
    "record", [None, {"data": "0"}, {"data": "0", "values": [1.0]}, [1], "text"]
)
def test_proposals_are_the_same_without_a_usable_record(
    opened: Opened, fits: list[int], tmp_path: Path, record: Any
) -> None:
    begin(opened())
    ask(opened())
    ask(opened())
    with_record = ask(opened())
    other = JournalStorage(JournalFileBackend(str(tmp_path / "other.log")))
    begin(other)
    ask(other)
    ask(other)
    assert forget(other, record)
    fits.clear()
    assert ask(other) == with_record
    assert fits != []


def test_a_damaged_record_of_the_same_data_is_not_used(opened: Opened, fits: list[int]) -> None:
    begin(opened())
    ask(opened())
    ask(opened())
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


def test_a_study_with_one_worker_keeps_no_record(opened: Opened) -> None:
    storage = opened()
    begin(storage)
    assert forget(storage, None) == []
