"""Arguments of the sampler, good and bad."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution

from optuna_dnc import InputError
from optuna_dnc.samplers import DNCSampler


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"preset": "deep-and-cheap"}, "Did you mean 'deep-n-cheap'"),
        ({"n_startup_trials": -1}, "n_startup_trials"),
        ({"n_startup_trials": 1.5}, "n_startup_trials"),
        ({"n_candidates": 0}, "n_candidates"),
        ({"n_candidates": True}, "n_candidates"),
        ({"seed": -1}, "seed"),
        ({"seed": "0"}, "seed"),
        ({"search_space": 3}, "search_space"),
        ({"search_space": {"x": (0, 1)}}, "distribution"),
        ({"kernels": ["ramp"]}, "kernels"),
        ({"startup": "sobl"}, "Did you mean 'sobol'"),
    ],
)
def test_bad_arguments_are_named(bad: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        DNCSampler(**bad)


def test_arguments_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        DNCSampler({"x": FloatDistribution(0, 1)})  # type: ignore[call-arg]


def test_samplers_without_a_seed_differ() -> None:
    """Also after a fork, for nothing is drawn later."""
    assert DNCSampler()._seed != DNCSampler()._seed


def test_a_space_that_contradicts_the_objective_is_named() -> None:
    sampler = DNCSampler(search_space={"x": FloatDistribution(0, 1)}, n_startup_trials=2, seed=0)
    study = optuna.create_study(sampler=sampler)

    def objective(trial):
        return float(trial.suggest_categorical("x", [0, 1]))

    with pytest.raises(InputError, match=r"search_space.*has Float.*'x'.*Categorical"):
        study.optimize(objective, n_trials=5)
