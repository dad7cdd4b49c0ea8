"""Trials before the model takes over."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from optuna_dnc.pruners import optimize_hyperband
from optuna_dnc.samplers import DNCSampler, sobol_point
from optuna_dnc.samplers.dnc.sobol_start import shifted


def start_point(index, dimension, seed=0):
    """Point of a start-up, (dimension,): the first is the middle, the others are shifted."""
    point = sobol_point(index, dimension)
    if index == 1:
        return point
    return np.array([shifted(x, coordinate, seed) for coordinate, x in enumerate(point)])


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_int("fixed", 3, 3)
    n = trial.suggest_int("n", 1, 4)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    return x + n + (kind == "a")


def test_trial_k_takes_point_k_plus_one_of_a_sequence_that_the_seed_shifts() -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=5, n_startup_trials=15))
    study.optimize(objective, n_trials=15)
    points = [start_point(k + 1, 3, seed=5) for k in range(15)]
    for trial, (x, n, kind) in zip(study.trials, points, strict=True):
        expected = {"x": x, "fixed": 3, "n": 1 + int(4 * n), "kind": "ab"[int(2 * kind)]}
        assert trial.params == expected


@pytest.mark.parametrize("preset", ["default", "deep-n-cheap"])
def test_the_start_up_is_chosen_apart_from_the_preset(preset: str) -> None:
    def first_values(startup):
        sampler = DNCSampler(seed=5, preset=preset, startup=startup)
        study = optuna.create_study(sampler=sampler)
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
        return [trial.params["x"] for trial in study.trials]

    assert first_values("sobol") == [sobol_point(k + 1, 1)[0] for k in range(4)]
    assert first_values("shifted-sobol") == [start_point(k + 1, 1, seed=5)[0] for k in range(4)]


def test_seeds_share_the_middle_and_nothing_else() -> None:
    def first_values(seed):
        study = optuna.create_study(sampler=DNCSampler(seed=seed))
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
        return [trial.params["x"] for trial in study.trials]

    (middle, *one), (same_middle, *other) = first_values(0), first_values(1)
    assert middle == same_middle == 0.5
    assert not set(one) & set(other)


@pytest.mark.parametrize(("n_parameters", "n_startup"), [(1, 4), (2, 5), (7, 7), (30, 15)])
def test_the_model_takes_part_after_a_few_trials_more_with_more_parameters(
    n_parameters: int, n_startup: int
) -> None:
    def wide(trial):
        return sum(trial.suggest_float(f"x{i}", 0, 1) for i in range(n_parameters))

    sampler = DNCSampler(seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(wide, n_trials=n_startup - 1)
    assert not sampler.infer_relative_search_space(study, study.ask())  # type: ignore[arg-type]
    study.optimize(wide, n_trials=1)
    assert len(sampler.infer_relative_search_space(study, study.ask())) == n_parameters  # type: ignore[arg-type]


BRANCHES = "abc"


def in_branches(trial):
    x = trial.suggest_float("x", 0, 1)
    branch = trial.suggest_categorical("branch", BRANCHES)
    if branch != "c":
        trial.suggest_float(f"{branch}0", 0, 1)
        trial.suggest_float(f"{branch}1", 0, 1)
    return x


def own_of(trial):
    """Values of the parameters that only the trial's branch has."""
    return [value for name, value in trial.params.items() if name not in ("x", "branch")]


def test_each_branch_has_a_sequence_of_its_own() -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=15))
    study.optimize(in_branches, n_trials=15)
    for number, trial in enumerate(study.trials):
        assert trial.params["x"] == start_point(number + 1, 1)[0]
        assert trial.params["branch"] == BRANCHES[int(3 * start_point(number + 1, 2)[1])]
    for branch in "ab":
        points = [own_of(t) for t in study.trials if t.params["branch"] == branch]
        assert points == [start_point(k + 1, 4)[2:].tolist() for k in range(len(points))]
        assert len(points) >= 4


def test_so_has_each_layer_that_not_all_networks_have() -> None:
    def network(trial):
        n_layers = trial.suggest_int("n_layers", 1, 4)
        return sum(trial.suggest_float(f"width_{i}", 0, 1) for i in range(n_layers))

    study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=15))
    study.optimize(network, n_trials=15)
    for layer in range(4):
        widths = [t.params[f"width_{layer}"] for t in study.trials if f"width_{layer}" in t.params]
        expected = [start_point(k + 1, layer + 2)[-1] for k in range(len(widths))]
        assert widths == expected


def test_a_trial_that_failed_half_way_makes_no_branch() -> None:
    def fails_once(trial):
        x = trial.suggest_float("x", 0, 1)
        if trial.number == 2:
            raise ValueError
        return x + trial.suggest_float("y", 0, 1)

    study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=6))
    study.optimize(fails_once, n_trials=6, catch=(ValueError,))
    assert [t.params.get("y") for t in study.trials] == [
        None if k == 2 else start_point(k + 1, 2)[1] for k in range(6)
    ]


def test_trials_that_wait_for_promotion_show_branches_too(tmp_path: Path) -> None:
    def objective(trial, budget):
        (budget.folder / "trained").touch()
        return in_branches(trial)

    study = optuna.create_study(sampler=DNCSampler(n_startup_trials=30, seed=0))
    optimize_hyperband(study, objective, max_resource=9, checkpoints=tmp_path / "checkpoints")
    points = [own_of(t) for t in study.trials if t.params["branch"] == "a"]
    assert points == [start_point(k + 1, 4)[2:].tolist() for k in range(len(points))]


@pytest.mark.parametrize("n_workers", [2, 8])
def test_no_point_of_a_branch_comes_twice_with_several_workers(n_workers: int) -> None:
    study = optuna.create_study(sampler=DNCSampler(n_startup_trials=60, seed=0))
    running: deque[Any] = deque()
    for _ in range(40):
        while len(running) < n_workers:
            trial = study.ask()
            running.append((trial, in_branches(trial)))
        study.tell(*running.popleft())
    for branch in "ab":
        points = [tuple(own_of(t)) for t in study.trials if t.params["branch"] == branch]
        assert len(set(points)) == len(points) > 10


def test_the_published_preset_has_one_sequence_for_all() -> None:
    study = optuna.create_study(sampler=DNCSampler(preset="deep-n-cheap", seed=0))
    study.optimize(in_branches, n_trials=15)
    for number, trial in enumerate(study.trials):
        own = own_of(trial)
        assert own == sobol_point(number + 1, 4)[2 : 2 + len(own)].tolist()


def test_workers_share_one_sequence() -> None:
    storage = optuna.storages.InMemoryStorage()
    workers = [
        optuna.create_study(
            storage=storage,
            study_name="s",
            load_if_exists=True,
            sampler=DNCSampler(seed=seed, n_startup_trials=15),
        )
        for seed in range(3)
    ]
    trials = [workers[k % 3].ask() for k in range(15)]
    asked = [(trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)) for trial in trials]
    np.testing.assert_array_equal(asked, [start_point(k + 1, 2) for k in range(15)])


def test_trials_count_however_they_end() -> None:
    def fails(trial):
        x = trial.suggest_float("x", 0, 1)
        if trial.number == 2:
            return x
        raise optuna.TrialPruned if trial.number % 2 else ValueError

    sampler = DNCSampler(n_startup_trials=5, seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(fails, n_trials=4, catch=(ValueError,))
    assert not sampler.infer_relative_search_space(study, study.ask())  # type: ignore[arg-type]
    study.optimize(fails, n_trials=1, catch=(ValueError,))
    assert sampler.infer_relative_search_space(study, study.ask()).keys() == {"x"}  # type: ignore[arg-type]


def test_while_nothing_works_most_trials_go_on_with_the_sequence() -> None:
    def fails(trial: optuna.Trial) -> None:
        trial.suggest_float("x", 0, 1)
        raise ValueError

    study = optuna.create_study(sampler=DNCSampler(seed=0))
    study.optimize(fails, n_trials=40, catch=(ValueError,))
    of_sequence = [t.params["x"] == start_point(t.number + 1, 1)[0] for t in study.trials]
    assert 30 <= sum(of_sequence) < 40


def test_more_parameters_than_sobol_seq_has_dimensions() -> None:
    study = optuna.create_study(sampler=DNCSampler(n_startup_trials=3, seed=0))

    def wide(trial):
        return sum(trial.suggest_float(f"x{i}", 0, 1) for i in range(50))

    study.optimize(wide, n_trials=5)
    np.testing.assert_array_equal(list(study.trials[2].params.values()), start_point(3, 50))


@pytest.mark.parametrize(("n_ended", "is_start"), [(1, True), (2, False)])
def test_running_trials_count_once_half_have_ended(n_ended: int, is_start: bool) -> None:
    study = optuna.create_study(sampler=DNCSampler(seed=5, n_startup_trials=4))
    running = [study.ask() for _ in range(4)]
    values = [trial.suggest_float("x", 0, 1) for trial in running]
    for trial, value in zip(running[:n_ended], values, strict=False):
        study.tell(trial, value)
    position = study.ask().suggest_float("x", 0, 1)
    assert (position == start_point(5, 1, seed=5)[0]) == is_start
