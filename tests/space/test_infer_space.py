"""Distributions and conditions learned from what was tried."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import BaseTrial

from optuna_dnc.space import CallbackTrial, Column, Condition, infer_space, trace_space


def observe(define, n, seed=0):
    rng = np.random.default_rng(seed)

    def answer(name, distribution):
        column = Column(distribution)
        return column.decode(column.sample(rng.random(1))[0])

    trials = [CallbackTrial(answer) for _ in range(n)]
    for trial in trials:
        define(trial)
    return trials


def layers(trial: BaseTrial) -> None:
    for i in range(trial.suggest_int("n_layers", 0, 3)):
        trial.suggest_int(f"width_{i}", 20, 400)
        trial.suggest_categorical(f"kernel_{i}", [1, 3, 5])


def optimizers(trial: BaseTrial) -> None:
    trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    if trial.suggest_categorical("optimizer", ["adam", "sgd", "rmsprop"]) != "adam":
        trial.suggest_float("momentum", 0, 1)
    if trial.suggest_float("dropout", 0, 1) > 0.5:
        trial.suggest_categorical("place", ["early", "late"])


@pytest.mark.parametrize("seed", range(5))
def test_lists_hang_on_their_length(seed: int) -> None:
    space = infer_space(observe(layers, 40, seed))
    for prefix in ("width", "kernel"):
        for i in range(3):
            expected = Condition(parent="n_layers", above=i + 0.5)
            assert space.conditions[f"{prefix}_{i}"] == expected
    assert "n_layers" not in space.conditions


def test_choices_and_thresholds_are_found() -> None:
    space = infer_space(observe(optimizers, 60))
    assert space.conditions["momentum"] == Condition(
        parent="optimizer", choices=("sgd", "rmsprop")
    )
    assert space.conditions["place"].parent == "dropout"
    assert space.conditions["place"].above == pytest.approx(0.5, abs=0.05)
    assert set(space.conditions) == {"momentum", "place"}


@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(0, 3), st.integers(0, 2**32))
def test_learned_activity_is_that_of_the_function(n, low, seed):
    """Whatever was seen is explained: rows inactive in truth are inactive in the space."""

    def define(trial: BaseTrial) -> None:
        for i in range(trial.suggest_int("n", low, low + n)):
            if i % 2 == 0 or trial.suggest_categorical(f"on_{i}", [False, True]):
                trial.suggest_float(f"x_{i}", -1, 1)

    trials = observe(define, 100, seed)
    space = infer_space(trials)
    encoded = space.encode([trial.params for trial in trials])
    np.testing.assert_array_equal(space.activate(np.nan_to_num(encoded)), encoded)


def test_what_nothing_explains_is_taken_to_exist_always() -> None:
    trials = [CallbackTrial(lambda name, distribution: 0.5) for _ in range(4)]
    for number, trial in enumerate(trials):
        trial.suggest_float("x", 0, 1)
        if number > 1:
            trial.suggest_float("added_later", 0, 1)
    assert infer_space(trials).conditions == {}


def test_parents_come_first_even_if_they_were_met_later() -> None:
    a = CallbackTrial(lambda name, d: d.low)
    a.suggest_int("flag", 0, 1)
    b = CallbackTrial(lambda name, d: d.high)
    b.suggest_int("flag", 0, 1)
    b.suggest_int("late", 0, 1)
    space = infer_space([b, a])
    assert space.conditions["late"].parent == "flag"
    assert space.names == ("flag", "late")


def test_ranges_are_united_and_what_does_not_fit_together_is_left_out() -> None:
    def trial(**distributions):
        params = {
            name: d.to_external_repr(0 if hasattr(d, "choices") else d.low)
            for name, d in distributions.items()
        }
        return optuna.create_trial(params=params, distributions=distributions, value=0.0)

    space = infer_space(
        [
            trial(
                n=IntDistribution(0, 12, step=4),
                x=FloatDistribution(0, 1, step=0.25),
                lr=FloatDistribution(1e-3, 1, log=True),
                kind=FloatDistribution(0, 1),
                scale=FloatDistribution(1, 2),
                choice=CategoricalDistribution(["a", "b"]),
            ),
            trial(
                n=IntDistribution(2, 20, step=6),
                x=FloatDistribution(0.1, 0.7, step=0.3),
                lr=FloatDistribution(1e-4, 0.1, log=True),
                kind=IntDistribution(0, 1),
                scale=FloatDistribution(1, 2, log=True),
                choice=CategoricalDistribution(["a", "c"]),
            ),
        ]
    )
    assert space.distributions == {
        "n": IntDistribution(0, 20, step=2),
        "x": FloatDistribution(0, 1),
        "lr": FloatDistribution(1e-4, 1, log=True),
    }


def test_nothing_observed_is_an_empty_space() -> None:
    assert infer_space([]).names == ()


def test_two_parents_together_explain_a_parameter() -> None:
    def define(trial: BaseTrial) -> None:
        optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", "lbfgs"])
        schedule = trial.suggest_categorical("schedule", ["none", "cosine", "step"])
        if optimizer == "sgd" and schedule != "none":
            trial.suggest_float("warmup", 0, 1)

    space = trace_space(define)
    assert {c.parent: c.choices for c in space.requirements("warmup")} == {
        "optimizer": ("sgd",),
        "schedule": ("cosine", "step"),
    }


def test_branches_exclude_each_other() -> None:
    def define(trial: BaseTrial) -> None:
        model = trial.suggest_categorical("model", ["svm", "forest"])
        n = trial.suggest_int("n", 1, 4)
        trial.suggest_float("c" if model == "svm" else "depth", 0, 1)
        for i in range(n):
            trial.suggest_float(f"w_{i}", 0, 1)

    space = trace_space(define)
    assert space.exclusive("c", "depth")
    assert not space.exclusive("c", "w_3")
    assert not space.exclusive("w_0", "w_3")
