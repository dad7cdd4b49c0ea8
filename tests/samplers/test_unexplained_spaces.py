"""Spaces in which ranges, or the existence of parameters, follow no rule that is learned."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.samplers import PartialFixedSampler
from optuna.trial import create_trial

from optuna_dnc.samplers import DNCSampler
from optuna_dnc.samplers.dnc.repair import learn_repair
from optuna_dnc.space import SearchSpace

AB = {"a": IntDistribution(0, 9), "b": IntDistribution(0, 9)}


def searched(objective, n_trials, **settings):
    study = optuna.create_study(sampler=DNCSampler(seed=0, **settings))
    study.optimize(objective, n_trials=n_trials)
    return study


def n_different(study):
    return len({tuple(t.params.items()) for t in study.trials})


def test_a_range_that_depends_on_an_earlier_value_does_not_hold_the_search_up() -> None:
    def objective(trial):
        a = trial.suggest_int("a", 0, 9)
        return (a - 3) ** 2 + (trial.suggest_int("b", 0, a) - 9) ** 2

    study = searched(objective, 35)
    assert study.best_params == {"a": 6, "b": 6}
    assert n_different(study) >= 30


def test_what_exists_for_odd_numbers_alone_is_searched_there() -> None:
    def objective(trial):
        n = trial.suggest_int("n", 0, 9)
        extra = 1 - trial.suggest_float("extra", 0, 1) if n % 2 else 0.6
        return abs(n - 4) * 0.3 + extra

    study = searched(objective, 35)
    assert study.best_value < 0.35
    assert study.best_params["n"] in (3, 5)


def test_a_flat_dictionary_may_stand_for_layers_that_come_and_go() -> None:
    def objective(trial):
        n = trial.suggest_int("n", 1, 4)
        return (n - 2) ** 2 + sum((trial.suggest_int(f"w{i}", 1, 6) - 3) ** 2 for i in range(n))

    widths = {f"w{i}": IntDistribution(1, 6) for i in range(4)}
    study = searched(objective, 40, search_space={"n": IntDistribution(1, 4), **widths})
    assert study.best_value == 0
    assert n_different(study) == 40


@pytest.mark.parametrize("first", ["x", "fixed"])
def test_the_rest_suits_what_another_sampler_fixes_whenever_it_is_asked_for(first: str) -> None:
    def objective(trial):
        names = ["x", "fixed"] if first == "x" else ["fixed", "x"]
        values = {name: trial.suggest_float(name, 0, 1) for name in names}
        return (values["fixed"] - 0.3) ** 2 + 4 * (values["x"] - values["fixed"]) ** 2

    study = searched(objective, 20)
    study.sampler = PartialFixedSampler({"fixed": 0.9}, study.sampler)
    study.optimize(objective, n_trials=15)
    assert min(abs(t.params["x"] - 0.9) for t in study.trials[20:]) < 0.05


def trial_with(a, b=None, high=9):
    distributions = {"a": AB["a"], "b": IntDistribution(0, high)}
    params = {"a": a} if b is None else {"a": a, "b": b}
    return create_trial(
        params=params, distributions={name: distributions[name] for name in params}, value=0.0
    )


def realised(trials, *configurations, settled=()):
    space = SearchSpace(AB)
    rows = space.encode([t.params for t in trials])
    repair = learn_repair(space, ["a", "b"], ["b"], trials, rows)
    return [space.decode(row) for row in repair(space.encode(configurations), settled)]


def test_a_value_is_moved_into_the_range_of_the_nearest_trial() -> None:
    trials = [trial_with(2, 1, high=2), trial_with(8, 5, high=8)]
    found = realised(trials, {"a": 3, "b": 9}, {"a": 7, "b": 9}, {"a": 3, "b": 1})
    assert found == [{"a": 3, "b": 2}, {"a": 7, "b": 8}, {"a": 3, "b": 1}]


def test_of_equal_trials_the_latest_tells_the_range() -> None:
    trials = [trial_with(2, 1, high=2), trial_with(2, 1, high=5), trial_with(9, 1)]
    assert realised(trials, {"a": 2, "b": 9}) == [{"a": 2, "b": 5}]


def test_a_value_is_left_out_where_an_equal_trial_did_without_it() -> None:
    trials = [trial_with(2), trial_with(4, 3)]
    assert realised(trials, {"a": 2, "b": 9}, {"a": 3, "b": 9}) == [{"a": 2}, {"a": 3, "b": 9}]


def test_what_a_trial_has_already_stays() -> None:
    place = SearchSpace(AB).position("b")
    assert realised([trial_with(2, 1, high=2)], {"a": 2, "b": 9}, settled={place}) == [
        {"a": 2, "b": 9}
    ]


def test_a_space_that_tells_everything_needs_no_trials() -> None:
    space = SearchSpace({"a": IntDistribution(0, 9), "x": FloatDistribution(0, 1)})
    trials = [
        create_trial(params={"a": 1, "x": 0.5}, distributions=dict(space.distributions), value=0.0)
    ]
    rows = space.encode([t.params for t in trials])
    assert learn_repair(space, ["a", "x"], (), trials, rows) is None
    assert np.isfinite(rows).all()
