"""How often a proposal reads the study."""

from __future__ import annotations

import threading

import optuna
import pytest
from optuna.storages import InMemoryStorage

from optuna_dnc import DNCSampler
from optuna_dnc.samplers.dnc import reading


class CountingStorage(InMemoryStorage):
    """Counts how often all trials and the attributes of a study are read."""

    n_readings = n_attributes = 0

    def get_all_trials(self, *args, **kwargs):
        self.n_readings += 1
        return super().get_all_trials(*args, **kwargs)

    def get_study_system_attrs(self, *args, **kwargs):
        self.n_attributes += 1
        return super().get_study_system_attrs(*args, **kwargs)


def ask_for_eight(trial):
    kind = trial.suggest_categorical("kind", ["a", "b"])
    return sum(trial.suggest_float(f"{kind}{i}", 0, 1) for i in range(7))


@pytest.mark.parametrize("preset", ["default", "deep-n-cheap"])
@pytest.mark.parametrize("n_startup", [100, 2], ids=["at the start", "later"])
def test_a_trial_reads_the_study_once(
    preset: str, n_startup: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_FRESH_SECONDS", 600.0)  # on a busy machine as well
    storage = CountingStorage()
    sampler = DNCSampler(seed=0, preset=preset, n_startup_trials=n_startup, n_candidates=50)
    study = optuna.create_study(storage=storage, sampler=sampler)
    study.optimize(ask_for_eight, n_trials=6)
    trial = study.ask()
    before = storage.n_readings
    ask_for_eight(trial)
    assert storage.n_readings - before == 1


def test_a_trial_of_the_start_up_reads_the_attributes_of_the_study_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_FRESH_SECONDS", 600.0)
    storage = CountingStorage()
    study = optuna.create_study(storage=storage, sampler=DNCSampler(seed=0))
    study.optimize(ask_for_eight, n_trials=1)  # which sets what the study keeps
    trial = study.ask()
    before = storage.n_attributes
    ask_for_eight(trial)
    assert storage.n_attributes - before == 1


def test_what_ended_in_between_is_known_to_the_next_trial_of_the_thread() -> None:
    storage = CountingStorage()
    study = optuna.create_study(storage=storage, sampler=DNCSampler(seed=0, n_startup_trials=0))
    first = study.ask()
    first.suggest_float("x", 0, 1)
    second = study.ask()  # reads after the first has begun, not what that one had read
    second.suggest_float("x", 0, 1)
    study.tell(first, 1.0)
    third = study.ask()
    third.suggest_float("x", 0, 1)
    study.tell(second, 2.0)
    assert len({t.params["x"] for t in study.trials}) == 3


def test_threads_read_for_themselves() -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=3))
    study.optimize(ask_for_eight, n_trials=4)
    seen = []

    def other() -> None:
        trial = study.ask()
        seen.append(ask_for_eight(trial))
        study.tell(trial, seen[-1])

    trial = study.ask()
    trial.suggest_categorical("kind", ["a", "b"])
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    ask_for_eight(trial)
    points = [tuple(t.params.values()) for t in study.trials]
    assert len(seen) == 1
    assert len(set(points)) == len(points)
