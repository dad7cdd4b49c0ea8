"""Trials that fail or are infinite, and studies that take the place of others."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from optuna_dnc.samplers import DNCSampler
from tests.samplers.test_dnc_duties import bowl, study_of


def moody(trial):
    """Fails, prunes, is infinite and constrained now and then."""
    x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
    trial.report(x + y, 1)
    if trial.number % 7 == 3:
        raise MemoryError
    if trial.number % 5 == 4:
        raise optuna.TrialPruned
    if trial.number % 11 == 6:
        return math.inf
    if trial.number > 12:
        trial.set_constraint("b", x - 0.9)
    if trial.number > 20:
        trial.set_constraint("a", y - 0.9)
    return (x - 0.3) ** 2 + (y - 0.6) ** 2


def test_a_new_sampler_for_every_trial_proposes_what_one_for_all_does() -> None:
    together, apart = study_of(), study_of()
    together.optimize(moody, n_trials=32, catch=(MemoryError,))
    for _ in range(32):
        apart.sampler = DNCSampler(seed=0, n_startup_trials=5)
        apart.optimize(moody, n_trials=1, catch=(MemoryError,))
    assert [t.params for t in together.trials] == [t.params for t in apart.trials]


def test_a_study_that_takes_the_place_of_a_deleted_one_starts_anew(tmp_path: Path) -> None:
    storage = optuna.storages.get_storage(f"sqlite:///{tmp_path}/study.db")
    sampler = DNCSampler(seed=0, n_startup_trials=4)

    def run(objective):
        study = optuna.create_study(storage=storage, study_name="s", sampler=sampler)
        study.optimize(objective, n_trials=8)
        return study

    run(lambda t: t.suggest_int("old", 0, 100) / 100)
    optuna.delete_study(study_name="s", storage=storage)
    again, fresh = run(bowl), study_of(n_startup_trials=4)
    fresh.optimize(bowl, n_trials=8)
    assert [t.params for t in again.trials] == [t.params for t in fresh.trials]


def test_of_thousands_of_failures_some_hundreds_are_looked_at() -> None:
    study = study_of()
    study.optimize(bowl, n_trials=8)
    study.add_trials(
        create_trial(state=TrialState.FAIL, params=t.params, distributions=t.distributions)
        for t in study.trials * 250
    )
    assert len(study.sampler._model(study).history(study, 9999).failed) == 300
    assert study.ask({"x0": FloatDistribution(-1, 1)}).params["x0"] <= 1


def test_infinite_violations_can_be_compared() -> None:
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("a", math.inf if x < 0.5 else x - 0.9)
        trial.set_constraint("b", math.inf if x < 0.6 else -1.0)
        return x

    study = study_of(n_startup_trials=6)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        study.optimize(objective, n_trials=20)
    feasible = [t.value for t in study.trials if all(c <= 0 for c in t.constraints.values())]
    assert 0.6 <= min(feasible) < 0.62


def test_a_violated_constraint_of_a_trial_without_a_value_is_learned() -> None:
    def objective(trial: optuna.Trial) -> float:
        x = [trial.suggest_float(f"x{i}", 0.0, 1.0) for i in range(3)]
        trial.set_constraint("milliseconds", math.log10(0.01 + x[0] + 2 * x[1] + 3 * x[2]) - 0.3)
        if trial.constraints["milliseconds"] > 0:
            raise optuna.TrialPruned
        return -sum(math.sqrt(v) for v in x)

    sampler = DNCSampler(n_startup_trials=15, n_candidates=300, startup="sobol", seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=25)
    # By the label alone, the model of failures would send half of the trials beyond the limit.
    assert sum(trial.state == TrialState.PRUNED for trial in study.trials[15:]) <= 2
