"""What the model proposes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from optuna_dnc import InputError
from optuna_dnc.gp import Ramp, TotalRamp
from optuna_dnc.gp.acquisition import sought_improvement
from optuna_dnc.samplers import DNCSampler
from optuna_dnc.space import Condition, SearchSpace

PRESETS = ["default", "deep-n-cheap"]


def bowl(trial):
    target = (0.3, -0.5, 0.7)
    return sum((trial.suggest_float(f"x{i}", -1, 1) - t) ** 2 for i, t in enumerate(target))


def layers(trial):
    n = trial.suggest_int("n_layers", 0, 2)
    total = sum(trial.suggest_int(f"width_{i}", 20, 400) for i in range(n))
    return (total - 300) ** 2 / 1e5 + (
        math.log10(trial.suggest_float("lr", 1e-5, 1, log=True)) + 3
    ) ** 2


def plateau(trial):
    """One branch is good and flat, the other is better in a small place."""
    if trial.suggest_categorical("model", ["flat", "rough"]) == "flat":
        decades = 8 + math.log10(trial.suggest_float("smoothing", 1e-9, 100, log=True))
        return max(0.1, decades / 40)
    x = np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(2)])
    place = 0.25 * math.exp(-30 * np.sum((x - 0.2) ** 2))
    return 0.25 + 0.1 * np.sum((x - 0.8) ** 2) - place


def params(study):
    return [trial.params for trial in study.trials]


def run(objective, n_trials, *, direction="minimize", **arguments):
    study = optuna.create_study(direction=direction, sampler=DNCSampler(**arguments))
    study.optimize(objective, n_trials=n_trials)
    return study


@pytest.mark.parametrize("preset", PRESETS)
def test_finds_the_bottom_of_a_bowl_that_random_search_misses(preset: str) -> None:
    for seed in range(3):
        random = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
        random.optimize(bowl, n_trials=30)
        found = run(bowl, 30, preset=preset, seed=seed).best_value
        assert found < 0.02
        assert found < random.best_value / 2


@pytest.mark.parametrize("seed", range(2))
def test_leaves_a_plateau_that_promises_improvements_for_ever(seed: int) -> None:
    assert run(plateau, 60, seed=seed).best_value < 0.09


def test_seeks_more_the_longer_nothing_comes_and_then_begins_anew() -> None:
    sought = [sought_improvement(n) for n in range(60)]
    assert not any(sought[:21])
    assert sought[20:30] == sorted(set(sought[20:30]))
    assert sought[30:40] == sought[40:50] == sought[20:30]


@pytest.mark.parametrize("objective", [bowl, layers])
@pytest.mark.parametrize("preset", PRESETS)
def test_maximising_is_minimising_the_negative(objective: Callable[..., Any], preset: str) -> None:
    down = run(objective, 20, preset=preset, seed=1)
    up = run(lambda trial: -objective(trial), 20, direction="maximize", preset=preset, seed=1)
    assert params(down) == params(up)


@pytest.mark.parametrize("seed", range(2))
def test_losses_near_the_largest_float_of_both_signs_are_no_problem(seed: int) -> None:
    """Proposals are those of the same losses in another unit."""
    plain = run(lambda trial: bowl(trial) - 0.5, 25, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        huge = run(lambda trial: (bowl(trial) - 0.5) * 2.0**1021, 25, seed=seed)
    assert max(abs(trial.value) for trial in huge.trials) > 5e307
    for a, b in zip(params(plain), params(huge), strict=True):
        assert a == pytest.approx(b, abs=1e-9)


def test_losses_of_all_orders_of_magnitude_are_ranked() -> None:
    """The best of them are 600 orders of magnitude apart from the worst."""

    def objective(trial):
        x = trial.suggest_float("x", -1, 1)
        return math.copysign(10.0 ** (308 * abs(x)), x)

    found = run(objective, 30, seed=0)
    assert found.best_params["x"] < -0.97


def test_the_default_does_not_care_about_the_unit_of_the_loss() -> None:
    plain = run(bowl, 22, seed=1)
    scaled = run(lambda trial: 1024 * bowl(trial) + 4096, 22, seed=1)
    for a, b in zip(params(plain), params(scaled), strict=True):
        assert a == pytest.approx(b, abs=1e-12)


def test_one_infinite_loss_does_not_stop_the_search() -> None:
    study = run(lambda trial: (bowl(trial), math.inf)[trial.number == 3], 25, seed=0)
    assert min(trial.value for trial in study.trials) < 0.05


def test_a_loss_of_minus_infinity_draws_the_search_near() -> None:
    study = run(lambda trial: (bowl(trial), -math.inf)[trial.number == 5], 25, seed=0)
    lucky = tuple(study.trials[5].params.values())
    later = [tuple(trial.params.values()) for trial in study.trials[15:]]
    assert min(math.dist(lucky, point) for point in later) < 0.3
    assert len(set(later)) == len(later)


@pytest.mark.parametrize("value", [0.0, math.inf, -math.inf])
def test_losses_without_any_difference_are_no_problem(value: float) -> None:
    study = run(lambda trial: bowl(trial) * 0 + value, 20, seed=0)
    assert len({tuple(p.values()) for p in params(study)}) == 20


def test_parameters_that_the_plan_leaves_inactive_are_answered_when_they_are_asked_for() -> None:
    def objective(trial):
        n = trial.suggest_int("n", 0, 1)
        return n + trial.suggest_float("z", 0, 1) + (trial.suggest_float("x", 0, 1) if n else 0)

    study = run(objective, 20, n_startup_trials=10, seed=0)
    sampler, trial = study.sampler, study.ask()
    space = sampler.infer_relative_search_space(study, trial)
    assert space.keys() == {"n", "z", "x"}
    proposal = sampler.sample_relative(study, trial, space)
    assert proposal.keys() == {"n", "z"}
    assert proposal["n"] == 0
    assert 0 <= trial.suggest_float("x", 0, 1) <= 1


def test_a_narrower_range_and_a_new_name_are_answered() -> None:
    study = run(layers, 20, seed=0)
    trial = study.ask()
    assert 1e-3 <= trial.suggest_float("lr", 1e-3, 1e-2, log=True) <= 1e-2
    assert trial.suggest_categorical("new", ["a", "b"]) in "ab"
    assert study.sampler.sample_relative(study, study.ask(), {}) == {}


@pytest.mark.parametrize(
    "space",
    [
        {"n_layers": IntDistribution(0, 2), "lr": FloatDistribution(1e-5, 1, log=True)},
        SearchSpace(
            {"n_layers": IntDistribution(0, 2), "width_0": IntDistribution(20, 400)},
            {"width_0": Condition(parent="n_layers", above=0)},
        ),
        layers,
    ],
    ids=["distributions", "space", "function"],
)
def test_a_given_space_needs_no_finished_trial(
    space: Callable[..., Any] | SearchSpace | dict[str, FloatDistribution | IntDistribution],
) -> None:
    sampler = DNCSampler(search_space=space, n_startup_trials=0, seed=0)
    study = optuna.create_study(sampler=sampler)
    names = sampler.infer_relative_search_space(study, study.ask()).keys()  # type: ignore[arg-type]
    assert names >= {"n_layers"}
    study.optimize(layers, n_trials=6)
    assert all(trial.state == TrialState.COMPLETE for trial in study.trials[1:])


def test_kernels_are_used() -> None:
    kernels = [TotalRamp("width"), Ramp("n_layers")]
    settings = {"n_startup_trials": 6, "seed": 0}
    own = params(run(layers, 9, kernels=kernels, **settings))
    without = params(run(layers, 9, **settings))
    assert own[:6] == without[:6]
    assert own != without


def test_a_kernel_of_a_parameter_that_nobody_has_is_left_out_until_somebody_has() -> None:
    with pytest.warns(UserWarning, match="lrr"):
        study = run(layers, 18, kernels=[Ramp("lrr")], seed=0)
    assert params(study) == params(run(layers, 18, seed=0))


def test_a_kernel_must_fit_the_space_that_is_given() -> None:
    with pytest.raises(InputError, match="lrr"):
        DNCSampler(search_space={"lr": FloatDistribution(0, 1)}, kernels=[Ramp("lrr")])


def test_works_with_a_pruner_that_filters_trials_by_bracket() -> None:
    """Hyperband hands the sampler a study that shows one bracket and refuses most attributes."""

    def reports(trial):
        loss = bowl(trial) + trial.suggest_float(f"only_{trial.number}", 0, 1)
        for step in range(1, 4):
            trial.report(loss, step)
        return loss

    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=9)
    sampler = DNCSampler(seed=0, n_startup_trials=5)
    study = optuna.create_study(sampler=sampler, pruner=pruner, study_name="brackets")
    study.optimize(reports, n_trials=10)
    assert all(trial.state == TrialState.COMPLETE for trial in study.trials)


def test_one_sampler_serves_several_studies() -> None:
    sampler = DNCSampler(seed=3, n_startup_trials=5)
    together = [optuna.create_study(sampler=sampler) for _ in range(2)]
    for _ in range(8):
        together[0].optimize(bowl, n_trials=1)
        together[1].optimize(layers, n_trials=1)
    assert params(together[0]) == params(run(bowl, 8, seed=3, n_startup_trials=5))
    assert params(together[1]) == params(run(layers, 8, seed=3, n_startup_trials=5))


def test_learning_from_many_trials_takes_about_as_long_as_the_regression_itself() -> None:
    rng = np.random.default_rng(0)
    distributions: dict[str, BaseDistribution] = {
        f"x{i}": FloatDistribution(-1, 1) for i in range(3)
    }
    study = optuna.create_study(sampler=DNCSampler(seed=0))
    study.add_trials(
        optuna.create_trial(
            params=dict(zip(distributions, row, strict=True)),
            distributions=distributions,
            value=sum(row),
        )
        for row in rng.uniform(-1, 1, (1000, 3)).tolist()
    )
    study.optimize(bowl, n_trials=1)
    last = study.trials[-1]
    assert (last.datetime_complete - last.datetime_start).total_seconds() < 5
