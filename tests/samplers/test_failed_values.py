"""Finite values that stand for a failure: penalties."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.study import StudyDirection
from optuna.trial import create_trial

from optuna_dnc.samplers import DNCSampler
from optuna_dnc.samplers.dnc.failed_values import failed_by_value

SPACE: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1)}
GOOD = [0.31, 0.2, 0.5, 0.44, 0.27, 0.39, 0.35, 0.48]


def trials_of(values: Sequence[float | list[float]], x: Sequence[float] | None = None) -> Any:
    places = np.linspace(0, 1, len(values)).tolist() if x is None else x
    study = optuna.create_study(directions=["minimize"] * np.atleast_1d(values[0]).size)
    for value, place in zip(values, places, strict=True):
        several = value if isinstance(value, list) else [value]
        study.add_trial(create_trial(values=several, params={"x": place}, distributions=SPACE))
    return study.trials


def failed(
    values: Sequence[float | list[float]], *directions: StudyDirection, **told: Any
) -> set[int]:
    return {*failed_by_value(trials_of(values, **told), directions or (StudyDirection.MINIMIZE,))}


@pytest.mark.parametrize("penalty", [5.0, 10.0, 1e6, 1e30, 1.7e308])
def test_a_worst_value_that_several_trials_share_far_from_all_others_is_a_penalty(
    penalty: float,
) -> None:
    assert failed([*GOOD, penalty, penalty, math.inf]) == {8, 9, 10}
    lowest = [-value for value in [*GOOD, penalty, penalty]]
    assert failed(lowest, StudyDirection.MAXIMIZE) == {8, 9}


def test_two_values_tell_a_large_penalty_and_one_tells_none() -> None:
    assert failed([0.3, 1e6, 0.2, 1e6]) == {1, 3}
    assert failed([0.3, 1e6, 0.3, 1e6]) == set()
    assert failed([0.3, 2.0, 0.2, 2.0]) == set()


@pytest.mark.parametrize(
    "worst",
    [[1e6], [1e6, 2e6], [2.0, 2.0], [-1e6, -1e6]],
    ids=["alone", "different", "near", "best"],
)
def test_other_values_count_as_they_are(worst: list[float]) -> None:
    assert failed([*GOOD, *worst]) == set()


def test_a_trial_that_was_repeated_is_no_penalty() -> None:
    assert failed([*GOOD, 1e6, 1e6], x=[*np.linspace(0, 0.5, 8), 0.9, 0.9]) == set()


def test_the_worst_of_one_objective_may_be_the_best_of_another() -> None:
    both = [StudyDirection.MINIMIZE, StudyDirection.MINIMIZE]
    good = [[value, 1 - value] for value in GOOD]
    assert failed([*good, [0.0, 100.0], [0.0, 100.0]], *both) == set()
    assert failed([*good, [100.0, 100.0], [100.0, 100.0]], *both) == {8, 9}


@pytest.mark.parametrize("objective", [0, 1])
def test_a_large_penalty_counts_in_one_objective_alone(objective: int) -> None:
    def with_penalties(sign: float, *values: float) -> set[int]:
        told = [[sign * value, 1 - value] for value in [*GOOD, *values]]
        direction = StudyDirection.MINIMIZE if sign > 0 else StudyDirection.MAXIMIZE
        directions = [direction, StudyDirection.MINIMIZE]
        for number, value in enumerate(values, start=len(GOOD)):
            told[number] = [sign * value, 0.0]  # the best of the other objective
        if objective == 1:
            told, directions = [pair[::-1] for pair in told], directions[::-1]
        return failed(told, *directions)

    for sign in (1.0, -1.0):
        assert with_penalties(sign, 1e6, 1e6) == {8, 9}
        assert with_penalties(sign, 1e6) == set()
        assert with_penalties(sign, 1e6, 2e6) == set()


def test_trials_avoid_a_penalty_in_one_objective_that_is_the_best_of_the_other() -> None:
    """As a value, 1e6 was on the Pareto front, and 28 of the last 30 trials had it."""

    def objective(trial):
        x, y = (trial.suggest_float(name, 0, 1) for name in "xy")
        return 1e6 if x > 0.4 else (x - 0.3) ** 2 + (y - 0.6) ** 2, 1 - x

    sampler = DNCSampler(seed=0, n_candidates=200)
    study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.optimize(objective, n_trials=60)
    assert sum(trial.values[0] == 1e6 for trial in study.trials[-30:]) <= 6


def test_an_optimum_beside_penalties_is_found() -> None:
    """As a value, 1e6 hid all differences, and the best sum of seed 0 was 29.5."""

    def objective(trial):
        x = [trial.suggest_int(f"n{i}", 0, 20) for i in range(4)]
        return 1e6 if sum(x) > 30 else -(x[0] + 2 * x[1] + x[2] + 0.5 * x[3])

    study = optuna.create_study(sampler=DNCSampler(seed=0, n_candidates=1000))
    study.optimize(objective, n_trials=45)
    assert study.best_value <= -48
    assert sum(trial.value == 1e6 for trial in study.trials[-20:]) <= 5


def test_penalties_and_errors_guide_the_search_alike() -> None:
    def parameters(fail):
        def objective(trial):
            x, y = (trial.suggest_float(name, 0, 1) for name in "xy")
            return fail() if x + y > 0.8 else x - 2 * y

        sampler = DNCSampler(seed=1, n_candidates=100, n_startup_trials=15)
        study = optuna.create_study(sampler=sampler)
        study.optimize(objective, n_trials=20, catch=ValueError)
        return [trial.params for trial in study.trials]

    def error():
        raise ValueError

    assert parameters(error) == parameters(lambda: 1e6) == parameters(lambda: math.inf)


@pytest.mark.parametrize("value", [1e6, math.inf])
def test_where_a_constraint_is_violated_the_penalty_teaches_the_constraint(value: float) -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=0))
    for n, x in enumerate(np.linspace(0, 1, 10).tolist()):
        told = [value] if x > 0.6 else [0.3 + GOOD[n]]
        trial = create_trial(
            values=told, params={"x": x}, distributions=SPACE, constraints={"c": x - 0.6}
        )
        study.add_trial(trial)
    history = study.sampler._model(study).history(study, 10)
    assert history.infeasible_numbers.tolist() == [6, 7, 8, 9]
    assert len(history.failed) == 0
