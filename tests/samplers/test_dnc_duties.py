"""What users expect of any Optuna sampler."""

from __future__ import annotations

import math
import pickle
from datetime import datetime, timedelta
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from optuna_dnc.samplers import DNCSampler
from optuna_dnc.space import SearchSpace


def bowl(trial):
    return sum((trial.suggest_float(f"x{i}", -1, 1) - 0.3) ** 2 for i in range(2))


def study_of(n_startup_trials=5, directions=("minimize",), **named):
    sampler = DNCSampler(seed=0, n_startup_trials=n_startup_trials)
    return optuna.create_study(sampler=sampler, directions=list(directions), **named)


def test_no_configuration_is_proposed_twice_while_others_remain() -> None:
    study = study_of()
    study.optimize(
        lambda t: (
            t.suggest_int("a", 0, 3) + t.suggest_categorical("b", ["x", "y", "z"]).count("y")
        ),
        n_trials=12 + 5,
    )
    later = [tuple(t.params.values()) for t in study.trials[5:]]
    start = {tuple(t.params.values()) for t in study.trials[:5]}
    unseen = 12 - len(start)
    assert len(set(later[:unseen])) == unseen
    assert not start & set(later[:unseen])


def test_what_others_are_running_is_not_proposed_again() -> None:
    study = study_of()
    study.optimize(bowl, n_trials=12)
    asked = [study.ask() for _ in range(4)]
    points = [(t.suggest_float("x0", -1, 1), t.suggest_float("x1", -1, 1)) for t in asked]
    closest = min(math.dist(a, b) for i, a in enumerate(points) for b in points[:i])
    assert closest > 1e-3


@pytest.mark.parametrize(("age", "counts"), [(timedelta(0), True), (timedelta(days=2), False)])
def test_running_trials_of_the_dead_age_out(age: timedelta, counts: bool) -> None:
    study = study_of()
    study.optimize(bowl, n_trials=12)
    alone = study.ask()
    pending = dict(alone.params) or {
        "x0": alone.suggest_float("x0", -1, 1), "x1": alone.suggest_float("x1", -1, 1)
    }  # fmt: skip
    study.tell(alone, state=TrialState.FAIL)

    def next_proposal(extra):
        other = study_of()
        other.add_trials([t for t in study.trials if t.state == TrialState.COMPLETE])
        for trial in extra:
            other._storage.create_new_trial(other._study_id, template_trial=trial)
        while other.trials[-1].number < 13:
            other.ask()
        trial = other.ask()
        return trial.suggest_float("x0", -1, 1), trial.suggest_float("x1", -1, 1)

    distribution = FloatDistribution(-1, 1)
    running = create_trial(
        state=TrialState.RUNNING,
        params=pending,
        distributions={"x0": distribution, "x1": distribution},
    )
    running.datetime_start = datetime.now() - age
    idle = create_trial(state=TrialState.RUNNING)
    idle.datetime_start = datetime.now() - timedelta(days=2)
    assert (next_proposal([running]) != next_proposal([idle])) is counts


def test_pruned_trials_count_with_their_last_report() -> None:
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.report(x, 1)
        if x > 0.5:
            raise optuna.TrialPruned
        return x + 1

    study = study_of()
    study.optimize(objective, n_trials=8)
    pruned = [t for t in study.trials if t.state == TrialState.PRUNED]
    history = study.sampler._model(study).history(study, 99)
    assert len(pruned) > 0
    assert len(history.x) == len(study.trials)
    for trial, value in zip(study.trials, history.values[:, 0], strict=True):
        assert value == pytest.approx(trial.params["x"] + 1)


def test_a_region_that_keeps_failing_is_avoided() -> None:
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        y = trial.suggest_float("y", 0, 1)
        if x < 0.5:
            raise MemoryError
        return x + y  # lower the nearer to the forbidden region

    study = study_of(n_startup_trials=8)
    study.optimize(objective, n_trials=40, catch=(MemoryError,))
    late = [t.params["x"] for t in study.trials[20:]]
    assert sum(x < 0.4 for x in late) <= len(late) / 4
    assert study.best_value < 0.55


def test_constraints_are_respected() -> None:
    def objective(trial):
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        trial.set_constraint("sum", 1.0 - x - y)
        return x + 2 * y  # best at (1, 0)

    study = study_of(n_startup_trials=8)
    study.optimize(objective, n_trials=35)
    feasible = [t.value for t in study.trials if t.constraints["sum"] <= 0]
    assert min(feasible) < 1.1


def test_until_something_is_feasible_feasibility_is_sought() -> None:
    def objective(trial):
        x, y = trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)
        trial.set_constraint("corner", (x - 0.93) ** 2 + (y - 0.04) ** 2 - 0.004)
        return x

    study = study_of(n_startup_trials=6)
    study.optimize(objective, n_trials=30)
    assert any(t.constraints["corner"] <= 0 for t in study.trials)
    assert not any(t.constraints["corner"] <= 0 for t in study.trials[:6])


@pytest.mark.parametrize("n_objectives", [2, 3])
def test_several_objectives_gain_more_hypervolume_than_random_search(n_objectives: int) -> None:
    targets = [(0.2, 0.2, 0.5), (0.8, 0.3, 0.5), (0.4, 0.9, 0.4)][:n_objectives]

    def objective(trial):
        x = [trial.suggest_float(f"x{i}", 0, 1) for i in range(3)]
        distances = [math.dist(x, target) ** 2 for target in targets]
        return (*distances[:-1], -distances[-1])

    def near_the_front(study):
        values = [(*t.values[:-1], -t.values[-1]) for t in study.trials[10:]]
        return sum(sum(v) < 0.2 * n_objectives for v in values) / len(values)

    directions: list[Any] = ["minimize"] * (n_objectives - 1) + ["maximize"]
    ours = study_of(n_startup_trials=10, directions=directions)
    random = optuna.create_study(
        sampler=optuna.samplers.RandomSampler(seed=0), directions=directions
    )
    for study in (ours, random):
        study.optimize(objective, n_trials=30)
    assert near_the_front(ours) > 2 * near_the_front(random)


def test_enqueued_values_are_kept_and_the_rest_is_planned_around_them() -> None:
    def ridge(trial):
        return (trial.suggest_float("x", 0, 1) - trial.suggest_float("y", 0, 1)) ** 2

    study = study_of(n_startup_trials=15)
    study.optimize(ridge, n_trials=25)
    study.enqueue_trial({"x": 0.137})
    study.optimize(ridge, n_trials=1)
    assert study.trials[-1].params["x"] == 0.137
    assert abs(study.trials[-1].params["y"] - 0.137) < 0.15


def test_a_range_that_depends_on_an_earlier_value_is_planned_for_that_value() -> None:
    def objective(trial):
        a = trial.suggest_int("a", 1, 20)
        b = trial.suggest_int("b", 1, a)
        return (a - 12) ** 2 / 100 + (b - 7) ** 2 / 100

    study = study_of(n_startup_trials=8)
    study.optimize(objective, n_trials=30)
    assert study.best_value <= 0.02
    assert all(1 <= t.params["b"] <= t.params["a"] for t in study.trials)


def test_every_parameter_that_was_seen_is_planned_by_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Any] = []
    sample = optuna_column_sample()
    monkeypatch.setattr("optuna_dnc.space.Column.sample", spy(drawn, sample))

    def objective(trial):
        kind = trial.suggest_categorical("kind", ["a", "b"])
        n = trial.suggest_int("n", 1, 3) if kind == "a" else 0
        return sum(trial.suggest_float(f"w_{i}", 0, 1) for i in range(n)) + (kind == "b")

    study = study_of(n_startup_trials=20)
    study.optimize(objective, n_trials=20)
    drawn.clear()
    study.optimize(objective, n_trials=10)
    assert all(len(uniform) > 1 for uniform in drawn), "a single value was drawn at random"


def optuna_column_sample():
    from optuna_dnc.space import Column

    return Column.sample


def spy(calls, function):
    def called(self, uniform):
        calls.append(uniform)
        return function(self, uniform)

    return called


def test_a_pickled_sampler_goes_on_as_the_original() -> None:
    study = study_of()
    study.optimize(bowl, n_trials=8)
    copy = pickle.loads(pickle.dumps(study.sampler))
    other = optuna.create_study(sampler=copy)
    other.add_trials(study.trials)
    for s in (study, other):
        s.optimize(bowl, n_trials=2)
    assert [t.params for t in study.trials] == [t.params for t in other.trials]


def test_five_thousand_trials_are_learned_from() -> None:
    study = study_of()
    space = SearchSpace({"x": FloatDistribution(-1, 1), "k": IntDistribution(0, 9)})
    import numpy as np

    rows = space.sample(np.random.default_rng(0).random((5000, 2)))
    study.add_trials(
        create_trial(
            params=(params := space.decode(row)),
            distributions=dict(space.distributions),
            value=params["x"] ** 2 + params["k"],
        )
        for row in rows
    )
    trial = study.ask(dict(space.distributions))
    assert trial.params["k"] == 0
    assert abs(trial.params["x"]) < 0.1


def test_threads_share_a_study() -> None:
    study = study_of()
    study.optimize(bowl, n_trials=24, n_jobs=4)
    assert len({tuple(t.params.values()) for t in study.trials}) == 24


@pytest.mark.parametrize("since", [13, 16, 17, 22])
def test_names_that_appear_late_are_taken_in(since: int) -> None:
    def objective(trial):
        value = trial.suggest_float("x", 0, 1) + trial.suggest_int("k", 0, 5)
        if trial.number >= since:
            value += trial.suggest_float("late", 0, 1)
            value += len(trial.suggest_categorical("choice", ["a", "bb"]))
        return value

    study = study_of()
    study.optimize(objective, n_trials=since + 8)
    space = study.sampler._model(study).space(study, 99)
    assert {"late", "choice"} <= set(space.names)


def test_levels_of_steps_are_not_proposed_twice() -> None:
    study = study_of(n_startup_trials=4)
    study.optimize(
        lambda t: t.suggest_float("s", 0.1, 1.0, step=0.1) + t.suggest_int("i", 0, 6, step=3),
        n_trials=30,
    )
    assert len({tuple(t.params.values()) for t in study.trials[4:30]}) == 26


def test_trials_that_only_have_a_plan_yet_are_kept_apart() -> None:
    study = study_of()
    study.optimize(
        lambda t: (
            math.sin(9 * t.suggest_float("x0", 0, 1)) * math.cos(7 * t.suggest_float("x1", 0, 1))
        ),
        n_trials=8,
    )
    plans = [tuple(study.ask().relative_params.values()) for _ in range(6)]
    assert min(math.dist(a, b) for i, a in enumerate(plans) for b in plans[:i]) > 0.01
