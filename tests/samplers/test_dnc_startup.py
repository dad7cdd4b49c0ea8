"""Trials before the model takes over."""

from __future__ import annotations

import numpy as np
import optuna
import pytest

from optuna_dnc.samplers import DNCSampler, sobol_point


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_int("fixed", 3, 3)
    n = trial.suggest_int("n", 1, 4)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    return x + n + (kind == "a")


@pytest.mark.parametrize("seed", [None, 5])
def test_trial_k_takes_point_k_plus_one_from_the_first_trial_on(seed):
    study = optuna.create_study(sampler=DNCSampler(seed=seed))
    study.optimize(objective, n_trials=15)
    points = [sobol_point(k + 1, 3) for k in range(15)]
    for trial, (x, n, kind) in zip(study.trials, points, strict=True):
        expected = {"x": x, "fixed": 3, "n": 1 + int(4 * n), "kind": "ab"[int(2 * kind)]}
        assert trial.params == expected


def test_workers_share_one_sequence():
    storage = optuna.storages.InMemoryStorage()
    workers = [
        optuna.create_study(
            storage=storage, study_name="s", load_if_exists=True, sampler=DNCSampler()
        )
        for _ in range(3)
    ]
    trials = [workers[k % 3].ask() for k in range(15)]
    asked = [(trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)) for trial in trials]
    np.testing.assert_array_equal(asked, [sobol_point(k + 1, 2) for k in range(15)])


def test_only_finished_trials_end_the_startup():
    def fails(trial):
        trial.suggest_float("x", 0, 1)
        raise optuna.TrialPruned if trial.number % 2 else ValueError

    sampler = DNCSampler(n_startup_trials=2, seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(fails, n_trials=6, catch=(ValueError,))
    assert [trial.params["x"] for trial in study.trials] == [
        sobol_point(k + 1, 1).item() for k in range(6)
    ]
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    assert sampler.infer_relative_search_space(study, study.ask()).keys() == {"x"}


def test_more_parameters_than_sobol_seq_has_dimensions():
    study = optuna.create_study(sampler=DNCSampler(n_startup_trials=3, seed=0))

    def wide(trial):
        return sum(trial.suggest_float(f"x{i}", 0, 1) for i in range(50))

    study.optimize(wide, n_trials=5)
    np.testing.assert_array_equal(list(study.trials[2].params.values()), sobol_point(3, 50))
